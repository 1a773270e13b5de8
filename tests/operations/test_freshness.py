"""Freshness: values ask to be checked when their time is over, and whoever is near is told."""

from typing import Any

import pytest

from tests.agreeing import (
    agreed,
    cafe,
    facet,
    known,
    moved,
    renewed,
    said,
    shown,
    tapped,
    town,
)
from tests.api import Person, World
from tests.conftest import TurnedClock
from tests.pool import FACETS, HERE, edited, facets, history, point, pool, read

DAY = 24 * 3600
QUESTIONS = """
query Q($space: ID!, $near: PointInput!, $radiusM: Float! = 5000, $first: Int! = 10) {
  nextQuestions(space: $space, near: $near, radiusM: $radiusM, first: $first) {
    facet reason sentence value distanceM score entry { id title } } }
"""
WEEKLY = [{**FACETS[0], "fresh_days": 7}, *FACETS[1:2]]


@pytest.fixture
async def square(world: World) -> tuple[str, Person, str]:
    """A pool in which one facet ages within a week, and Ada's café."""
    space, _ = await town(world, facets=WEEKLY)
    [ada] = await world.people("ada")
    return space, ada, await cafe(ada, space, facets=facets(WHEELCHAIR="SUITABLE", BLIND="PARTLY"))


async def questions(person: Person, space: str, **more: Any) -> list[dict[str, Any]]:
    """Return what somebody is asked here."""
    near = {"longitude": HERE[0], "latitude": HERE[1]}
    found = await person.ask(QUESTIONS, space=space, **({"near": near} | more))
    asked: list[dict[str, Any]] = found["nextQuestions"]
    return asked


