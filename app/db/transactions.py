"""Transactions: repeated for a bounded time while others get in between, and ended when abandoned.

A process that is killed leaves its transaction open at the database, which ends it after a minute;
until then it holds what it wrote against everybody else. `end_abandoned` does not wait that long.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pymongo
import structlog
from pymongo.read_concern import ReadConcern

from app.db import driver
from app.db.driver import (
    Client,
    ConnectionFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    Session,
)
from app.failures import Unavailable

T = TypeVar("T")

REPEATED_SECONDS = 6.0
FIRST_PAUSE_SECONDS = 0.002
LONGEST_PAUSE_SECONDS = 0.2
ABORT_SECONDS = 1.0
ABANDONED_AFTER_SECONDS = 2.0
TRANSIENT = "TransientTransactionError"
UNDECIDED = "UnknownTransactionCommitResult"

logger = structlog.get_logger()


class Again(Exception):
    """The work of a transaction asks to be done again from the start, on newer facts."""


async def in_transaction(client: Client, work: Callable[[Session], Awaitable[T]]) -> T:
    """Run the work in one transaction; repeat it when another write got in between.

    Raises:
        Unavailable: others got in between all the time; nothing was done.

    """
    async with await driver.start_session(client) as session:
        return await _repeated(session, work)


async def _repeated(session: Session, work: Callable[[Session], Awaitable[T]]) -> T:
    failure: Exception | None = None
    for pause in _pauses():
        try:
            return await _attempt(session, work)
        except Again as again:
            failure = again
        except PyMongoError as error:
            if not error.has_error_label(TRANSIENT) or _is_away(error):
                raise
            failure = error
        await asyncio.sleep(pause)
    message = "The database could not finish this just now. Send the same request again."
    raise Unavailable(message) from failure


async def end_abandoned(client: Client, application: str) -> int:
    """End this application's transactions that nobody has used for a while. Return how many.

    One whose process is alive after all is begun again by it: to it, this looks like a conflict.
    """
    idle = {
        "type": "idleSession",
        "appName": application,
        "transaction.timeInactiveMicros": {"$gte": int(ABANDONED_AFTER_SECONDS * 1e6)},
        "transaction.timePreparedMicros": {"$exists": False},
    }
    admin = client.get_database("admin", read_concern=ReadConcern("local"))
    stages: list[dict[str, Any]] = [{"$currentOp": {"idleSessions": True}}, {"$match": idle}]
    found = await driver.aggregate(admin, stages)
    if found:
        sessions = [{"id": operation["lsid"]["id"]} for operation in found]
        await admin.command({"killSessions": sessions})
        logger.warning("ended transactions that their process left open", count=len(sessions))
    return len(found)


async def _attempt(session: Session, work: Callable[[Session], Awaitable[T]]) -> T:
    await driver.start_transaction(session)
    try:
        done = await work(session)
        await _commit(session)
    except BaseException:
        if session.in_transaction:
            # The driver swallows what goes wrong here; the next attempt ends this one too.
            with pymongo.timeout(ABORT_SECONDS):
                await session.abort_transaction()
        raise
    return done


async def _commit(session: Session) -> None:
    """Commit; while it is unknown whether that went through, ask again.

    When the wire broke, the driver has asked again already, as long as it makes sense.
    """
    failure: PyMongoError | None = None
    for pause in _pauses():
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label(UNDECIDED) or isinstance(error, ConnectionFailure):
                raise
            failure = error
        else:
            return
        await asyncio.sleep(pause)
    if failure is not None:
        raise failure


def _is_away(error: PyMongoError) -> bool:
    """Say whether the driver has looked for the database in vain: that was wait enough."""
    return isinstance(error, ServerSelectionTimeoutError)


def _pauses() -> Iterator[float]:
    """Yield ever longer pauses, by chance so that those who collide part, until time is over."""
    clock = asyncio.get_running_loop().time
    until, longest = clock() + REPEATED_SECONDS, FIRST_PAUSE_SECONDS
    while clock() < until:
        yield random.uniform(0, longest)  # noqa: S311 - no secret
        longest = min(longest * 1.5, LONGEST_PAUSE_SECONDS)
