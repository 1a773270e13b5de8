"""Looking through one's matches: by place, time and category, and what that does not tell."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.client import Database
from app.db.matches import find_matches
from app.db.migrations import fill_traits
from app.db.paging import Window
from app.matching.states import State
from app.matching.traits import category_key
from app.regions import Circle
from app.resolvers.match_filter import MatchFilter
from tests.api import Person, World
from tests.market import Market, act, open_market, propose, said
from tests.matching.postings import hour, match, place, window

MINE = """
query Q($filter: MatchFilterInput, $space: ID, $states: [MatchState!]) {
  matches(filter: $filter, space: $space, states: $states) { totalCount nodes { id category } } }
"""
# In one cell of the grid, whose middle is 500 m from either at most.
HERE, THERE = {"longitude": 13.40412, "latitude": 52.52034}, (13.40412, 52.52034)
SPOTS = st.sampled_from([(0.0, 0.0), (0.004, 0.004), (180.0, 0.0), (-180.0, 60.0), (13.4, 52.5)])
PATHS = st.sampled_from(["care", "Care/elderly", "career", "food", "care/elderly/night"])


@st.composite
def times(draw: st.DrawFn) -> Any:
    """Draw a span of some hours, or none."""
    starts = draw(st.integers(0, 8) | st.none())
    return None if starts is None else window(starts, starts + draw(st.integers(1, 4)))


@st.composite
def stored(draw: st.DrawFn, number: int) -> Any:
    """Draw a match of Ada's."""
    spots = [draw(SPOTS | st.none()) for _ in range(2)]
    areas = [None if spot is None else place(*spot) for spot in spots]
    made: Any = match(
        f"mat_{number}",
        space=draw(st.sampled_from(["spc_one", "spc_two"])),
        need=f"ned_{number}",
        need_owner="ada",
        category=draw(PATHS),
        state=draw(st.sampled_from(list(State))).value,
        window=draw(times()),
        created_at=hour(number),
    )
    made["traits"] = {
        "category": category_key(made["category"]),
        "areas": dict(zip(("need", "offer"), areas, strict=True)),
    }
    return made