async def test_time_lets_a_value_ask_to_be_checked_and_one_tap_renews_it(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """At the very instant, as a revision of time's own; the value stays what it is."""
    _, ada, id = square
    [ben] = await world.people("ben")
    clock.turn(7 * DAY - 1)
    await world.tick()
    assert (await shown(ada, id))["state"] == "PUBLISHED"
    clock.turn(1)
    await world.tick()
    await world.tick()
    stale = await shown(world.anonymous, id)
    assert (stale["state"], stale["version"], facet(stale)["stale"]) == ("STALE", 2, True)
    assert not facet(stale, "BLIND")["stale"]
    [aged, _] = await history(ada, id)
    assert (aged["cause"], aged["by"], aged["changed"]) == ("AGED", None, [])
    fresh = await renewed(ben, id)
    assert (fresh["state"], facet(fresh)["stale"]) == ("PUBLISHED", False)
    assert facet(fresh)["checkedAt"] == "2026-03-08T12:00:00.000Z"
    assert facet(fresh, "BLIND")["checkedAt"] == "2026-03-01T12:00:00.000Z"
    clock.turn(7 * DAY)
    await world.tick()
    assert (await shown(ada, id))["state"] == "STALE"


async def test_still_correct_is_a_voice_but_for_who_gave_it(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """Who gave a value renews it, and is heard for it no more than before."""
    space, ada, id = square
    [ben] = await known(world, space, "ben")
    clock.turn(3 * DAY)
    assert agreed(await renewed(ada, id)) == ("SUITABLE", 0, 0)
    done = await renewed(ben, id, "BLIND")
    assert (agreed(done, "BLIND"), agreed(done)) == (("PARTLY", 1, 0), ("SUITABLE", 0, 0))
    refused = await renewed(ben, id, "WHEELCHAIR", "BALCONY")
    assert [one["path"] for one in refused["problems"]] == ["facets.1"]


async def test_a_doubt_is_taken_away_by_whoever_looks(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """What was signalled before does not count any more."""
    _, ada, id = square
    ben, cleo = await world.people("ben", "cleo")
    assert (await tapped(ben, id, "CHANGED", "BLIND"))["state"] == "STALE"
    clock.turn(60)
    assert (await renewed(ada, id))["state"] == "PUBLISHED"
    clock.turn(60)
    assert (await tapped(cleo, id, "SUITABLE", "BLIND"))["state"] == "PUBLISHED"


async def test_what_is_gone_or_hidden_does_not_age(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """When it is back, what has become stale meanwhile is."""
    _, ada, id = square
    await moved(ada, id, "declareGone")
    clock.turn(8 * DAY)
    await world.tick()
    assert (await shown(ada, id))["version"] == 2
    back = await moved(ada, id, "returnEntry")
    assert (back["state"], facet(back)["stale"]) == ("STALE", True)


async def test_whoever_is_near_is_told_what_to_check(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """What is stale first, then what is disputed, then what nobody knows; nearer before farther."""
    space, ada, id = square
    ben, cleo = await world.people("ben", "cleo")
    far = await cafe(ada, space, title="Far", place=point(east_metres=400))
    both = facets(WHEELCHAIR="SUITABLE", BLIND="PARTLY")
    split = await cafe(ada, space, title="Split", place=point(), facets=both)
    out = await cafe(ada, space, title="Out", place=point(east_metres=900))
    await said(ben, split, "DISPUTE", "UNSUITABLE")
    assert (await tapped(ben, id, "CHANGED", "WHEELCHAIR"))["state"] == "STALE"
    clock.turn(60)
    found = await questions(cleo, space, radiusM=600)
    assert [(one["entry"]["id"], one["facet"], one["reason"]) for one in found] == [
        (id, "WHEELCHAIR", "STALE"),
        (split, "WHEELCHAIR", "DISPUTED"),
        (far, "BLIND", "UNKNOWN"),
    ]
    assert found[0]["sentence"] == "It was last checked on 2026-03-01: is it still so?"
    assert (found[0]["value"], found[2]["value"]) == ("SUITABLE", None)
    assert found[2]["distanceM"] == pytest.approx(400, rel=0.01)
    assert out in {one["entry"]["id"] for one in await questions(world.anonymous, space)}
    assert len(await questions(world.anonymous, space, first=2)) == 2
    await renewed(cleo, id)
    assert {one["reason"] for one in await questions(cleo, space)} == {"DISPUTED", "UNKNOWN"}


async def test_nobody_is_asked_again_what_they_answered(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """Nor for another view on what they gave themselves; once it is stale, everybody is."""
    space, ada, id = square
    ben, cleo = await world.people("ben", "cleo")
    await said(ben, id, "DISPUTE", "UNSUITABLE")
    for person in (ada, ben):
        assert await questions(person, space) == []
    assert [one["reason"] for one in await questions(cleo, space)] == ["DISPUTED"]
    await said(cleo, id, "CANNOT_TELL")
    assert await questions(cleo, space) == []
    clock.turn(7 * DAY)
    for person in (ada, ben, cleo):
        assert [one["reason"] for one in await questions(person, space)] == ["STALE"]
    await said(cleo, id, "CANNOT_TELL")
    assert await questions(cleo, space) == []
    open_ = await cafe(ada, space, facets=[], place=point(north_metres=50))
    asked = [one["facet"] for one in await questions(cleo, space)]
    assert asked == ["WHEELCHAIR", "BLIND"]
    await said(cleo, open_, "CANNOT_TELL")
    assert [one["facet"] for one in await questions(cleo, space)] == ["BLIND"]


async def test_what_is_urgent_is_not_lost_behind_what_is_near(
    world: World, square: tuple[str, Person, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many entries lie nearer, with something unknown of each."""
    space, ada, _ = square
    [ben] = await world.people("ben")
    monkeypatch.setattr("app.resolvers.freshness.MOST_CANDIDATES", 2)
    for n in range(4):
        await cafe(ada, space, place=point(north_metres=n))
    far = await cafe(ada, space, place=point(north_metres=800))
    await tapped(ben, far, "CHANGED")
    found = await questions(world.anonymous, space)
    assert far in {one["entry"]["id"] for one in found if one["reason"] == "STALE"}


async def test_questions_are_for_who_reads_the_pool(world: World) -> None:
    """Where it is closed to somebody, nothing of it is asked; nor of what is hidden or gone."""
    owner = await world.person("olga")
    space = await pool(world, owner, facets=WEEKLY)
    made = await cafe(owner, space, facets=[])
    near = {"longitude": HERE[0], "latitude": HERE[1]}
    assert len(await questions(world.anonymous, space)) == 2
    await moved(owner, made, "hideEntry")
    assert await questions(world.anonymous, space) == await questions(owner, space) == []
    private = await pool(world, owner, openness="MEMBERS")
    for wrong in ({"first": 51}, {"radiusM": 0}, {"near": {**near, "latitude": 91}}):
        given = {"space": space, "near": near, **wrong}
        assert (await owner.send(QUESTIONS, **given))["errors"][0]["extensions"]["problems"]
    for person, which in ((world.anonymous, private), (owner, "spc_none")):
        assert (await person.send(QUESTIONS, space=which, near=near)).get("errors")


async def test_a_sensitive_place_is_as_far_as_its_cell(world: World) -> None:
    """Nobody finds out where something is by asking from all around."""
    space, owner = await town(world)
    nest = await cafe(owner, space, category="nest", place=point(123, 321))
    near = {"longitude": HERE[0], "latitude": HERE[1]}
    body = await world.anonymous.ask(QUESTIONS, space=space, near=near)
    [one, *_] = body["nextQuestions"]
    cell = (await read(world.anonymous, nest))["point"]
    there = await questions(world.anonymous, space, near=cell)
    assert there[0]["distanceM"] == pytest.approx(0, abs=1)
    assert one["distanceM"] != pytest.approx(344, rel=0.05)


async def test_an_edit_of_the_same_value_is_no_renewal(
    world: World, square: tuple[str, Person, str], clock: TurnedClock
) -> None:
    """Who edits something else has not looked at it."""
    _, ada, id = square
    clock.turn(3 * DAY)
    done = await edited(ada, await read(ada, id), title="Another name")
    assert facet(done)["checkedAt"] == "2026-03-01T12:00:00.000Z"
