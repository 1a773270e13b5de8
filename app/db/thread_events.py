"""Queries on as much of threads as says who is told of what happens in them."""

from collections.abc import Iterable

from app.db.client import Database
from app.db.driver import find_by_ids
from app.db.thread_documents import Thread

# What sight and filters judge by: neither what was written nor how it is searched.
JUDGED = (
    "space",
    "kind",
    "asker",
    "subject",
    "tags",
    "visibility",
    "invited",
    "state",
    "escalated_at",
    "created_at",
)


async def find_judged(db: Database, ids: Iterable[str]) -> dict[str, Thread]:
    """Return threads by identifier, with no more of each than is judged by."""
    found = await find_by_ids(db["threads"], ids, dict.fromkeys(JUDGED, 1))
    return {thread["_id"]: thread for thread in found}
