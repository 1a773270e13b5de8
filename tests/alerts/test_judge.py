"""Judging on the real database: what is broken, silent, late or out of order."""

from datetime import datetime
from typing import Any

import pytest

from tests.alerts.watching import Watching, watching
from tests.api import Person, World, record
from tests.conftest import TurnedClock


@pytest.fixture
async def place(world: World, clock: TurnedClock) -> Watching:
    """A series in Ada's open space."""
    return await watching(world, clock)


@pytest.fixture
async def ben(world: World) -> Person:
    """Ben, whose rule is broken or fine, as the test has it."""
    return await world.person("ben")


async def poison(place: Watching, made: dict[str, Any], **fields: Any) -> str:
    """Break an instance in the database; it is still woken by every value."""
    id: str = made["instance"]["id"]
    await place.db["instances"].update_one(
        {"_id": id}, {"$set": {"wake_above": -1e9, "wake_below": 1e9, **fields}}
    )
    return id


BROKEN = [
    {"trigger.operator": "SIDEWAYS"},
    {"trigger.value": "high"},
    {"trigger": None},
    {"trigger": {}},
]


@pytest.mark.parametrize("fields", BROKEN)
async def test_a_broken_condition_harms_no_other_and_its_owner_hears_of_it(
    place: Watching, ben: Person, fields: dict[str, Any]
) -> None:
    """Ben's third failure in a row is told, to him alone and once; Ada's alerts come and go."""
    await place.follow(place.ada)
    broken = await poison(place, await place.follow(ben, value=81), **fields)
    await place.read_each(85, 70)
    assert await place.told(ben) == []
    assert (await place.instance(broken))["state"]["failures"] == 2
    await place.read_each(85, 70, 85)
    assert (await place.instance(broken))["state"]["phase"] == "ERROR"
    assert await place.told(ben) == [("ERROR", None)]
    assert [reason for reason, _ in await place.told(place.ada)] == [
        "FIRST", "RESOLVED", "FIRST", "RESOLVED", "FIRST",
    ]  # fmt: skip


async def test_a_condition_that_is_mended_goes_on(place: Watching, ben: Person) -> None:
    """With the next value it is judged again, as if nothing had been before."""
    made = await place.follow(ben, value=81)
    broken = await poison(place, made, **{"trigger.operator": "SIDEWAYS"})
    await place.read_each(85, 85, 85)
    await place.db["instances"].update_one({"_id": broken}, {"$set": {"trigger.operator": "GT"}})
    await place.read_each(85, 70)
    assert await place.told(ben) == [("ERROR", None), ("FIRST", 1), ("RESOLVED", 1)]


@pytest.mark.parametrize(
    "state", [{"state": None}, {"state.since": "yesterday"}, {"state.phase": "ASLEEP"}]
)
async def test_a_broken_memory_is_begun_anew(
    place: Watching, ben: Person, state: dict[str, Any]
) -> None:
    """The alert that was open is kept and resolved; no later one takes its number."""
    await place.follow(place.ada)
    made = await place.follow(ben, value=81)
    await place.read_each(85)
    await poison(place, made, **state)
    await place.read_each(85, 70, 85)
    reasons = [reason for reason, _ in await place.told(ben)]
    assert reasons == ["FIRST", "RESOLVED", "FIRST"]
    assert await place.told(place.ada) == [("FIRST", 1), ("RESOLVED", 1), ("FIRST", 2)]


async def test_an_instance_that_lacks_fields_is_passed_over(place: Watching, ben: Person) -> None:
    """Nothing can be written of it; the others do not notice."""
    await place.follow(place.ada)
    broken = await poison(place, await place.follow(ben, value=81))
    await place.db["instances"].update_one({"_id": broken}, {"$unset": {"space": 1, "version": 1}})
    await place.read_each(85, 70)
    assert await place.told(place.ada) == [("FIRST", 1), ("RESOLVED", 1)]
    assert await place.told(ben) == []


async def test_a_broken_condition_does_not_keep_others_from_their_ticks(
    place: Watching, ben: Person
) -> None:
    """Time is judged for the whole series; silence is told to Ada although Ben's rule fails."""
    await place.follow(place.ada, noDataAfter="PT1M")
    await poison(place, await place.follow(ben, noDataAfter="PT30S"), **{"state.since": "never"})
    await place.read(85)
    await poison(place, await place.follow(ben, noDataAfter="PT20S"), **{"trigger.value": None})
    for _ in range(7):
        place.clock.turn(10)
        await place.world.tick()
    assert await place.told(place.ada) == [("FIRST", 1), ("NO_DATA", 1)]


