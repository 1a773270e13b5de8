"""Conditions that people share: who comes, pauses, changes their mind and goes."""

import pytest

from tests.alerts.watching import CHANGE, DELETE, PAUSE, RESUME, Watching, change, watching
from tests.api import Person, World
from tests.conftest import TurnedClock


@pytest.fixture
async def place(world: World, clock: TurnedClock) -> Watching:
    """A series in Ada's open space."""
    return await watching(world, clock)


@pytest.fixture
async def ben(world: World) -> Person:
    """Ben, who watches too."""
    return await world.person("ben")


async def test_whoever_joins_while_it_fires_is_told_of_its_beginning_and_end(
    place: Watching, ben: Person
) -> None:
    """The alert has the same number for both; it was opened once."""
    await place.follow(place.ada)
    await place.read_each(85)
    await place.follow(ben)
    await place.read_each(70)
    assert await place.told(place.ada) == [("FIRST", 1), ("RESOLVED", 1)]
    assert await place.told(ben) == [("FIRST", 1), ("RESOLVED", 1)]


async def test_whoever_joins_an_alert_that_all_have_paused_is_told_too(
    place: Watching, ben: Person
) -> None:
    """With the only follower away the condition stood still; it wakes up as it was: firing."""
    hers = await place.follow(place.ada)
    await place.read_each(85)
    hers = await change(place.ada, PAUSE, hers)
    await place.follow(ben)
    assert await place.told(ben) == [("FIRST", 1)]
    await change(place.ada, RESUME, hers)
    assert await place.told(place.ada) == [("FIRST", 1)]
    await place.read_each(70)
    assert await place.told(place.ada) == await place.told(ben) == [("FIRST", 1), ("RESOLVED", 1)]


async def test_whoever_leaves_is_told_that_it_is_over_for_them(
    place: Watching, ben: Person
) -> None:
    """The others go on; that the end itself was withheld from who left is recorded."""
    await place.follow(place.ada)
    his = await place.follow(ben)
    await place.read_each(85)
    await ben.do(DELETE, id=his["id"])
    await place.read_each(70)
    assert await place.told(place.ada) == [("FIRST", 1), ("RESOLVED", 1)]
    assert await place.told(ben) == [("FIRST", 1), ("RULE_CHANGED", 1)]
    assert await place.withheld(ben) == [("RESOLVED", "UNSUBSCRIBED")]


async def test_whoever_leaves_while_the_others_pause_is_told_too(
    place: Watching, ben: Person
) -> None:
    """Nobody is active any more, but somebody still holds the condition: the alert stays open."""
    hers = await place.follow(place.ada)
    his = await place.follow(ben)
    await place.read_each(85)
    await change(place.ada, PAUSE, hers)
    await ben.do(DELETE, id=his["id"])
    assert await place.told(ben) == [("FIRST", 1), ("RULE_CHANGED", 1)]
    assert await place.told(place.ada) == [("FIRST", 1)]


async def test_whoever_comes_back_is_told_anew(place: Watching, ben: Person) -> None:
    """For them the alert was over; now it is there again, and they hear of its end."""
    await place.follow(place.ada)
    his = await place.follow(ben)
    await place.read_each(85)
    await ben.do(DELETE, id=his["id"])
    await place.follow(ben)
    await place.read_each(70)
    assert await place.told(ben) == [
        ("FIRST", 1),
        ("RULE_CHANGED", 1),
        ("FIRST", 1),
        ("RESOLVED", 1),
    ]
    assert await place.withheld(ben) == []


async def test_one_of_two_equal_subscriptions_can_go_without_a_word(
    place: Watching, ben: Person
) -> None:
    """The person still follows by the other: one beginning, one end."""
    await place.follow(place.ada)
    one, _ = await place.follow(ben), await place.follow(ben)
    await place.read_each(85)
    await ben.do(DELETE, id=one["id"])
    await place.read_each(70)
    assert await place.told(ben) == [("FIRST", 1), ("RESOLVED", 1)]


async def test_the_last_one_to_leave_closes_the_alert(place: Watching, ben: Person) -> None:
    """It closes as RULE_CHANGED, and who follows afterwards gets the next number."""
    hers = await place.follow(place.ada)
    await place.read_each(85)
    await place.ada.do(DELETE, id=hers["id"])
    assert await place.told(place.ada) == [("FIRST", 1), ("RULE_CHANGED", 1)]
    alert = await place.db["alerts"].find_one({"instance": hers["instance"]["id"]}) or {}
    assert (alert["status"], alert["resolution"]) == ("RESOLVED", "RULE_CHANGED")
    await place.follow(ben)
    assert await place.told(ben) == [("FIRST", 2)]


async def test_an_edited_rule_takes_only_its_owner_along(place: Watching, ben: Person) -> None:
    """Ada asks for another threshold: her alert closes, Ben's goes on; hers is judged at once."""
    hers = await place.follow(place.ada)
    await place.follow(ben)
    await place.read_each(85)
    await change(place.ada, CHANGE, hers, trigger={"operator": "GT", "value": 82})
    await place.read_each(70)
    assert await place.told(place.ada) == [
        ("FIRST", 1),
        ("RULE_CHANGED", 1),
        ("FIRST", 1),
        ("RESOLVED", 1),
    ]
    assert await place.told(ben) == [("FIRST", 1), ("RESOLVED", 1)]


async def test_a_pause_does_not_count_towards_the_wait(place: Watching) -> None:
    """Of a minute's wait thirty seconds were over before the pause, so thirty are left after it."""
    hers = await place.follow(place.ada, **{"for": "PT1M"})
    await place.read(85)
    place.clock.turn(30)
    hers = await change(place.ada, PAUSE, hers)
    place.clock.turn(600)
    await place.world.tick()
    hers = await change(place.ada, RESUME, hers)
    place.clock.turn(29)
    await place.world.tick()
    assert await place.told(place.ada) == []
    place.clock.turn(1)
    await place.world.tick()
    assert await place.told(place.ada) == [("FIRST", 1)]


async def test_what_resolved_during_a_pause_is_told_at_its_end(place: Watching) -> None:
    """While paused nothing is told; on return the alert is judged on the latest value."""
    hers = await place.follow(place.ada)
    await place.read_each(85)
    hers = await change(place.ada, PAUSE, hers)
    await place.read_each(70)
    assert await place.told(place.ada) == [("FIRST", 1)]
    await change(place.ada, RESUME, hers)
    assert await place.told(place.ada) == [("FIRST", 1), ("RESOLVED", 1)]


async def test_followers_keep_their_conditions_apart(place: Watching, ben: Person) -> None:
    """Another threshold is another condition, even by a little."""
    hers = await place.follow(place.ada, value=80)
    his = await place.follow(ben, value=80.5)
    assert hers["instance"] != his["instance"]
    await place.read_each(80.2)
    assert await place.told(place.ada) == [("FIRST", 1)]
    assert await place.told(ben) == []
