"""What a process writes it knows without reading it; and it passes no gap for that."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import monitoring

from app.db import events, log
from app.db.client import Database
from app.db.documents import Event
from app.db.events import Numbers
from app.db.transactions import Again
from app.db.writing import Writing, write
from app.settings import Settings
from tests.databases import Databases
from tests.db.reading import DEADLINE_SECONDS, NOW, Reading, append, draft, read


class Asked(monitoring.CommandListener):
    """Counts how often the log was read."""

    def __init__(self) -> None:
        self.times = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count a command if it reads events."""
        self.times += event.command.get("find") == "events"

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Count nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Count nothing."""


@asynccontextmanager
async def another_process(db: Database, settings: Settings) -> AsyncIterator[Database]:
    """Give the same database as another process holds it."""
    other = Database(settings.mongodb_uri or "", db.name, settings.mongo_driver)
    yield other
    await other.close()


@pytest.fixture
def without_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read just because time has passed."""
    monkeypatch.setattr(log, "BEAT_SECONDS", 3_600.0)


async def stored(db: Database) -> list[Event]:
    return await events.list_after(db, 0, limit=10_000)


async def keep_writing(db: Database, reading: Reading, subject: str, times: int) -> None:
    for count in range(times):
        await append(db, *[draft(subject)] * (1 + count % 3))
        reading.log.nudge()


@pytest.mark.usefixtures("without_beats")
async def test_what_was_written_here_is_not_read(
    databases: Databases, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is heard in order, as it is stored, and at the next turn of the loop."""
    # The change stream can tell of a commit before the one who commits has heard of it: it tells
    # one of these at the most.
    monkeypatch.setattr(log, "STREAM_REST_SECONDS", 3_600.0)
    asked = Asked()
    async with databases.lend(settings.mongo_driver, asked) as db, read(db) as reading:
        await append(db)
        await reading.has(1)
        await reading.log.caught_up()
        before = asked.times
        for number in range(2, 12):
            await append(db, draft(to=["usr_b"]))
            assert len(reading.heard) == number - 1
            reading.log.nudge()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert len(reading.heard) == number
        assert asked.times <= before + 1
        assert reading.heard == await stored(db)
        assert reading.log.position == 11


async def test_an_event_is_heard_as_it_was_stored(db: Database) -> None:
    """Whoever wrote it may change what it was made of, or what came back, before it is heard."""
    after: dict[str, Any] = {"state": "OPEN"}

    async def work(writing: Writing) -> Event:
        [event] = await writing.append({**draft(), "after": after})
        after["state"] = "CHANGED"
        return event

    async with read(db) as reading:
        event = await write(db, NOW, work)
        event["subject"] = "usr_nobody"
        reading.log.nudge()
        await reading.has(1)
        assert reading.heard == await stored(db)
        assert reading.heard[0]["after"] == {"state": "OPEN"}


async def test_two_processes_that_write_at_once_hear_the_same(
    db: Database, settings: Settings
) -> None:
    """Their numbers lie between each other's; neither passes what the other has not committed."""
    async with another_process(db, settings) as far, read(db) as here, read(far) as there:
        await asyncio.gather(
            *(keep_writing(db, here, f"usr_{n}", 15) for n in range(3)),
            *(keep_writing(far, there, f"usr_{n}", 15) for n in range(3, 6)),
        )
        for reading in (here, there):
            await reading.has(6 * 30)
            assert reading.heard == await stored(db)
            assert reading.log._ahead == {}


@pytest.mark.usefixtures("without_beats")
@pytest.mark.parametrize("most", [3, 1_000])
async def test_what_was_written_above_a_gap_waits_for_it(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Another process takes its time with a lower number; little is kept for so long."""
    monkeypatch.setattr(log, "MOST_AHEAD", most)
    monkeypatch.setattr(log, "FENCE_AFTER_SECONDS", 3_600.0)
    inserted, end = asyncio.Event(), asyncio.Event()

    async def slowly(writing: Writing) -> None:
        await writing.append(draft("usr_slow"))
        inserted.set()
        await end.wait()

    async with another_process(db, settings) as far, read(db) as reading:
        slow = asyncio.create_task(write(far, NOW, slowly))
        await inserted.wait()
        for _ in range(10):
            await append(db)
            reading.log.nudge()
            await asyncio.sleep(0)
            assert len(reading.log._ahead) <= most
        assert await reading.log.caught_up() == 0
        assert reading.heard == []
        end.set()
        await slow
        assert await reading.has(11) == list(range(1, 12))
        assert reading.heard == await stored(db)


async def test_a_number_that_is_never_used_is_fenced_below_what_was_written_here(
    db: Database,
) -> None:
    """And a number that was taken back by its own process is known at once."""
    async with read(db) as reading:
        await append(db)
        await Numbers(db).take(1)
        for _ in range(3):
            await append(db)
            reading.log.nudge()
        assert await reading.has(4) == [1, 3, 4, 5]
        assert await events.is_dense(db, 0, 5)


async def test_more_than_is_kept_is_read(db: Database) -> None:
    """A deed wrote more than is kept for the reader, or nobody told it for a long time."""
    assert db.written.maxlen
    async with read(db) as reading:
        db.written = deque(maxlen=4)
        await append(db, *[draft()] * 10)
        reading.log.nudge()
        await reading.has(10)
        for _ in range(9):
            await append(db)
        reading.log.nudge()
        assert await reading.has(19) == list(range(1, 20))
        assert reading.heard == await stored(db)


async def test_what_was_not_committed_is_not_heard(db: Database) -> None:
    """A deed that fails, or that is done again, is heard of once or never."""
    attempts: list[int] = []

    async def fail(writing: Writing) -> None:
        await writing.append(draft("usr_failed"))
        raise KeyError("no")

    async def again(writing: Writing) -> None:
        await writing.append(draft("usr_again"))
        attempts.append(1)
        if len(attempts) < 3:
            raise Again

    async with read(db) as reading:
        with pytest.raises(KeyError):
            await write(db, NOW, fail)
        reading.log.nudge()
        await write(db, NOW, again)
        reading.log.nudge()
        await reading.has(1)
        assert [event["subject"] for event in reading.heard] == ["usr_again"]


async def test_nothing_is_heard_before_a_reader_is_open_or_after_it_is_closed(
    db: Database,
) -> None:
    """What is nudged then is nobody's."""
    async with read(db) as reading:
        pass
    await append(db)
    reading.log.nudge()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert reading.heard == []
    async with asyncio.timeout(DEADLINE_SECONDS), read(db) as later:
        later.log.nudge()
        await append(db)
        later.log.nudge()
        assert await later.has(1) == [2]
