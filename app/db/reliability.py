"""Queries on how matches ended, for the reliability of the two who were in them."""

from datetime import datetime

from app.db.client import Database
from app.db.driver import find
from app.db.match_documents import Match

MOST_ENDED = 1_000
READS = ("need_owner", "offer_owner", "state", "charged_to", "disputed_from", "ended_at")


async def list_ended(db: Database, space: str, person: str, at: datetime) -> list[Match]:
    """Return a person's matches in a space that have ended by an instant: the latest ones."""
    found = []
    shown = dict.fromkeys(READS, 1)
    for owner in ("need_owner", "offer_owner"):
        ended = {"space": space, owner: person, "ended_at": {"$lte": at}}
        found += await find(db["matches"], ended, shown, sort={"ended_at": -1}, limit=MOST_ENDED)
    found.sort(key=lambda match: match["ended_at"], reverse=True)
    return found[:MOST_ENDED]
