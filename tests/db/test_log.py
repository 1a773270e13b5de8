"""The event log as it is read: in order, without a gap, whatever writers and wires do."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from app.clock import now
from app.db import events
from app.db.client import Database
from app.db.documents import Event
from app.db.events import Numbers
from app.db.log import EVERYTHING, EventLog, topics_of
from app.db.writing import Writing, write
from app.failures import Unavailable
from app.settings import Settings
from tests.db.reading import DEADLINE_SECONDS, NOW, append, draft, read
from tests.db.wire import Wire


async def test_eight_writers_are_read_in_order_and_none_is_missed(db: Database) -> None:
    """Numbers are committed out of order; a reader that only asked for more would lose some."""
    async with read(db) as reading:

        async def keep_writing(writer: int) -> None:
            for count in range(25):
                await append(db, *[draft(f"usr_{writer}")] * (1 + count % 3))

        await asyncio.gather(*(keep_writing(writer) for writer in range(8)))
        total = 8 * sum(1 + count % 3 for count in range(25))
        numbers = await reading.has(total)
        assert numbers == sorted(numbers)
        kept = {event["_id"] for event in await events.list_after(db, 0, limit=9999)}
        assert kept == set(range(1, max(kept) + 1))


async def test_numbers_that_nobody_used_hold_readers_up_once(db: Database) -> None:
    """A process died with fifty numbers: they are fenced together, and what follows is read."""
    async with read(db) as reading:
        await append(db)
        await Numbers(db).take(50)
        await append(db)
        assert await reading.has(2) == [1, 52]
        assert await events.is_dense(db, 0, 52)
        await Numbers(db).take(1)
        assert await append(db) == [54]
        assert await reading.has(3) == [1, 52, 54]


async def test_many_gaps_are_fenced_together(db: Database) -> None:
    """A process died with thirty deeds under way, between those of others: one wait for all."""
    async with read(db) as reading:
        for _ in range(30):
            await Numbers(db).take(1)
            await append(db)
        assert await reading.has(30) == list(range(2, 61, 2))
        assert await events.is_dense(db, 0, 60)


async def test_nobody_who_asks_waits_for_a_fence(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fence waits for a transaction; whoever wants to know how far the log is known does not."""
    monkeypatch.setattr("app.db.log.FENCE_AFTER_SECONDS", 0.0)
    inserted, end = asyncio.Event(), asyncio.Event()

    async def slowly(writing: Writing) -> None:
        await writing.append(draft("usr_slow"))
        inserted.set()
        await end.wait()

    async with read(db) as reading:
        slow = asyncio.create_task(write(db, NOW, slowly))
        await inserted.wait()
        await append(db, draft("usr_quick"))
        async with asyncio.timeout(5):
            assert [await reading.log.caught_up() for _ in range(20)] == [0] * 20
        end.set()
        await slow
        assert len(await reading.has(2)) == 2


def catching_up() -> int:
    """Return how many readings there are at this moment for those who ask."""
    return [task.get_name() for task in asyncio.all_tasks()].count("event log: catching up")


async def test_those_who_ask_at_once_share_one_reading(db: Database) -> None:
    """Fifty ask; one of them leaves, even the first, and the others have their answer."""
    async with read(db) as reading:
        await append(db)
        asking = [asyncio.create_task(reading.log.caught_up()) for _ in range(50)]
        await asyncio.sleep(0)
        assert catching_up() == 1
        asking[0].cancel()
        assert await asyncio.gather(*asking[1:]) == [1] * 49


