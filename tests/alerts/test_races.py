"""Somebody gets in between what a batch is judged on and its transaction: it is judged anew."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from app.db import alerts as alerts_db
from app.db import series as series_db
from app.db.client import Database
from app.db.writing import Writing, write
from app.settings import Settings
from tests.alerts.watching import DELETE, Watching, watching
from tests.api import Person, World, one_process, record
from tests.conftest import TurnedClock


@pytest.fixture
async def place(world: World, clock: TurnedClock) -> Watching:
    """A series in Ada's open space, at 5 m."""
    place = await watching(world, clock)
    await place.read_each(5)
    return place


@pytest.fixture
async def elsewhere(
    settings: Settings, clock: TurnedClock, place: Watching
) -> AsyncIterator[Person]:
    """Ada at another server process on the same database."""
    db = Database(settings.mongodb_uri or "", place.db.name, settings.mongo_driver)
    async with one_process(db, settings, clock) as other:
        yield Person(other.engine, "ada", place.ada.token, place.ada.id)
    await db.close()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[Any]]], Any]:
    """Let something happen once, after the next batch has read what it is judged on."""

    def arrange(happening: Callable[[], Awaitable[Any]]) -> list[int]:
        find_before, versions = series_db.find_before, list[int]()

        async def find(*args: Any) -> Any:
            found = await find_before(*args)
            versions.extend(series["version"] for series in found.series.values())
            if len(versions) == 1:
                await happening()
            return found

        monkeypatch.setattr(series_db, "find_before", find)
        return versions

    return arrange


async def test_a_reading_of_another_process_comes_first(
    place: Watching, elsewhere: Person, meanwhile: Any
) -> None:
    """The alert that it opens is there for the reading that was on its way: it closes it."""
    await place.follow(place.ada)
    at = place.clock().isoformat() + "Z"
    place.clock.turn(1)
    seen = meanwhile(lambda: record(elsewhere, place.series, (at, 85)))
    done = await place.read(70)
    assert (done["alertsOpened"], done["alertsResolved"]) == (0, 1)
    assert seen[-1] > seen[0]
    assert await place.told(place.ada) == [("FIRST", 1), ("RESOLVED", 1)]


async def test_the_same_reading_comes_by_another_process(
    place: Watching, elsewhere: Person, meanwhile: Any
) -> None:
    """It counts once, and tells once."""
    await place.follow(place.ada)
    at = place.clock().isoformat() + "Z"
    meanwhile(lambda: record(elsewhere, place.series, (at, 85)))
    done = await place.read(85)
    assert (done["recorded"], done["duplicates"], done["alertsOpened"]) == (0, 1, 0)
    assert await place.told(place.ada) == [("FIRST", 1)]
    series = await series_db.find_series(place.db, place.series)
    assert series
    assert series["count"] == 2


async def test_somebody_begins_to_follow(place: Watching, meanwhile: Any) -> None:
    """A condition that was not there when the batch looked is judged by it all the same."""
    ben = await place.world.person("ben")
    seen = meanwhile(lambda: place.follow(ben))
    assert (await place.read(85))["alertsOpened"] == 1
    assert seen[-1] > seen[0]
    assert await place.told(ben) == [("FIRST", 1)]


async def test_the_last_one_who_follows_leaves(place: Watching, meanwhile: Any) -> None:
    """A condition that nobody follows any more opens no alert."""
    made = await place.follow(place.ada)
    meanwhile(lambda: place.ada.do(DELETE, id=made["id"]))
    assert (await place.read(85))["alertsOpened"] == 0
    assert await place.db["alerts"].count_documents({"series": place.series}) == 0


async def test_time_moves_an_instance(place: Watching, meanwhile: Any) -> None:
    """A tick that tells of silence comes first; the reading ends the silence."""
    await place.follow(place.ada, noDataAfter="PT1M")
    await place.read(6)
    place.clock.turn(120)
    seen = meanwhile(place.due().judge_alerts)
    await place.read(7)
    assert seen[-1] > seen[0]
    assert [reason for reason, _ in await place.told(place.ada)] == ["NO_DATA", "DATA_RESUMED"]


async def test_many_who_create_a_condition_at_once_are_all_counted(
    db: Database, settings: Settings, clock: TurnedClock
) -> None:
    """Whoever comes second, from whichever process, begins again and finds the first one's."""
    other = Database(settings.mongodb_uri or "", db.name, settings.mongo_driver)
    fresh: Any = {"_id": "cnd_1", "space": "spc_1", "series": "ser_1", "trigger": {}, "version": 1}
    fresh |= {"instance": "ins_1", "created_at": clock()}

    async def follow(writing: Writing) -> None:
        await alerts_db.count_condition(writing, fresh, active=1, holders=1)

    await asyncio.gather(*(write(place, clock(), follow) for place in [db, other] * 8))
    await other.close()
    found = await db["conditions"].find_one({"_id": "cnd_1"})
    assert found is not None
    assert (found["active"], found["holders"]) == (16, 16)
