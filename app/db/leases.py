"""Leases: of all processes, one at a time does a piece of work that time causes.

A lease is a document with an end; the database's own clock decides. Whoever takes it gets a fence,
a number that grows with each taking: a holder that was away too long finds a greater one and must
not write any more.
"""

from typing import Any

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import DuplicateKeyError, Session


async def claim(db: Database, name: str, owner: str, seconds: float) -> int | None:
    """Take or prolong a lease. Return its fence, or None while another owner holds it."""
    end = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(seconds * 1000)}}
    mine = {"$eq": ["$owner", owner]}
    over = {"$lte": [{"$ifNull": ["$ends_at", "$$NOW"]}, "$$NOW"]}
    taken: dict[str, Any] = {
        "owner": {"$cond": [{"$or": [mine, over]}, owner, "$owner"]},
        "ends_at": {"$cond": [{"$or": [mine, over]}, end, "$ends_at"]},
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


async def holds(db: Database, session: Session, name: str, fence: int) -> bool:
    """Say, within a transaction, whether the fence is still the newest; it cannot change there."""
    touched = await db["leases"].update_one(
        {"_id": name, "fence": fence}, {"$inc": {"uses": 1}}, session=session
    )
    return touched.matched_count == 1
