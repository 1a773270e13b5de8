"""Leases: of all processes, one at a time does a piece of work that time causes.

A lease is a document with an end; the database's own clock decides. Whoever takes it gets a fence,
a number that grows with each taking: a holder that was away too long finds a greater one and must
not write any more.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import Document, DuplicateKeyError, PyMongoError, Session


async def claim(db: Database, name: str, owner: str, seconds: float) -> int | None:
    """Take or prolong a lease. Return its fence, or None while another owner holds it."""
    mine = {"$eq": ["$owner", owner]}
    over = {"$lte": [{"$ifNull": ["$ends_at", "$$NOW"]}, "$$NOW"]}
    taken: dict[str, Any] = {
        "owner": {"$cond": [{"$or": [mine, over]}, owner, "$owner"]},
        "ends_at": {"$cond": [{"$or": [mine, over]}, _in(seconds), "$ends_at"]},
        # Who comes back after the end may have been overtaken: that is a new taking too.
        "fence": {"$add": [{"$ifNull": ["$fence", 0]}, {"$cond": [over, 1, 0]}]},
    }
    try:
        lease = await db["leases"].find_one_and_update(
            {"_id": name}, [{"$set": taken}], upsert=True, return_document=ReturnDocument.AFTER
        )
    except DuplicateKeyError:
        return None
    return int(lease["fence"]) if lease and lease["owner"] == owner else None


async def release(db: Database, name: str, owner: str) -> None:
    """Give a lease back before its end, if this owner still holds it."""
    await db["leases"].update_one(
        {"_id": name, "owner": owner}, [{"$set": {"ends_at": "$$NOW", "owner": None}}]
    )


async def holds(db: Database, session: Session, name: str, fence: int, seconds: float) -> bool:
    """Say, within a transaction, whether the fence is still the newest, and prolong the lease.

    Until the transaction ends, nobody else can take the lease.
    """
    touched = await db["leases"].update_one(
        {"_id": name, "fence": fence}, [{"$set": {"ends_at": _in(seconds)}}], session=session
    )
    return touched.matched_count == 1


@asynccontextmanager
async def kept(db: Database, name: str, owner: str, seconds: float) -> AsyncIterator[None]:
    """Wait for a lease, and hold it for the time of the block, however long that is.

    If this process dies, others wait for the seconds that are given, and no longer.
    """
    # The one we wait for is another process; it cannot set an event here.
    while await claim(db, name, owner, seconds) is None:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    keeper = asyncio.create_task(_keep(db, name, owner, seconds))
    try:
        yield
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await release(db, name, owner)


async def _keep(db: Database, name: str, owner: str, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds / 3)
        with suppress(PyMongoError):  # the next time may come before the end
            await claim(db, name, owner, seconds)


def _in(seconds: float) -> Document:
    milliseconds = int(seconds * 1000)
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}
