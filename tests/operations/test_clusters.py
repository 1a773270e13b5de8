"""Maps of a pool: signs for what is where, and how well an area is covered."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from app.pooling.cells import cell_of
from app.resolvers import clusters
from tests.agreeing import moving
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.pool import FACETS, entry, facets, point, pool

CLUSTERS = """
query Q($space: ID!, $box: BoxInput!, $zoom: Int!, $filter: EntryFilterInput, $need: String) {
  clusters(space: $space, box: $box, zoom: $zoom, filter: $filter, need: $need) {
    cell count point { longitude latitude } box { west south east north }
    suitability { suitable partly unsuitable unknown } entry { id title } } }
"""
COVERAGE = """
query Q($space: ID!, $box: BoxInput!, $zoom: Int!, $needs: [String!]!, $filter: EntryFilterInput) {
  coverage(space: $space, box: $box, zoom: $zoom, needs: $needs, filter: $filter) {
    share whole { count stale fresh unknown { need count } observedAt }
    cells { cell box { west } covered { count stale fresh } } } }
"""
WORLD = {"west": -180, "south": -90, "east": 180, "north": 90}
DAY = 86_400
SAID = {"partly": 1, "unsuitable": 1, "unknown": 1}


def around(metres: float) -> dict[str, float]:
    """Return a box around the middle of the town."""
    west, south = point(-metres, -metres)["coordinates"]
    east, north = point(metres, metres)["coordinates"]
    return {"west": west, "south": south, "east": east, "north": north}


async def signs(person: Person, space: str, zoom: int, **given: Any) -> list[dict[str, Any]]:
    """Return the signs on a map."""
    asked = {"box": around(1_000), **given}
    found = await person.ask(CLUSTERS, space=space, zoom=zoom, **asked)
    listed: list[dict[str, Any]] = found["clusters"]
    return listed


@pytest.fixture
async def town(world: World) -> tuple[str, Person]:
    """A pool of nine entries, of which two lie at the same place, and whose it is."""
    olga = await world.person("olga")
    kinds = [{**kind, "fresh_days": 10.0 * n + 1} for n, kind in enumerate(FACETS)]
    space = await pool(world, olga, facets=kinds)
    for n, word in enumerate(["SUITABLE", "SUITABLE", "PARTLY", "UNSUITABLE"]):
        told = facets(WHEELCHAIR=word)
        await entry(olga, space, title=f"Café {n}", place=point(200 * n), facets=told)
    for n in range(4):
        await entry(olga, space, title=f"Lift {n}", place=point(0, 300 * n), category="lift")
    await entry(olga, space, title="Lift 4", place=point(), category="lift", facets=[])
    return space, olga


async def test_signs_stand_for_all_that_is_in_their_cells(
    world: World, town: tuple[str, Person]
) -> None:
    """At each zoom each entry is counted in the cell that it lies in, and in no other."""
    space, _ = town
    keys = [
        cell_of(found["matched"]["spot"])
        async for found in world.db["entries"].find({"space": space})
    ]
    for zoom in (0, 10, 14, 20):
        found = await signs(world.anonymous, space, zoom)
        counted = {sign["cell"]: sign["count"] for sign in found}
        assert counted == Counter(key[: len(found[0]["cell"])] for key in keys)
        for sign in found:
            box, at = sign["box"], sign["point"]
            assert box["west"] <= at["longitude"] <= box["east"]
            assert box["south"] <= at["latitude"] <= box["north"]
            assert (sign["entry"] is not None) is (sign["count"] == 1)
    assert sorted(counted.values()) == [1] * 6 + [3]
    [named] = [sign for sign in found if sign["entry"] and sign["entry"]["title"] == "Lift 3"]
    longitude, latitude = point(0, 900)["coordinates"]
    assert named["point"]["longitude"] == pytest.approx(longitude, abs=0.00003)
    assert named["point"]["latitude"] == pytest.approx(latitude, abs=0.00003)


async def test_signs_say_how_far_a_need_is_met(world: World, town: tuple[str, Person]) -> None:
    """Of those that a filter wants; what nobody has said is unknown, and never unsuitable."""
    space, _ = town
    whole = {"box": WORLD, "need": "WHEELCHAIR"}
    [all_of_it] = await signs(world.anonymous, space, 0, **whole)
    assert all_of_it["suitability"] == SAID | {"suitable": 6}
    [lifts] = await signs(world.anonymous, space, 0, **whole, filter={"categories": ["lift"]})
    assert lifts["suitability"] == {"suitable": 4, "partly": 0, "unsuitable": 0, "unknown": 1}
    weighed = await world.anonymous.send(CLUSTERS, space=space, zoom=0, **whole)
    assert weighed["extensions"]["cost"]["requested"] > 100 * 10  # as many signs as can come
    [unasked] = await signs(world.anonymous, space, 0, box=WORLD)
    assert (unasked["count"], unasked["suitability"]["unknown"], unasked["entry"]) == (9, 9, None)
    assert await signs(world.anonymous, space, 0, filter={"text": "nowhere"}) == []


async def test_a_sign_stands_for_what_is_shown_alone(
    world: World, town: tuple[str, Person]
) -> None:
    """What is hidden is not counted, and is named to nobody."""
    space, olga = town
    found = await signs(olga, space, 20)
    [id] = [one["entry"]["id"] for one in found if (one["entry"] or {}).get("title") == "Lift 3"]
    await olga.do(moving("hideEntry"), entry=id)
    for person in (world.anonymous, olga):
        left = await signs(person, space, 20)
        assert len(left) == len(found) - 1
        assert "Lift 3" not in {sign["entry"]["title"] for sign in left if sign["entry"]}


async def test_coverage_tells_where_something_is_missing(
    world: World, town: tuple[str, Person], clock: TurnedClock
) -> None:
    """Of each cell, the empty ones too: how much is there, known, and asks to be checked."""
    space, _ = town
    asked = {"space": space, "box": around(1_000), "zoom": 14, "needs": ["WHEELCHAIR", "BLIND"]}
    told = (await world.anonymous.ask(COVERAGE, **asked))["coverage"]
    assert told["whole"]["count"] == sum(one["covered"]["count"] for one in told["cells"]) == 9
    assert told["whole"]["unknown"] == [
        {"need": "WHEELCHAIR", "count": 1},
        {"need": "BLIND", "count": 9},
    ]
    assert told["whole"]["observedAt"] == clock().isoformat() + ".000Z"
    covered = [one for one in told["cells"] if one["covered"]["count"]]
    assert 0 < told["share"] == len(covered) / len(told["cells"]) < 1
    empty = next(one["covered"] for one in told["cells"] if not one["covered"]["count"])
    assert empty == {"count": 0, "stale": 0, "fresh": None}
    clock.turn(2 * DAY)
    await world.tick()
    told = (await world.anonymous.ask(COVERAGE, **asked))["coverage"]
    assert (told["whole"]["stale"], told["whole"]["fresh"]) == (8, pytest.approx(1 / 9))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"zoom": 21}, "zoom"),
        ({"box": {**WORLD, "south": 91}}, "box.south"),
        ({"need": "LIFT"}, "needs"),
        ({"filter": {"categories": []}}, "filter.categories"),
    ],
)
async def test_what_no_map_can_show_is_refused(
    world: World, given: dict[str, Any], path: str
) -> None:
    """By path."""
    olga = await world.person("olga")
    asked = {"space": await pool(world, olga), "box": WORLD, "zoom": 3, **given}
    body = await world.anonymous.send(CLUSTERS, **asked)
    assert path in {one["path"] for one in body["errors"][0]["extensions"]["problems"]}


async def test_many_ask_for_a_map_at_once(world: World, town: tuple[str, Person]) -> None:
    """All of them are told the same, and what is written afterwards shows at once."""
    space, olga = town
    asked = [signs(world.anonymous, space, 12) for _ in range(5)]
    answers = await asyncio.gather(*asked)
    assert all(answer == answers[0] for answer in answers)
    await entry(olga, space, place=point(100, 100))
    again = await signs(world.anonymous, space, 12)
    assert sum(one["count"] for one in again) == 10


async def test_what_was_counted_of_many_is_told_for_a_while(
    world: World,
    town: tuple[str, Person],
    clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then it is counted anew, for the next who asks; who has waited for long gets it at once."""
    monkeypatch.setattr(clusters, "GOOD_FOR_A_SECOND", 1)
    space, olga = town

    async def count() -> int:
        return sum(one["count"] for one in await signs(world.anonymous, space, 12))

    assert await count() == 9
    await entry(olga, space, place=point(100, 100))
    assert await count() == 9
    clock.turn(10)
    assert await count() == 9  # and meanwhile it is counted anew
    while await count() == 9:
        pass
    await entry(olga, space, place=point(100, 100))
    clock.turn(10 * 60)
    assert await count() == 11