@pytest.mark.parametrize(
    ("policy", "silence", "return_to_normal"),
    [
        ("NO_DATA", [("NO_DATA", None)], [("DATA_RESUMED", None)]),
        ("OK", [], []),
        ("KEEP", [], []),
        ("FIRING", [("FIRST", 1)], [("RESOLVED", 1)]),
    ],
)
async def test_silence_means_what_its_policy_says(
    place: Watching, policy: str, silence: list[Any], return_to_normal: list[Any]
) -> None:
    """From a normal value on: after a minute of silence, and when values come again."""
    await place.follow(place.ada, noDataAfter="PT1M", noDataPolicy=policy)
    await place.read(70)
    place.clock.turn(60)
    await place.world.tick()
    assert await place.told(place.ada) == []
    place.clock.turn(1)
    for _ in range(3):
        await place.world.tick()
    assert await place.told(place.ada) == silence
    await place.read(70)
    assert await place.told(place.ada) == silence + return_to_normal


@pytest.mark.parametrize(
    ("policy", "silence", "data"),
    [
        ("NO_DATA", [("NO_DATA", 1)], [("DATA_RESUMED", 1), ("RESOLVED", 1)]),
        ("OK", [("RESOLVED", 1)], []),
        ("KEEP", [], [("RESOLVED", 1)]),
        ("FIRING", [], [("RESOLVED", 1)]),
    ],
)
async def test_silence_over_an_open_alert_means_what_its_policy_says(
    place: Watching, policy: str, silence: list[Any], data: list[Any]
) -> None:
    """From a breach on: after a minute of silence, and when a normal value comes."""
    await place.follow(place.ada, noDataAfter="PT1M", noDataPolicy=policy)
    await place.read(85)
    place.clock.turn(61)
    for _ in range(3):
        await place.world.tick()
    assert await place.told(place.ada) == [("FIRST", 1), *silence]
    await place.read(70)
    assert await place.told(place.ada) == [("FIRST", 1), *silence, *data]


async def test_each_waits_for_data_as_long_as_they_asked(place: Watching, ben: Person) -> None:
    """Of two who watch the same series one loses patience before the other, at each silence."""
    await place.follow(place.ada, noDataAfter="PT1M")
    await place.follow(ben, noDataAfter="PT2M")
    for _ in range(2):
        await place.read(70)
        place.clock.turn(61)
        await place.world.tick()
        assert (await place.told(place.ada))[-1] == ("NO_DATA", None)
        assert ("NO_DATA", None) not in (await place.told(ben))[-1:]
        place.clock.turn(60)
        await place.world.tick()
        assert (await place.told(ben))[-1] == ("NO_DATA", None)
    assert len(await place.told(place.ada)) == len(await place.told(ben)) == 3


async def test_late_values_are_kept_and_rewrite_nothing(place: Watching) -> None:
    """A value from before the latest one is history: it neither fires nor resolves."""
    await place.follow(place.ada)
    await place.read(70)
    late = {"at": datetime(2026, 3, 1, 11, 59), "value": 99.0}
    done = await record_at(place, late)
    assert (done["recorded"], done["late"], done["alertsOpened"]) == (1, 1, 0)
    assert await place.told(place.ada) == []
    series = await place.db["series"].find_one({"_id": place.series}) or {}
    assert (series["last_value"], series["count"]) == (70, 2)


async def test_a_batch_is_judged_in_the_order_of_time(place: Watching) -> None:
    """However its rows are mixed; equal instants in the order of their keys."""
    await place.follow(place.ada)
    minutes = {1: 85.0, 2: 70.0, 3: 90.0, 4: 75.0, 5: 95.0}
    rows = [{"at": datetime(2026, 3, 1, 11, n), "value": minutes[n]} for n in (4, 1, 5, 3, 2)]
    done = await record_at(place, *rows)
    assert (done["alertsOpened"], done["alertsResolved"]) == (3, 2)
    assert await place.told(place.ada) == [
        ("FIRST", 1), ("RESOLVED", 1), ("FIRST", 2), ("RESOLVED", 2), ("FIRST", 3),
    ]  # fmt: skip


async def record_at(place: Watching, *rows: dict[str, Any]) -> dict[str, Any]:
    """Record values at instants of the test's choice."""
    return await record(
        place.ada, place.series, *((row["at"].isoformat() + "Z", row["value"]) for row in rows)
    )
