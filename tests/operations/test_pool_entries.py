"""Looking for entries: the nearest first or the newest first, by every part of a filter."""

from typing import Any

import pytest

from app.db import paging
from app.places import metres_between
from app.places import point as measured
from tests.agreeing import moderator, moving
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.pool import edited, entry, facets, merged, point, pool, set_rules

POOL_ENTRIES = """
query Q($space: ID!, $filter: EntryFilterInput, $first: Int, $after: String) {
  poolEntries(space: $space, filter: $filter, first: $first, after: $after) {
    totalCount liveCursor pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor distanceM node { id title place } } } }
"""
LONGITUDE, LATITUDE = point()["coordinates"]
HOUR = 3_600


def near(metres: float, east: float = 0, north: float = 0) -> dict[str, Any]:
    """Return a circle as filters have it."""
    longitude, latitude = point(east, north)["coordinates"]
    return {"point": {"longitude": longitude, "latitude": latitude}, "radiusM": metres}


async def found(
    person: Person, space: str, filter: dict[str, Any] | None = None, **page: Any
) -> dict[str, Any]:
    """Return a page of entries."""
    answer = await person.ask(POOL_ENTRIES, space=space, filter=filter, **page)
    listed: dict[str, Any] = answer["poolEntries"]
    return listed


async def titles(person: Person, space: str, **filter: Any) -> str:
    """Return the titles of what a filter finds, in order."""
    page = await found(person, space, filter)
    assert page["totalCount"] == len(page["edges"])
    return " ".join(edge["node"]["title"] for edge in page["edges"])


async def refusal(person: Person, space: str, **filter: Any) -> str:
    """Return the code by which a question is refused."""
    body = await person.send(POOL_ENTRIES, space=space, filter=filter)
    code: str = body["errors"][0]["extensions"]["code"]
    return code


