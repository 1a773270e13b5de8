"""The event log as it is written: numbers, fences, and what a crash leaves behind."""

import asyncio
from datetime import datetime, timedelta

import pytest

from app.db import events
from app.db.client import Database, is_outage
from app.db.events import Draft
from app.db.writing import Writing, write
from app.settings import Settings
from tests.db.wire import Wire

NOW = datetime(2026, 3, 1, 12)


def draft(subject: str = "usr_a", at: datetime = NOW) -> Draft:
    return Draft(type="user.signed_up", space=None, subject=subject, actor=None, at=at)


async def append(db: Database, count: int = 1, at: datetime = NOW) -> list[int]:
    """Append some events in one transaction; return their numbers."""

    async def work(writing: Writing) -> list[int]:
        return [event["_id"] for event in await writing.append(*[draft()] * count)]

    return await write(db, at, work)


async def log_of(db: Database) -> list[tuple[int, str]]:
    """Return numbers and types of all that the log holds."""
    return [(event["_id"], event["type"]) for event in await events.list_after(db, 0)]


async def test_numbers_are_dense_over_transactions(db: Database) -> None:
    """Whoever appends takes the next numbers, as many as they need."""
    assert await append(db) == [1]
    assert await append(db, 3) == [2, 3, 4]
    assert await append(db) == [5]
    assert await events.is_dense(db, 0, 5)
    assert not await events.is_dense(db, 0, 6)


async def test_nothing_is_taken_for_nothing(db: Database) -> None:
    """A deed without events leaves the counter alone."""
    assert await append(db, 0) == []
    assert await append(db) == [1]


async def test_a_deed_that_fails_gives_its_numbers_up(db: Database) -> None:
    """Readers need not wait for events of work that raised: its numbers are void at once."""

    async def work(writing: Writing) -> None:
        await writing.insert("things", {"_id": 1})
        await writing.append(draft(), draft())
        raise LookupError

    with pytest.raises(LookupError):
        await write(db, NOW, work)
    assert await log_of(db) == [(1, "void"), (2, "void")]
    assert await db["things"].find_one({"_id": 1}) is None


async def test_a_repeated_transaction_keeps_its_numbers(db: Database) -> None:
    """Of a transaction that had to be repeated nothing is left behind but its last attempt."""
    await db["things"].insert_one({"_id": 1, "value": 0})
    attempts = []

    async def work(writing: Writing) -> None:
        attempts.append(1)
        await db["things"].find_one({"_id": 1}, session=writing.session)
        await writing.append(draft(), *[draft()] * (2 - len(attempts)))
        if len(attempts) == 1:  # somebody else gets in between
            await db["things"].update_one({"_id": 1}, {"$inc": {"value": 1}})
        await db["things"].update_one({"_id": 1}, {"$inc": {"value": 1}}, session=writing.session)

    await write(db, NOW, work)
    assert len(attempts) == 2
    assert await log_of(db) == [(1, "user.signed_up"), (2, "void")]
    assert await append(db) == [3]


@pytest.mark.parametrize("count", [1, 3])
async def test_an_event_whose_number_was_fenced_takes_another(db: Database, count: int) -> None:
    """A reader that lost patience makes a slow deed begin again; it does not make it fail."""
    attempts = []

    async def work(writing: Writing) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            await events.void(db, [1], at=NOW)
        await writing.append(*[draft()] * count)

    await write(db, NOW, work)
    log = await log_of(db)
    assert [number for number, _ in log] == list(range(1, 2 * count + 1))
    assert [type for _, type in log] == ["void"] * count + ["user.signed_up"] * count


@pytest.mark.parametrize("commits", [True, False])
async def test_a_fence_waits_for_a_transaction_that_is_undecided(
    db: Database, commits: bool
) -> None:
    """A number is voided only when it is sure that its event does not come."""
    inserted, decide = asyncio.Event(), asyncio.Event()

    async def work(writing: Writing) -> None:
        await writing.append(draft())
        inserted.set()
        await decide.wait()
        if not commits:
            raise LookupError

    deed = asyncio.create_task(write(db, NOW, work))
    await inserted.wait()
    fence = asyncio.create_task(events.void(db, [1], at=NOW))
    await asyncio.wait({fence}, timeout=0.3)
    assert not fence.done()
    decide.set()
    if commits:
        await deed
        assert await fence == 0
        assert await log_of(db) == [(1, "user.signed_up")]
    else:
        with pytest.raises(LookupError):
            await deed
        await fence
        assert await log_of(db) == [(1, "void")]


async def test_numbers_are_fenced_together_but_for_those_that_came(db: Database) -> None:
    """One call voids a whole gap, whatever in it has been filled meanwhile."""
    await append(db, 2)
    assert await events.void(db, [2, 3, 4], at=NOW) == 2
    assert await log_of(db) == [
        (1, "user.signed_up"), (2, "user.signed_up"), (3, "void"), (4, "void"),
    ]  # fmt: skip


async def test_a_commit_whose_answer_is_lost_has_happened_or_has_not(
    db: Database, settings: Settings
) -> None:
    """The wire breaks right after the commit went out: its event stays, and no void beside it."""
    async with Wire(settings.mongodb_uri or "") as wire:
        far = Database(wire.uri, db.name, settings.mongo_driver)
        assert await append(far) == [1]
        wire.break_at("commitTransaction", delivered=True)
        with pytest.raises(Exception) as cut:  # noqa: PT011 - of whatever kind, it is an outage
            await append(far)
        assert is_outage(cut.value)
        await wire.mend()
        await far.ping()  # the driver leaves sockets behind when it is closed while it connects
        await far.close()
    await _await_event(db, 2)
    assert await events.void(db, [2], at=NOW) == 0
    assert (await log_of(db))[-1] == (2, "user.signed_up")


async def test_a_commit_that_never_arrived_leaves_nothing(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wire breaks before the commit: its transaction is ended, and its number becomes void."""
    monkeypatch.setattr("app.db.transactions.ABANDONED_AFTER_SECONDS", 0)
    async with Wire(settings.mongodb_uri or "") as wire:
        far = Database(wire.uri, db.name, settings.mongo_driver)
        assert await append(far) == [1]
        wire.break_at("commitTransaction", delivered=False)
        with pytest.raises(Exception) as cut:  # noqa: PT011 - of whatever kind, it is an outage
            await append(far)
        assert is_outage(cut.value)
        assert await db.end_abandoned() == 1
        assert await events.void(db, [2], at=NOW) == 1
        await wire.mend()
        await far.ping()
        await far.close()
    assert await append(db) == [3]


async def test_trimming_leaves_the_newest_events(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is old goes, but never so much that the log would be empty; it says how far it went."""
    monkeypatch.setattr(events, "KEPT_AT_LEAST", 3)
    await append(db, 4)
    await append(db, 4, at=NOW + timedelta(days=1))
    assert await events.delete_before(db, NOW) == 0
    assert await events.find_trimmed(db) == 0
    assert await events.delete_before(db, NOW + timedelta(hours=1)) == 4
    assert await events.find_trimmed(db) == 4
    assert await events.delete_before(db, NOW + timedelta(days=9)) == 1
    assert [number for number, _ in await log_of(db)] == [6, 7, 8]
    assert await events.delete_before(db, NOW + timedelta(days=9)) == 0
    assert await append(db) == [9]


async def _await_event(db: Database, number: int) -> None:
    async with asyncio.timeout(10):
        # The commit is under way at the database, which cannot set an event here.
        while await events.find_last(db) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
