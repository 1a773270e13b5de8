"""Queries on how matches ended, for the reliability of the two who were in them."""

from datetime import datetime
from typing import cast

from app.db.client import Database
from app.db.match_documents import Match

MOST_ENDED = 1_000
READS = ("need_owner", "offer_owner", "state", "charged_to", "disputed_from", "ended_at")


async def list_ended(db: Database, space: str, person: str, at: datetime) -> list[Match]:
    """Return a person's matches in a space that have ended by an instant: the latest ones."""
    found = []
    for owner in ("need_owner", "offer_owner"):
        cursor = (
            db["matches"]
            .find(
                {"space": space, owner: person, "ended_at": {"$lte": at}}, dict.fromkeys(READS, 1)
            )
            .sort("ended_at", -1)
            .limit(MOST_ENDED)
            .batch_size(MOST_ENDED + 1)
        )
        found += await cursor.to_list(None)
    found.sort(key=lambda match: match["ended_at"], reverse=True)
    return cast("list[Match]", found[:MOST_ENDED])
