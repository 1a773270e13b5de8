"""Queries on as much of threads as says who is told of what happens in them."""

from collections.abc import Iterable
from typing import cast

from app.db.client import Database
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
    wanted = list(ids)
    found = db["threads"].find({"_id": {"$in": wanted}}, dict.fromkeys(JUDGED, 1))
    threads = cast("list[Thread]", await found.batch_size(len(wanted) + 1).to_list(None))
    return {thread["_id"]: thread for thread in threads}
