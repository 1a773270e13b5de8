"""Writing: all or nothing, once per key, whatever gets in between, and never for ever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.clock import now
from app.db import transactions
from app.db.client import Database, is_outage
from app.db.documents import Event
from app.db.driver import Document, Session
from app.db.events import Draft, list_after
from app.db.turns import Turns
from app.db.writing import Writing, write, write_once
from app.failures import Conflict, Unavailable
from app.settings import Settings
from tests.db.wire import Wire

NOW = now()  # MongoDB forgets keys by its own clock
DRAFT = Draft(type="space.created", space="spc_a", subject="spc_a", actor="usr_a", at=NOW)


@pytest.fixture
async def other(db: Database, settings: Settings) -> AsyncIterator[Database]:
    """The same database as another process has it."""
    database = Database(settings.mongodb_uri or "", db.name, settings.mongo_driver)
    yield database
    await database.close()


def deed(given: Any = 1, actor: str | None = "usr_a") -> tuple[str, str | None, Any]:
    return ("createThing", actor, {"given": given})


class Thing:
    """A deed that can be seen: a document of its own and an event, each time it is done."""

    def __init__(self) -> None:
        self.attempts = 0

    async def __call__(self, writing: Writing) -> Document:
        self.attempts += 1
        await writing.insert("things", {"made_by_attempt": self.attempts})
        await writing.append(DRAFT)
        return {"attempt": self.attempts}


async def effects(db: Database) -> tuple[int, int]:
    """Return how many things and how many events there are."""
    made = await db["things"].find({"_id": {"$exists": True}}).to_list(None)
    events: list[Event] = await list_after(db, 0)
    return len(made), len([event for event in events if event["type"] != "void"])


async def test_a_change_and_its_event_come_together_or_not_at_all(db: Database) -> None:
    """What fails after both were written leaves neither."""

    async def fail(writing: Writing) -> None:
        await Thing()(writing)
        raise LookupError

    with pytest.raises(LookupError):
        await write(db, NOW, fail)
    assert await effects(db) == (0, 0)
    await write(db, NOW, Thing())
    assert await effects(db) == (1, 1)


async def test_the_same_key_and_input_give_the_same_result(db: Database) -> None:
    """The second time nothing is done; other people's keys are others."""
    thing = Thing()
    first = await write_once(db, NOW, "key", deed(), thing)
    assert await write_once(db, NOW, "key", deed(), thing) == first
    assert thing.attempts == 1
    await write_once(db, NOW, "key", deed(actor="usr_b"), thing)
    await write_once(db, NOW, None, deed(), thing)
    await write_once(db, NOW, None, deed(), thing)
    assert await effects(db) == (4, 4)


async def test_the_same_key_for_another_input_is_refused(db: Database) -> None:
    """A key names one deed."""
    await write_once(db, NOW, "key", deed(1), Thing())
    with pytest.raises(Conflict):
        await write_once(db, NOW, "key", deed(2), Thing())
    assert await effects(db) == (1, 1)


async def test_a_deed_that_fails_does_not_use_its_key_up(db: Database) -> None:
    """After an error the caller may try again with the same key."""

    async def fail(writing: Writing) -> Document:
        raise LookupError

    with pytest.raises(LookupError):
        await write_once(db, NOW, "key", deed(), fail)
    await write_once(db, NOW, "key", deed(), Thing())
    assert await effects(db) == (1, 1)


async def test_a_key_counts_once_among_forty_at_the_same_moment(
    db: Database, other: Database
) -> None:
    """Two processes get it twenty times each; one effect, and all have its result."""
    thing = Thing()
    deeds = [write_once(source, NOW, "key", deed(), thing) for source in (db, other) * 20]
    results = await asyncio.gather(*deeds)
    assert len({result["attempt"] for result in results}) == 1
    assert await effects(db) == (1, 1)


async def test_a_key_that_two_inputs_race_for_belongs_to_one(db: Database, other: Database) -> None:
    """The other learns that it came too late."""
    deeds = [
        write_once(source, NOW, "key", deed(given), Thing())
        for given in range(4)
        for source in (db, other)
    ]
    results = await asyncio.gather(*deeds, return_exceptions=True)
    refused = [result for result in results if isinstance(result, Conflict)]
    assert len(refused) == 6
    assert await effects(db) == (1, 1)