async def test_the_change_stream_alone_wakes_a_reader_whatever_it_has_read(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers that are committed late are told after higher ones, and still make it read on."""
    monkeypatch.setattr("app.db.log.BEAT_SECONDS", 3_600)
    inserted, end = asyncio.Event(), asyncio.Event()

    async def slowly(writing: Writing) -> None:
        await writing.append(draft("usr_slow"))
        inserted.set()
        await end.wait()

    async with read(db) as reading:
        await append(db)
        assert await reading.has(1) == [1]
        slow = asyncio.create_task(write(db, NOW, slowly))
        await inserted.wait()
        await asyncio.gather(*(append(db) for _ in range(5)))
        end.set()
        await slow
        await reading.has(7)
        assert [event["subject"] for event in reading.heard[:2]] == ["usr_a", "usr_slow"]
        for count in range(8, 30):
            await append(db)
            await reading.has(count)


async def test_what_was_read_already_is_not_read_again(db: Database) -> None:
    """The change stream tells this process of its own writes, too, which it has read by then."""
    log = EventLog(db, now)
    log.position = 5
    for number in (5, 3):
        log._told(number)
        assert not log._nudge.is_set()
    log._told(7)
    assert log._nudge.is_set()


async def test_who_asks_after_a_write_hears_of_it(db: Database) -> None:
    """A reading that began before the write is not theirs, however many ask all the time."""
    async with read(db) as reading:

        async def keep_asking() -> None:
            while True:
                await reading.log.caught_up()

        others = [asyncio.create_task(keep_asking()) for _ in range(5)]
        for number in range(1, 41):
            assert await append(db) == [number]
            assert await reading.log.caught_up() == number
        for other in others:
            other.cancel()
        await asyncio.wait(others)


async def test_nothing_is_left_of_a_reader_that_was_closed(
    db: Database, settings: Settings
) -> None:
    """Not even what somebody asked for at the last moment, of a database that does not answer."""
    others = asyncio.all_tasks()
    async with Wire(settings.mongodb_uri or "") as wire:
        far = Database(wire.uri, db.name, settings.mongo_driver)
        async with read(far) as reading:
            await wire.cut()
            asking = asyncio.create_task(reading.log.caught_up())
            while not catching_up():  # noqa: ASYNC110 - it begins in a task of its own
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not asking.done()
        left = [task.get_name() for task in asyncio.all_tasks() - others]
        assert [name for name in left if name.startswith("event log")] == []
        await asyncio.wait([asking])
        with pytest.raises(Unavailable):
            await reading.log.caught_up()
        await wire.mend()
        await until_it_answers(far)  # the driver leaves sockets behind that it is connecting
        await far.close()


async def until_it_answers(db: Database) -> None:
    """Return once the database answers: connections that were cut are found one by one."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            with suppress(Unavailable):
                return await db.ping()


async def test_a_reader_closes_though_a_cancellation_is_lost(db: Database) -> None:
    """The driver can swallow one; then another follows."""
    lost: list[int] = []

    async def swallow() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append(1)

    async with read(db) as reading:
        stubborn = reading.log._start(swallow(), "stubborn")
        await asyncio.sleep(0)
    assert lost
    assert stubborn.cancelled()


async def test_a_gap_below_is_fenced_by_readers_that_start_later(db: Database) -> None:
    """What a crash of all processes left behind is mended by the first that starts again."""
    await append(db)
    await Numbers(db).take(3)
    await append(db)
    async with read(db) as reading:
        assert await reading.has(2) == [1, 5]
        assert await append(db) == [6]
        assert await reading.has(3) == [1, 5, 6]


async def test_readers_wait_for_a_transaction_that_takes_its_time(db: Database) -> None:
    """A reader tries to fence, but the event comes, late, and before the later ones."""
    inserted, end = asyncio.Event(), asyncio.Event()

    async def slowly(writing: Writing) -> None:
        await writing.append(draft("usr_slow"))
        inserted.set()
        await end.wait()

    async with read(db) as reading:
        slow = asyncio.create_task(write(db, NOW, slowly))
        await inserted.wait()
        await append(db, draft("usr_quick"))
        fence = asyncio.create_task(events.void(db, [1], at=NOW))
        await asyncio.wait({fence}, timeout=1.5)
        assert not fence.done()
        assert reading.heard == []
        end.set()
        await slow
        await reading.has(2)
        assert [event["subject"] for event in reading.heard] == ["usr_slow", "usr_quick"]
        assert await fence == 0


async def test_two_readers_see_the_same(db: Database) -> None:
    """Each process reads for itself, and fences for itself; all come to the same sequence."""
    async with read(db) as one, read(db) as other:
        for _ in range(3):
            await append(db)
            await Numbers(db).take(2)
        await append(db)
        for reading in (one, other):
            assert await reading.has(4) == [1, 4, 7, 10]


async def test_only_those_are_woken_whom_it_concerns(db: Database) -> None:
    """Topics are the space, the subject and the people who are told; voids concern nobody."""
    async with read(db) as reading:
        log = reading.log
        concerned = [log.watch([topic]) for topic in ("spc_a", "usr_a", "usr_b", EVERYTHING)]
        others = [log.watch([topic]) for topic in ("spc_b", "usr_c")]
        await append(db, draft("usr_a", space="spc_a", to=["usr_b"]))
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.gather(*(watcher.next() for watcher in concerned))
        waits = [asyncio.create_task(watcher.next()) for watcher in (*concerned, *others)]
        await events.void(db, [2], at=NOW)
        assert await log.caught_up() == 2
        await asyncio.sleep(0)
        assert not any(wait.done() for wait in waits)
        for wait in waits:
            wait.cancel()
        for watcher in (*concerned, *others):
            log.unwatch(watcher)
        assert log._watchers == {}


async def test_a_reader_starts_at_the_end(db: Database) -> None:
    """What happened before is not told to listeners again; the position is the last number."""
    await append(db, *[draft()] * 7)
    async with read(db) as reading:
        assert reading.log.position == 7
        assert reading.heard == []


async def test_a_reader_starts_on_a_log_that_was_trimmed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was trimmed is no gap: nobody waits for it, nothing is fenced."""
    monkeypatch.setattr(events, "KEPT_AT_LEAST", 2)
    await append(db, *[draft()] * 7)
    assert await events.delete_before(db, NOW + timedelta(days=1)) == 5
    async with read(db) as reading:
        assert reading.log.position == 7
        assert await append(db) == [8]
        assert await reading.has(1) == [8]
    assert [event["_id"] for event in await events.list_after(db, 0)] == [6, 7, 8]


async def test_a_reader_goes_on_when_its_wire_breaks(db: Database, settings: Settings) -> None:
    """Change stream and connections are lost again and again; the log is read on regardless."""
    async with Wire(settings.mongodb_uri or "") as wire:
        far = Database(wire.uri, db.name, settings.mongo_driver)
        async with read(far) as reading:
            for count in range(1, 6):
                wire.cut_once()
                await append(db)
                assert await reading.has(count) == list(range(1, count + 1))
            await wire.cut()
            await append(db)
            await append(db)
            await wire.mend()
            assert await reading.has(7) == [1, 2, 3, 4, 5, 6, 7]
        await far.close()


def test_an_event_touches_everything_its_space_its_subject_and_those_who_are_told() -> None:
    """Whoever watches one of these is woken."""
    event = Event(
        _id=1, type="alert.opened", space="spc_a", subject="alr_a", actor=None,
        at=NOW, recorded_at=NOW, to=["usr_a", "usr_b"],
    )  # fmt: skip
    assert set(topics_of(event)) == {EVERYTHING, "spc_a", "alr_a", "usr_a", "usr_b"}
    assert set(topics_of({**event, "space": None, "to": []})) == {EVERYTHING, "alr_a"}
