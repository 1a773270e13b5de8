"""What time causes, with several processes: each effect once, whoever dies, and nobody starves."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from app.alerts import due as due_work
from app.alerts import judge
from app.db import leases
from app.db.client import Database
from app.db.writing import Writing
from app.resolvers.chores import END_PAUSES
from app.settings import Settings
from tests.alerts.watching import PAUSE, Watching, change, watching
from tests.api import World
from tests.conftest import TurnedClock


@pytest.fixture
async def place(world: World, clock: TurnedClock) -> Watching:
    """A series in Ada's open space."""
    return await watching(world, clock)


@pytest.fixture
async def other(place: Watching, settings: Settings) -> AsyncIterator[Database]:
    """The same database as another process has it."""
    database = Database(settings.mongodb_uri or "", place.db.name, settings.mongo_driver)
    yield database
    await database.close()


async def waiting(place: Watching, count: int) -> list[str]:
    """Make so many series with an alert each that a minute opens; return the series."""
    series = []
    for n in range(count):
        place.series = await place.world.series(place.ada, place.space, f"level{n}")
        await place.follow(place.ada, **{"for": "PT1M"})
        await place.read(85)
        series.append(place.series)
    return series


async def opened(place: Watching) -> Counter[str]:
    """Return how many alerts each series has had."""
    found = await place.db["alerts"].find({"space": place.space}).to_list(None)
    return Counter(alert["series"] for alert in found)


async def test_two_processes_do_each_thing_once(place: Watching, other: Database) -> None:
    """Both tick at the same moment, again and again: one alert each, told once."""
    series = await waiting(place, 12)
    place.clock.turn(60)
    a, b = place.due("a"), place.due("b", other)
    done = list(await asyncio.gather(*(due.judge_alerts() for due in (a, b, a, b))))
    while sum(done) < 12:
        done = [*done, *await asyncio.gather(a.judge_alerts(), b.judge_alerts())]
    assert await opened(place) == Counter(series)
    assert [reason for reason, _ in await place.told(place.ada)] == ["FIRST"] * 12
    assert await a.judge_alerts() == await b.judge_alerts() == 0


async def test_more_than_one_round_is_done_in_one_tick(
    place: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick goes on until nothing is due, however much it is."""
    monkeypatch.setattr(due_work, "PIECES", 3)
    series = await waiting(place, 8)
    place.clock.turn(60)
    assert await place.due().judge_alerts() == 8
    assert await opened(place) == Counter(series)


async def test_the_lease_is_given_back_after_the_work(place: Watching, other: Database) -> None:
    """Whoever ticks next may have it: no process is shut out for good."""
    a, b = place.due("a"), place.due("b", other)
    for n, due in enumerate((a, b, a, b)):
        await one_more(place, n)
        assert await due.judge_alerts() == 1


async def one_more(place: Watching, n: int = 0) -> None:
    """Let one more alert become due."""
    place.series = await place.world.series(place.ada, place.space, f"level{n}")
    await place.follow(place.ada, **{"for": "PT1M"})
    await place.read(85)
    place.clock.turn(60)


async def test_the_dead_holder_of_a_lease_is_waited_for_and_no_longer(
    place: Watching, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its lease is over nobody does its work; then the next tick does."""
    monkeypatch.setattr(due_work, "LEASE_SECONDS", 1.0)
    await one_more(place)
    await leases.claim(place.db, "alerts", "dead", 1.0)
    b = place.due("b", other)
    assert await b.judge_alerts() == 0
    async with asyncio.timeout(10):
        # The one we wait for is dead; it cannot set an event here.
        while not await b.judge_alerts():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (await opened(place)).total() == 1


async def test_who_was_overtaken_writes_nothing(place: Watching, other: Database) -> None:
    """A process slept through the end of its lease, with work half done; another took over."""
    await waiting(place, 3)
    place.clock.turn(60)
    a, b = place.due("a"), place.due("b", other)
    fence = await leases.claim(place.db, "alerts", "a", 0)
    assert await b.judge_alerts() == 3

    async def write(writing: Writing) -> None:
        raise AssertionError("it must not come so far")

    with pytest.raises(due_work.Superseded):
        await a._each("alerts", fence or 0, {"any": write})
    assert (await opened(place)).total() == 3


async def test_a_piece_that_fails_does_not_stop_the_others(
    place: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged and set aside; with room for one piece at a time the others still come."""
    monkeypatch.setattr(due_work, "PIECES", 1)
    bad, *good = await waiting(place, 5)
    place.clock.turn(60)
    judge_time, tries = judge.judge_time, Counter[str]()

    async def fail(writing: Writing, series: str) -> object:
        tries[series] += 1
        if series == bad:
            raise LookupError
        return await judge_time(writing, series)

    monkeypatch.setattr(judge, "judge_time", fail)
    due = place.due()
    assert sum([await due.judge_alerts() for _ in range(3)]) == 4
    assert await opened(place) == Counter(good)
    assert tries[bad] == 1  # it rests before it is tried again
    monkeypatch.setattr(judge, "judge_time", judge_time)
    assert await place.due().judge_alerts() == 1
    assert await opened(place) == Counter([bad, *good])


async def test_pauses_end_once(place: Watching, other: Database) -> None:
    """Two processes look for pauses that are over; the person follows again, once."""
    hers = await place.follow(place.ada)
    hers = await change(place.ada, PAUSE, hers)
    await place.db["subscriptions"].update_one(
        {"_id": hers["id"]}, {"$set": {"ends_at": place.clock()}}
    )
    a, b = place.due("a"), place.due("b", other)
    for _ in range(2):
        await asyncio.gather(a.do(END_PAUSES), b.do(END_PAUSES))
    history = await place.db["events"].find({"subject": hers["id"]}).to_list(None)
    changes = [(event["type"], event["after"]["status"]) for event in history]
    assert changes.count(("subscription.paused", "ACTIVE")) == 1
    condition = await place.db["conditions"].find_one({"series": place.series}) or {}
    assert (condition["active"], condition["holders"]) == (1, 1)


async def test_a_tick_and_a_reading_at_the_same_moment_agree(
    place: Watching, other: Database
) -> None:
    """The wait is over and a value comes: whoever is first, there is one alert, told once."""
    series = await waiting(place, 6)
    place.clock.turn(60)

    async def read_all() -> None:
        for one in series:
            place.series = one
            await place.read(86)

    await asyncio.gather(read_all(), place.due("b", other).judge_alerts())
    await place.due("b", other).judge_alerts()
    assert await opened(place) == Counter(series)
    assert [reason for reason, _ in await place.told(place.ada)] == ["FIRST"] * 6
