"""Searching threads by what they mean: each is read once it is written, and compared in memory.

MongoDB has no index for vectors. So each process keeps those of the spaces that are searched, 300
bytes for a thread, and reads before each search what was written since: it is as fresh as the
database. Whether the viewer sees a thread is asked of the database, after what is near is known.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from app.broking.meaning import VERSION, Shelf, can_read, is_readable, meaning_of
from app.db import meanings as meanings_db
from app.db import threads as threads_db
from app.db.client import Database
from app.db.driver import Document
from app.db.thread_documents import Thread
from app.db.writing import Writing

# The newest of a space are compared, and so many vectors are kept in all.
MOST_OF_SPACE, MOST_KEPT = 50_000, 200_000
# Clocks of processes differ, and what is written at an instant may be seen a little later.
OVERLAP = timedelta(minutes=1)
SEEN_AT_ONCE, MOST_LOOKED_AT = 500, 5_000


@dataclass(slots=True)
class Known:
    """What a process knows of a space: the vectors, and up to when it has read them."""

    shelf: Shelf = field(default_factory=Shelf)
    upto: datetime | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_KNOWN: WeakKeyDictionary[Database, dict[str, Known]] = WeakKeyDictionary()


async def list_unread(db: Database, _now: datetime, limit: int) -> list[str]:
    """Return threads whose meaning is still to be read; none where nobody can read."""
    return await meanings_db.list_unread(db, VERSION, limit) if can_read() else []


async def read_meaning(writing: Writing, id: str) -> None:
    """Read what a thread means, if that is in a language that can be read."""
    thread = await threads_db.find_thread(writing.db, id, writing.session)
    if thread is None or thread.get("meant", 0) >= VERSION:
        return
    vector = await vector_of(thread) if is_readable(thread["language"]) else b""
    await meanings_db.upsert_meaning(writing, thread, VERSION, vector)


async def vector_of(thread: Thread) -> bytes:
    """Return what a thread means, as a vector."""
    head = " ".join([thread["title"], thread["subject"], *thread["tags"]])
    return await asyncio.to_thread(meaning_of, head, thread["text"])


async def list_near(
    db: Database, space: str, vector: bytes, among: Document, most: int
) -> dict[str, float]:
    """Return how near those threads of a space are that a filter finds, the nearest so many."""
    shelf = await _shelf(db, space)
    near = await asyncio.to_thread(shelf.nearest, vector, most=MOST_LOOKED_AT)
    found: list[str] = []
    for start in range(0, len(near), SEEN_AT_ONCE):
        some = near[start : start + SEEN_AT_ONCE]
        seen = set(await meanings_db.list_among(db, among, some))
        found += [id for id in some if id in seen]
        if len(found) >= most:
            break
    return shelf.nearness(vector, found[:most])


async def list_nearness(
    db: Database, space: str, vector: bytes, ids: list[str]
) -> dict[str, float]:
    """Return how near threads of a space are, those of which that is known."""
    shelf = await _shelf(db, space)
    return shelf.nearness(vector, ids)


async def _shelf(db: Database, space: str) -> Shelf:
    """Return the vectors of a space as they are by now."""
    spaces = _KNOWN.setdefault(db, {})
    known = spaces.pop(space) if space in spaces else Known()
    spaces[space] = known  # who was searched last is the last to be forgotten
    async with known.turn:
        since = None if known.upto is None else known.upto - OVERLAP
        fresh = await meanings_db.list_since(db, space, VERSION, since, MOST_OF_SPACE)
        if fresh:
            vectors = {one["_id"]: one["vector"] for one in reversed(fresh)}
            await asyncio.to_thread(known.shelf.put, vectors)
            known.upto = fresh[0]["at"]
    _forget(spaces)
    return known.shelf


def _forget(spaces: dict[str, Known]) -> None:
    """Let go of the spaces that were not searched for the longest time, if there is too much."""
    while len(spaces) > 1 and sum(len(known.shelf) for known in spaces.values()) > MOST_KEPT:
        del spaces[next(iter(spaces))]
