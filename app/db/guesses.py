"""How often somebody may guess: counted by account and address, for all processes together.

The generic cell rate algorithm in one atomic update on the database's clock: a key has a time at
which its allowance is full again, and each guess moves it on.
"""

from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from app.db.client import Database


async def claim_guess(db: Database, key: str, *, burst: int, per_seconds: float) -> datetime | None:
    """Count one guess. Return None if it is allowed, else the instant when to come back.

    Args:
        db: the database.
        key: what the guesses are counted on.
        burst: guesses allowed at once.
        per_seconds: time in which one guess grows back.

    """
    step = int(per_seconds * 1000)
    base = {"$max": [{"$ifNull": ["$full_at", "$$NOW"]}, "$$NOW"]}
    new = {"$dateAdd": {"startDate": base, "unit": "millisecond", "amount": step}}
    fits = {"$lte": [{"$subtract": [new, "$$NOW"]}, step * burst]}
    change: list[dict[str, Any]] = [
        {"$set": {"ok": fits, "full_at": {"$cond": [fits, new, base]}, "seen_at": "$$NOW"}}
    ]
    found = await db["guesses"].find_one_and_update(
        {"_id": key}, change, upsert=True, return_document=ReturnDocument.AFTER
    )
    if found is None or found["ok"]:
        return None
    full_at: datetime = found["full_at"]
    return full_at - timedelta(seconds=per_seconds * (burst - 1))