async def test_an_answer_that_was_lost_is_found_by_its_key(
    db: Database, settings: Settings
) -> None:
    """The wire broke as the commit went out: whoever asks again gets the result, not a second."""
    async with Wire(settings.mongodb_uri or "") as wire:
        far = Database(wire.uri, db.name, settings.mongo_driver)
        await far.ping()
        wire.break_at("commitTransaction", delivered=True)
        with pytest.raises(Exception) as cut:  # noqa: PT011 - of whatever kind, it is an outage
            await write_once(far, NOW, "key", deed(), Thing())
        assert is_outage(cut.value)
        await wire.mend()
        await far.ping()
        again = await write_once(far, NOW, "key", deed(), Thing())
        await far.close()
    assert again == {"attempt": 1}
    assert await effects(db) == (1, 1)


async def test_a_database_that_is_away_is_said_so_at_once(db: Database, settings: Settings) -> None:
    """Reading and writing give up after about two seconds, not after the driver's thirty."""
    async with Wire(settings.mongodb_uri or "") as wire:
        far = Database(wire.uri, db.name, settings.mongo_driver)
        await far.ping()
        await wire.cut()
        async with asyncio.timeout(6):
            with pytest.raises(Unavailable):
                await far.ping()
        async with asyncio.timeout(6):
            with pytest.raises(Exception) as away:  # noqa: PT011 - of whatever kind
                await write(far, NOW, Thing())
        assert is_outage(away.value)
        await wire.mend()
        await far.ping()
        await write(far, NOW, Thing())
        await far.close()
    assert await effects(db) == (1, 1)


async def test_everybody_gets_through_to_one_document(db: Database, other: Database) -> None:
    """Sixty transactions of two processes read and write the same: none is lost."""
    await db["things"].insert_one({"_id": 1, "value": 0})

    async def count(writing: Writing) -> None:
        found = await writing.db["things"].find_one({"_id": 1}, session=writing.session)
        value = (found or {})["value"] + 1
        await writing.db["things"].update_one(
            {"_id": 1}, {"$set": {"value": value}}, session=writing.session
        )

    async def count_in_turn(source: Database) -> None:
        async with source.turns.take(["thing"]):
            await write(source, NOW, count)

    await asyncio.gather(*(count_in_turn(source) for source in (db, other) * 30))
    assert (await db["things"].find_one({"_id": 1}) or {})["value"] == 60


async def test_who_never_gets_through_is_told_so(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another transaction holds the document all the time: after some seconds the caller hears."""
    monkeypatch.setattr(transactions, "REPEATED_SECONDS", 0.3)
    await db["things"].insert_one({"_id": 1})

    async def change(writing: Writing) -> None:
        await _change(writing.db, writing.session)

    async def hold(session: Session) -> None:
        await _change(db, session)
        with pytest.raises(Unavailable):
            await write(db, NOW, change)

    await db.transaction(hold)
    await write(db, NOW, change)


async def test_a_transaction_that_was_left_open_is_ended(
    db: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process died in its midst: what it held is free after two seconds, not after sixty."""
    monkeypatch.setattr(transactions, "ABANDONED_AFTER_SECONDS", 0)
    await db["things"].insert_one({"_id": 1})
    attempts = []

    async def linger(session: Session) -> None:
        attempts.append(1)
        await _change(other, session)
        if len(attempts) == 1:
            assert await db.end_abandoned() == 1
            await db["things"].update_one({"_id": 1}, {"$inc": {"value": 1}})

    await other.transaction(linger)
    assert len(attempts) == 2  # it was alive after all: to it, this was a conflict
    assert (await db["things"].find_one({"_id": 1}) or {})["value"] == 2
    assert await db.end_abandoned() == 0


async def test_a_transaction_in_use_is_not_ended(db: Database, other: Database) -> None:
    """Only what nobody has used for a while counts as abandoned, and only our own."""

    async def work(session: Session) -> None:
        await other["things"].insert_one({"_id": 1}, session=session)
        assert await db.end_abandoned() == 0

    await other.transaction(work)
    assert await db["things"].find_one({"_id": 1}) is not None


async def test_turns_are_taken_in_order_and_leave_nothing_behind() -> None:
    """First come, first served, for each thing; who wants several cannot block in a ring."""
    turns, seen = Turns(), []

    async def want(name: str, *things: str) -> None:
        async with turns.take(things):
            seen.append(name)
            await asyncio.sleep(0)

    async with turns.take(["a", "b"]):
        waiting = [
            asyncio.create_task(want(*wanted))
            for wanted in (("1", "a", "b"), ("2", "b", "a"), ("3", "b", "a"), ("4", "c"))
        ]
        await asyncio.wait({waiting[3]})
        assert seen == ["4"]
        waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert seen == ["4", "1", "3"]
    assert turns._locks == {}


async def _change(db: Database, session: Session) -> None:
    await db["things"].update_one({"_id": 1}, {"$inc": {"value": 1}}, session=session)