async def test_the_nearest_come_first_on_pages_without_gaps(world: World) -> None:
    """With their distances; also where several are equally far."""
    ada = await world.person("ada")
    space = await pool(world, ada)
    spots = [point(east, north) for east in (-100, 0, 100, 200) for north in (-100, 0, 100)]
    made = [await entry(ada, space, place=spot) for spot in [*spots, spots[4], spots[4]]]
    centre = measured({"type": "Point", "coordinates": [LONGITUDE, LATITUDE]})
    far = {one["id"]: metres_between(centre, measured(one["place"])) for one in made}
    listed, after = [], None
    while True:
        page = await found(world.anonymous, space, {"near": near(180)}, first=3, after=after)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        listed += page["edges"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert page["totalCount"] == len(listed)
    assert {edge["node"]["id"] for edge in listed} == {id for id, m in far.items() if m <= 180}
    for edge in listed:
        assert edge["distanceM"] == pytest.approx(far[edge["node"]["id"]], abs=0.001)
    assert len({edge["node"]["id"] for edge in listed}) == len(listed)
    distances = [edge["distanceM"] for edge in listed]
    assert distances == sorted(distances)


async def test_every_part_of_a_filter_narrows(world: World, clock: TurnedClock) -> None:
    """Alone and together; what is not asked for may be any."""
    ada = await world.person("ada")
    space = await pool(world, ada)
    at_noon = clock().isoformat() + "Z"
    clock.turn(HOUR)
    at_one = clock().isoformat() + "Z"
    wide, narrow = facets(STEPS=0, LIFT=True), facets(STEPS=2, WHEELCHAIR="PARTLY")
    early = {"observedAt": at_noon}
    await entry(ada, space, title="Hall", place=point(500), category="food/bar", facets=wide)
    clock.turn(1)
    await entry(ada, space, title="Café", place=point(), facets=narrow, **early)
    west, south = point(-50, -50)["coordinates"]
    east, north = point(50, 50)["coordinates"]
    box = {"west": west, "south": south, "east": east, "north": north}
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = [{"longitude": x, "latitude": y} for x, y in corners]
    for filter, expected in (
        ({}, "Café Hall"),
        ({"near": near(600)}, "Café Hall"),
        ({"near": near(600, east=490)}, "Hall Café"),
        ({"near": near(50)}, "Café"),
        ({"withinBox": box}, "Café"),
        ({"withinPolygon": ring}, "Café"),
        ({"categories": ["Food"]}, "Café Hall"),
        ({"categories": ["food/BAR", "shop"]}, "Hall"),
        ({"facets": [{"name": "STEPS", "least": 1}]}, "Café"),
        ({"facets": [{"name": "STEPS", "in": [0, 7]}, {"name": "LIFT", "eq": True}]}, "Hall"),
        ({"suitability": [{"need": "WHEELCHAIR", "in": ["UNKNOWN", "SUITABLE"]}]}, "Hall"),
        ({"suitability": [{"need": "WHEELCHAIR", "in": ["PARTLY"]}]}, "Café"),
        ({"observedUntil": at_one}, "Café"),
        ({"observedSince": at_one}, "Hall"),
        ({"text": "CAF"}, "Café"),
        ({"states": ["VERIFIED"]}, ""),
        ({"fresh": False}, ""),
        ({"fresh": True, "near": near(50), "text": "hall"}, ""),
    ):
        assert await titles(world.anonymous, space, **filter) == expected, filter


async def test_states_are_found_as_far_as_one_may_look(world: World) -> None:
    """What is gone, on demand; what is hidden, or merged, by moderators alone."""
    ada = await world.person("ada")
    space = await pool(world, ada)
    made = {name: await entry(ada, space, title=name) for name in ("A", "B", "C", "D")}
    await ada.do(moving("declareGone"), entry=made["B"]["id"])
    await ada.do(moving("hideEntry"), entry=made["C"]["id"])
    await merged(ada, made["D"], made["A"])
    assert await titles(world.anonymous, space) == "A"
    assert await titles(world.anonymous, space, states=["GONE"]) == "B"
    aside = {"states": ["HIDDEN", "MERGED"]}
    assert await refusal(world.anonymous, space, **aside) == "NOT_ALLOWED"
    max_ = await moderator(world, space)
    assert set((await titles(max_, space, **aside)).split()) == {"C", "D"}


async def test_nobody_finds_out_where_something_sensitive_is(world: World) -> None:
    """Neither by circles nor by distances: they are those of the blurred place, for everybody."""
    ada = await world.person("ada")
    space = await pool(world, ada)
    made = await entry(ada, space, title="Nest", category="nest", place=point(10, 10))
    for person in (ada, world.anonymous):
        assert await titles(person, space, near=near(5, 10, 10)) == ""
        [edge] = (await found(person, space, {"near": near(2_000, 10, 10)}))["edges"]
        assert edge["distanceM"] > 20
    shown = edge["node"]["place"]["coordinates"]
    assert shown != made["place"]["coordinates"] == point(10, 10)["coordinates"]
    blurred = {"point": {"longitude": shown[0], "latitude": shown[1]}, "radiusM": 1}
    assert await titles(world.anonymous, space, near=blurred) == "Nest"


async def test_a_pool_is_searched_by_those_for_whom_it_is(world: World) -> None:
    """Its own openness narrows that of its space."""
    olga, ada = await world.person("olga"), await world.person("ada")
    registered = await pool(world, olga)
    await set_rules(world, registered, openness="REGISTERED")
    assert await refusal(world.anonymous, registered) == "NOT_ALLOWED"
    assert await titles(ada, registered) == ""
    closed = await pool(world, olga, openness="HIDDEN")
    assert await refusal(ada, closed) == "NOT_FOUND"
    assert await refusal(ada, await world.space(olga)) == "NOT_ALLOWED"


async def test_all_that_is_wrong_is_told_at_once(world: World) -> None:
    """By path, with how to mend it; cursors of another list are none of this one."""
    olga = await world.person("olga")
    space = await pool(world, olga)
    await entry(olga, space)
    wrong = {
        "near": near(-1),
        "withinPolygon": [{"longitude": 0, "latitude": 0}],
        "facets": [{"name": "UNHEARD", "eq": 1}, {"name": "STEPS"}],
        "suitability": [{"need": "LIFT", "in": ["SUITABLE"]}],
        "text": "—",
    }
    body = await olga.send(POOL_ENTRIES, space=space, filter=wrong)
    problems = body["errors"][0]["extensions"]["problems"]
    assert [problem["path"] for problem in problems] == [
        "filter.near.radiusM",
        "filter.withinPolygon",
        "filter.facets.0.name",
        "filter.facets.1",
        "filter.suitability.0.need",
        "filter.text",
    ]
    newest = (await found(olga, space))["edges"][0]["cursor"]
    nearest = (await found(olga, space, {"near": near(50)}))["edges"][0]["cursor"]
    for filter, cursor in (({"near": near(50)}, newest), ({}, nearest), ({}, "xyz")):
        body = await olga.send(POOL_ENTRIES, space=space, filter=filter, after=cursor)
        assert body["errors"][0]["extensions"]["problems"][0]["path"] == "after"


async def test_what_may_look_at_the_whole_pool_costs_more(world: World) -> None:
    """However the filter is given: written out, as a variable, in part, or by a default."""
    space = await pool(world, await world.person("olga"))
    query = 'query Q{} {{ poolEntries(space: "{}", filter: {}) {{ nodes {{ id }} }} }}'
    text = {"text": "lift"}
    declared = "($f: EntryFilterInput)"
    default = '($f: EntryFilterInput = {text: "lift"})'

    async def cost(declared: str, filter: str, **variables: Any) -> int:
        body = await world.anonymous.send(query.format(declared, space, filter), **variables)
        requested: int = body["extensions"]["cost"]["requested"]
        return requested

    plain = await cost("", "{near: {point: {longitude: 1, latitude: 2}, radiusM: 9}}")
    assert plain == await cost("", "{facets: [], text: null}") == await cost(declared, "$f")
    assert plain == await cost(declared, "$f", f={"facets": [], "near": near(100)})
    dear = await cost("", '{suitability: {need: "BLIND", in: [UNKNOWN]}}')
    assert dear == plain + 500
    assert dear == await cost(declared, "$f", f={"fresh": True, **text})
    assert dear == await cost("($t: String)", "{text: $t}", t="lift")
    assert dear == await cost(default, "$f")
    # The same document again is weighed with other variables.
    assert plain == await cost(default, "$f", f={})
    assert plain == await cost(declared, "$f")


async def test_long_lists_are_counted_so_far(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One list by itself, and many below things of a list."""
    owner = await world.person("olga")
    space = await pool(world, owner)
    for n in range(3):
        await edited(owner, await entry(owner, space, title=f"Lift {n}"), title="Lift")
    query = """
    query Q($space: ID!) { poolEntries(space: $space) {
      totalCount nodes { revisions(first: 0) { totalCount } } } }
    """
    for most, whole, each in ((10_000, 3, 2), (2, 2, 2), (1, 1, 1)):
        monkeypatch.setattr(paging, "MOST_TOLD", most)
        answer = (await owner.ask(query, space=space))["poolEntries"]
        counts = [one["revisions"]["totalCount"] for one in answer["nodes"]]
        assert (answer["totalCount"], counts) == (whole, [each] * 3)
