"""Writing: a change and its events in one transaction, once per idempotency key."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import orjson
from pymongo import UpdateOne

from app.db import driver, events
from app.db.client import Database, is_outage
from app.db.documents import Event
from app.db.driver import Document, Session, find_one
from app.db.events import Draft, Numbers
from app.failures import Conflict
from app.ids import fingerprint

T = TypeVar("T")
KEPT_FOR = timedelta(days=7)
# What is done, by whom, and the input (JSON-like).
Deed = tuple[str, str | None, Any]


class Writing:
    """One transaction under way: what deeds write through."""

    def __init__(self, db: Database, session: Session, numbers: Numbers, at: datetime) -> None:
        self.db = db
        self.session = session
        self.at = at
        self.events: list[Event] = []
        self._numbers = numbers

    async def insert(self, collection: str, *documents: Any) -> None:
        """Insert documents."""
        await driver.insert(self.db[collection], documents, self.session)

    async def update(self, collection: str, *changes: tuple[Document, Document]) -> int:
        """Update one document for each filter and change. Return how many there were."""
        if len(changes) == 1:  # the driver takes a quarter longer for a list of one
            [(filter, change)] = changes
            one = await self.db[collection].update_one(filter, change, session=self.session)
            return one.matched_count
        if not changes:
            return 0
        updates = [UpdateOne(filter, change) for filter, change in changes]
        many = await self.db[collection].bulk_write(updates, session=self.session)
        return many.matched_count

    async def append(self, *drafts: Draft) -> list[Event]:
        """Append events; do this late, since readers of the log wait from here to the commit."""
        appended = await events.append(
            self.db, self.session, self._numbers, list(drafts), at=self.at
        )
        # As they are at this moment: what they were made of may be changed by whoever made it.
        self.events += [cast("Event", driver.as_read(cast("Document", one))) for one in appended]
        return appended


async def write(db: Database, at: datetime, work: Callable[[Writing], Awaitable[T]]) -> T:
    """Run the work in one transaction at the instant `at`, and return what it returns.

    The work may be called again from the start when another write got in between. Numbers of events
    that stay unused, because the work failed, are given up at once.

    Raises:
        Unavailable: others got in between all the time; nothing was done.

    """
    numbers = Numbers(db)
    written: list[Event] = []

    async def attempt(session: Session) -> T:
        numbers.rewind()
        writing = Writing(db, session, numbers, at)
        done = await work(writing)
        written[:] = writing.events
        return done

    try:
        done = await db.transaction(attempt)
    except BaseException as error:
        # A commit whose outcome is unknown may have used them: then voiding finds them taken.
        if not is_outage(error):
            await numbers.void_unused(committed=False, at=at)
        raise
    db.written.extend(written)
    await numbers.void_unused(committed=True, at=at)
    return done


async def write_once(
    db: Database,
    at: datetime,
    key: str | None,
    deed: Deed,
    work: Callable[[Writing], Awaitable[Document]],
) -> Document:
    """Run the work as `write` does, but once per key: the same key and input, the same result.

    Args:
        db: the database.
        at: the present instant.
        key: the caller's idempotency key; None runs the work without remembering it.
        deed: what all belongs to the key.
        work: writes, and returns a document that is remembered as the result.

    Raises:
        Conflict: the key was used before for another input.

    """
    if key is None:
        return await write(db, at, work)
    _id, print_ = _prints(key, deed)
    known = await _find_result(db, _id, print_)
    if known is not None:
        return known

    async def remembered(writing: Writing) -> Document:
        result = await work(writing)
        memory = {"_id": _id, "input": print_, "result": result, "at": at}
        await writing.insert("idempotency", memory)
        return result

    try:
        return await write(db, at, remembered)
    except Exception as error:
        if is_outage(error):
            raise
        # The same deed may have been done at the same moment; then its result is ours too. A
        # transaction sees it even before the majority has it, and then waits for the majority.
        known = await db.transaction(lambda session: _find_result(db, _id, print_, session))
        if known is None:
            raise
        return known


async def find_done(db: Database, key: str | None, deed: Deed) -> Document | None:
    """Return what `write_once` returned for this key and input, if it was done before.

    Raises:
        Conflict: the key was used before for another input.

    """
    return None if key is None else await _find_result(db, *_prints(key, deed))


def _prints(key: str, deed: Deed) -> tuple[str, str]:
    name, actor, given = deed
    input = orjson.dumps(given, option=orjson.OPT_SORT_KEYS, default=str)
    return fingerprint(f"{name}\x1f{actor}\x1f{key}"), fingerprint(input.decode())


async def _find_result(
    db: Database, _id: str, print_: str, session: Session | None = None
) -> Document | None:
    known = await find_one(db["idempotency"], {"_id": _id}, session=session)
    if known is None:
        return None
    if known["input"] != print_:
        raise Conflict(
            "This idempotency key was used before for another input. Use a new key for a new deed."
        )
    result: Document = known["result"]
    return result
