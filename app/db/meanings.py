"""Queries on what threads mean: which are still to be read, and their vectors.

A thread says in `meant` by which version of reading it was read; whoever changes what it says
takes that away. So threads from before the reader was installed, too, are found by what is missing.
"""

from datetime import datetime
from typing import cast

from app.db.client import Database
from app.db.driver import Document, Session, find, find_one
from app.db.thread_documents import Meaning, Thread
from app.db.writing import Writing


async def list_unread(db: Database, version: int, limit: int) -> list[str]:
    """Return threads that were not read by this version, or a later one."""
    unread = {"meant": {"$not": {"$gte": version}}}
    found = await find(db["threads"], unread, {"_id": 1}, limit=limit)
    return [thread["_id"] for thread in found]


async def upsert_meaning(writing: Writing, thread: Thread, version: int, vector: bytes) -> None:
    """Keep the vector of a thread that is still as it was read; else it stays unread.

    An empty vector takes the place of one that does not hold any more.
    """
    same = {"_id": thread["_id"], "version": thread["version"]}
    if await writing.update("threads", (same, {"$set": {"meant": version}})) != 1:
        return
    meaning: Document = {
        "space": thread["space"],
        "version": version,
        "vector": vector,
        "at": writing.at,
    }
    known = {"_id": thread["_id"]}
    # Of what the model does not know there is nothing to keep.
    if vector or await find_one(writing.db["meanings"], known, {"_id": 1}, session=writing.session):
        await writing.db["meanings"].update_one(
            known, {"$set": meaning}, upsert=True, session=writing.session
        )


async def list_since(
    db: Database, space: str, version: int, since: datetime | None, limit: int
) -> list[Meaning]:
    """Return the vectors of a space that were written at this instant or later, newest first."""
    wanted: Document = {"space": space, "version": version}
    if since is not None:
        wanted["at"] = {"$gte": since}
    cursor = db["meanings"].find(wanted).sort("at", -1).limit(limit)  # they can be many megabytes
    return cast("list[Meaning]", await cursor.batch_size(limit + 1).to_list(None))


async def list_among(
    db: Database, among: Document, ids: list[str], session: Session | None = None
) -> list[str]:
    """Return those of these threads that a filter finds."""
    wanted = {"$and": [{"_id": {"$in": ids}}, among]}
    found = await find(db["threads"], wanted, {"_id": 1}, session=session)
    return [thread["_id"] for thread in found]