@st.composite
def filters(draw: st.DrawFn) -> MatchFilter:
    """Draw a filter, most parts of which are not given."""

    def perhaps(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(st.none() | st.none() | strategy)

    circle = st.builds(
        lambda spot, metres: Circle(place(*spot), metres),
        SPOTS,
        st.sampled_from([1.0, 700.0, 3e6, 2e7]),
    )
    return MatchFilter(
        space=perhaps(st.just("spc_one")),
        states=perhaps(st.lists(st.sampled_from([state.value for state in State]), max_size=3)),
        near=perhaps(circle),
        window=perhaps(times().filter(bool)),
        category=perhaps(PATHS),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.tuples(*(stored(n) for n in range(4))), st.lists(filters(), min_size=4, max_size=4))
async def test_a_filter_means_the_same_to_the_database_and_to_the_matcher(
    db: Database, made: tuple[Any, ...], wanted: list[MatchFilter]
) -> None:
    """Whatever is stored and asked for."""
    await db["matches"].delete_many({"_id": {"$gt": ""}})
    await db["matches"].insert_many([dict(one) for one in made])
    for filter in wanted:
        filter.check()
        page = await find_matches(db, "ada", filter.query(), Window())
        expected = [one["_id"] for one in reversed(made) if filter.matches(one)]
        assert [one["_id"] for one in page.items] == expected, filter


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


async def mine(person: Person, **given: Any) -> list[str]:
    """Return somebody's matches, by their categories."""
    found = (await person.ask(MINE, **given))["matches"]
    assert found["totalCount"] == len(found["nodes"])
    return [one["category"] for one in found["nodes"]]


async def test_each_part_of_a_filter_narrows_the_list(market: Market) -> None:
    """Of need or offer one is enough to be near; without a time it may be at any time."""
    ada, ben = await market.member("ada"), await market.member("ben")
    for category, need, offer in (
        ("care/elderly", {"place": place(*THERE)}, {}),
        ("care", {"windows": [window(30, 32)]}, {"place": place(2.35, 48.85)}),
        ("food", {}, {}),
    ):
        about = {"category": category}
        one = await market.need(ada, **about | {"place": None, "windows": []} | need)
        other = await market.offer(ben, **about | {"place": None, "windows": []} | offer)
        done = await propose(ada, one, other)
        assert done["__typename"] == "Match", done
        market.world.clock.turn(1)  # type: ignore[attr-defined]
    circle = {"point": HERE, "radiusM": 2_000.0}
    far = {"point": HERE, "radiusM": 2_000_000.0}
    noon = {"startsAt": said(hour(30)), "endsAt": said(hour(31))}
    night = {"startsAt": said(hour(40)), "endsAt": said(hour(50))}
    for filter, expected in (
        ({}, ["food", "care", "care/elderly"]),
        ({"category": "CARE"}, ["care", "care/elderly"]),
        ({"category": "care/elderly"}, ["care/elderly"]),
        ({"near": circle}, ["care/elderly"]),
        ({"near": far}, ["care", "care/elderly"]),
        ({"window": noon}, ["food", "care", "care/elderly"]),
        ({"window": night}, ["food", "care/elderly"]),
        ({"window": night, "near": far}, ["care/elderly"]),
    ):
        for person in (ada, ben):
            assert await mine(person, filter=filter) == expected, filter
    everywhere = {"space": market.space, "states": ["ACCEPTED_BY_ONE"]}
    assert await mine(ben, filter={"near": circle}, **everywhere) == ["care/elderly"]
    assert await mine(ben, filter={"near": circle}, states=["CONFIRMED"]) == []
    assert await mine(market.mia, filter={}) == []


async def test_ever_smaller_circles_find_nobodys_house(market: Market) -> None:
    """Neither before it is confirmed nor after, nor by what its need or offer became since."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need, offer = await market.need(ada, place=place(*THERE)), await market.offer(ben)
    id = (await propose(ben, need, offer))["id"]
    cell = (await market.find(need))["traits"]["area"]["coordinates"]
    middle = dict(zip(("longitude", "latitude"), cell, strict=True))
    for deed in (None, "ACCEPT"):
        if deed:
            assert (await act(ada, deed, id))["state"] == "CONFIRMED"
        assert await mine(ben, filter={"near": {"point": HERE, "radiusM": 300.0}}) == []
        assert len(await mine(ben, filter={"near": {"point": middle, "radiusM": 1.0}})) == 1


async def test_what_no_match_can_be_is_told(market: Market) -> None:
    """With every problem by its path."""
    ada = await market.member("ada")
    noon = said(hour(0))
    wrong = {
        "near": {"point": {"longitude": 0.0, "latitude": 91.0}, "radiusM": 0.0},
        "window": {"startsAt": noon, "endsAt": noon},
    }
    [error] = (await ada.send(MINE, filter=wrong))["errors"]
    paths = [problem["path"] for problem in error["extensions"]["problems"]]
    assert paths == ["filter.near.point.latitude", "filter.near.radiusM", "filter.window.endsAt"]


async def test_matches_from_before_are_found_as_well(market: Market) -> None:
    """They are given what they are found by, from their needs and offers, once."""
    ada, ben = await market.member("ada"), await market.member("ben")
    need = await market.need(ada, category="Care/Elderly", place=place(*THERE))
    id = await market.match(ada, ben, need=need, category="Care/Elderly")
    gone = await market.match(ada, ben, category="food")
    db = market.world.db
    await db["matches"].update_many({"_id": {"$gt": ""}}, {"$unset": {"traits": ""}})
    await db["offers"].delete_one({"_id": (await market.find(gone))["offer"]})
    for _ in range(2):
        await fill_traits(db)
    assert (await market.find(id))["traits"] == {
        "category": "care/elderly/",
        "areas": {
            "need": (await market.find(need))["traits"]["area"],
            "offer": (await market.find((await market.find(id))["offer"]))["traits"]["area"],
        },
    }
    assert (await market.find(gone))["traits"]["areas"]["offer"] is None
    near = {"near": {"point": HERE, "radiusM": 2_000.0}, "category": "care"}
    assert await mine(ben, filter=near) == ["Care/Elderly"]
