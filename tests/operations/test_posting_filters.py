"""Looking for needs and offers: filters, pages, and what a filter means wherever it is used."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.client import Database
from app.matching.terms import Kind, PostingStatus
from app.resolvers.posting_filters import Found, PostingFilter, traits
from tests.anywhere import boxes, circles, places
from tests.api import World
from tests.conftest import TurnedClock
from tests.market import Market, open_market, said
from tests.matching.postings import posting
from tests.posted import LIST, post, titles, withdraw

START = datetime(2026, 3, 1)
WORDS = ["Care", "care", "elderly", "ELDERLY", "food", "car", "Ärzte"]
SKILLS = st.lists(
    st.sampled_from(["Cooking", "cooking ", "driving", "straße", "STRASSE"]), max_size=3
)
PATHS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("/".join)


@st.composite
def windows(draw: st.DrawFn) -> Any:
    """Draw a span of some hours."""
    starts = draw(st.integers(0, 12))
    ends = starts + draw(st.integers(1, 6))
    hours = (START + timedelta(hours=hour) for hour in (starts, ends))
    return dict(zip(("starts_at", "ends_at"), hours, strict=True))


@st.composite
def stored(draw: st.DrawFn) -> list[Any]:
    """Draw needs of anybody, anywhere."""
    drawn = []
    for n in range(draw(st.integers(1, 8))):
        at = draw(st.one_of(st.none(), places()))
        made = posting(
            f"ned_{n}",
            owner=draw(st.sampled_from(["ada", "ben", "cleo"])),
            space=draw(st.sampled_from(["spc_one", "spc_one", "spc_two"])),
            category=draw(PATHS),
            skills=draw(SKILLS),
            kind=draw(st.sampled_from(list(Kind))).value,
            status=draw(st.sampled_from(list(PostingStatus))).value,
            place=at,
            windows=draw(st.lists(windows(), max_size=2)),
        )
        made["traits"] = traits(made["category"], made["skills"], made["place"], 1_000)
        drawn.append(made)
    return drawn


@st.composite
def filters(draw: st.DrawFn, needs: list[Any]) -> PostingFilter:
    """Draw a filter, most parts of which are not given."""

    def perhaps(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(st.one_of(st.none(), st.none(), strategy))

    return PostingFilter(
        space="spc_one",
        near=perhaps(circles([need["traits"]["area"] for need in needs])),
        within=perhaps(boxes()),
        window=perhaps(windows()),
        category=perhaps(PATHS),
        kinds=perhaps(st.lists(st.sampled_from([kind.value for kind in Kind]), max_size=2)),
        statuses=perhaps(st.lists(st.sampled_from([s.value for s in PostingStatus]), max_size=3)),
        skills=perhaps(SKILLS) or (),
    )


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Any], list[PostingFilter]]:
    """Draw needs, and filters over them."""
    needs = draw(stored())
    return needs, draw(st.lists(filters(needs), min_size=8, max_size=8))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    scenes(),
    st.sampled_from([Found(), Found("ada"), Found(None, frozenset({"ben", "cleo"}))]),
)
async def test_a_filter_means_the_same_to_the_database_and_to_the_matcher(
    db: Database, scene: tuple[list[Any], list[PostingFilter]], found: Found
) -> None:
    """Whatever is stored and asked for; also around the poles and across the date line."""
    needs, wanted = scene
    await db["needs"].delete_many({})
    await db["needs"].insert_many([dict(need) for need in needs])
    for filter in wanted:
        filter.check()
        came = {need["_id"] async for need in db["needs"].find(filter.query(found))}
        assert came == {need["_id"] for need in needs if filter.matches(need, found)}, filter


@pytest.fixture
async def market(world: World) -> Market:
    """A space that matches needs and offers."""
    return await open_market(world)


NEAR = {"longitude": 13.404, "latitude": 52.52}


async def test_each_part_of_a_filter_narrows_the_list(market: Market, clock: TurnedClock) -> None:
    """The newest first, and as many as are counted."""
    ada, ben = await market.member("ada"), await market.member("ben")
    noon = clock()
    evening = {
        "startsAt": said(noon + timedelta(hours=6)),
        "endsAt": said(noon + timedelta(hours=8)),
    }
    posted: dict[str, dict[str, Any]] = {
        "a": {"category": "care/elderly", "place": NEAR, "skills": ["Cooking", "driving"]},
        "b": {"category": "care", "kind": "ITEM", "windows": [evening]},
        "c": {"category": "food", "place": {"longitude": 2.35, "latitude": 48.85}},
        "d": {"category": "career", "kind": "TIME", "skills": ["cooking"]},
    }
    ids = {}
    for title, chosen in posted.items():
        clock.turn(1)
        who = ben if title == "d" else ada
        ids[title] = (await post(market, who, title=title, **chosen))["id"]
    await withdraw(ada, ids["c"])
    noonish = {"startsAt": said(noon), "endsAt": said(noon + timedelta(hours=6))}
    for filter, expected in (
        ({}, "dcba"),
        ({"category": "Care"}, "ba"),
        ({"category": "care/elderly"}, "a"),
        ({"kinds": ["ITEM", "TIME"]}, "db"),
        ({"kinds": "SERVICE"}, "ca"),
        ({"statuses": ["WITHDRAWN"]}, "c"),
        ({"skills": ["COOKING"]}, "da"),
        ({"skills": ["cooking", "driving"]}, "a"),
        ({"near": {"point": NEAR, "radiusM": 2000.0}}, "a"),
        ({"near": {"point": NEAR, "radiusM": 2_000_000.0}}, "ca"),
        ({"withinBox": {"west": 2.0, "south": 48.0, "east": 3.0, "north": 49.0}}, "c"),
        ({"window": noonish}, "dca"),
        ({"window": evening, "category": "care"}, "ba"),
        ({"statuses": ["OPEN"], "near": {"point": NEAR, "radiusM": 2_000_000.0}}, "a"),
    ):
        assert "".join(await titles(ben, market, **filter)) == expected, filter
    assert await titles(ben, market, mine=True) == ["d"]
    assert await titles(ada, market, mine=True, kinds=["SERVICE"]) == ["c", "a"]


async def test_a_small_circle_does_not_find_out_where_somebody_lives(market: Market) -> None:
    """Circles and boxes are laid around the blurred place, for the owner as for everybody."""
    ada, ben = await market.member("ada"), await market.member("ben")
    made = await post(market, ada, place=NEAR)
    asked = "query Q($id: ID!) { node(id: $id) { ... on Need { place { longitude latitude } } } }"
    shown = (await ben.ask(asked, id=made["id"]))["node"]["place"]
    assert shown != NEAR
    for who in (ada, ben):
        assert await titles(who, market, near={"point": NEAR, "radiusM": 50.0}) == []
        assert await titles(who, market, near={"point": shown, "radiusM": 1.0}) == ["need"]


async def test_pages_of_a_circle_go_on_where_they_ended(market: Market, clock: TurnedClock) -> None:
    """In the order of the list, neither skipping nor repeating, forwards and backwards."""
    ada = await market.member("ada")
    made = []
    for n in range(5):
        clock.turn(n % 2)
        made.append(await post(market, ada, "offer", place=NEAR, title=str(n)))
    asked = """query Q($space: ID!, $filter: PostingFilterInput, $after: String, $before: String,
        $first: Int, $last: Int) { offers(
          space: $space, filter: $filter, first: $first, last: $last, after: $after, before: $before
        ) { nodes { id createdAt } pageInfo { endCursor startCursor hasNextPage hasPreviousPage } }
      }"""
    filter = {"near": {"point": NEAR, "radiusM": 5000.0}}

    async def page(**window: Any) -> Any:
        return (await ada.ask(asked, space=market.space, filter=filter, **window))["offers"]

    everything = [one["id"] for one in (await page(first=10))["nodes"]]
    assert len(everything) == 5
    seen, after, more = [], None, True
    while more:
        found = await page(first=2, after=after)
        seen += [one["id"] for one in found["nodes"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert seen == everything
    last = await page(last=2)
    assert [one["id"] for one in last["nodes"]] == everything[-2:]
    before = await page(last=2, before=last["pageInfo"]["startCursor"])
    assert [one["id"] for one in before["nodes"]] == everything[1:3]


async def test_what_nothing_can_match_is_refused(market: Market) -> None:
    """Every problem by its path."""
    noon = said(market.world.clock())
    wrong = {
        "near": {"point": {"longitude": 181.0, "latitude": 91.0}, "radiusM": 0.0},
        "withinBox": {"west": -181.0, "south": 91.0, "east": 181.0, "north": -91.0},
        "window": {"startsAt": noon, "endsAt": noon},
        "skills": ["x"] * 21,
    }
    refused = await market.mia.send(LIST, space=market.space, filter=wrong)
    problems = refused["errors"][0]["extensions"]["problems"]
    assert {problem["path"] for problem in problems} == {
        "filter.near.point.longitude", "filter.near.point.latitude", "filter.near.radiusM",
        "filter.withinBox.west", "filter.withinBox.east", "filter.withinBox.south",
        "filter.withinBox.north", "filter.window.endsAt", "filter.skills",
    }  # fmt: skip


async def test_nobody_known_has_none_of_their_own(market: Market) -> None:
    """`mine` asks for a person."""
    refused = await market.world.anonymous.send(LIST, space=market.space, mine=True)
    assert refused["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
