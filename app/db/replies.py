"""Queries on replies."""

from typing import Any, cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import Document, Session, aggregate, find_by_ids, find_one
from app.db.paging import Children, Order, Page, Window, find_pages
from app.db.thread_documents import Reply
from app.db.transactions import Again
from app.db.writing import Writing

OLDEST = Order("created_at", descending=False)
REPLIES = Children("replies", key="thread", owners="threads", order=OLDEST)


async def find_reply(db: Database, id: str, session: Session | None = None) -> Reply | None:
    """Return a reply by identifier."""
    return cast("Reply | None", await find_one(db["replies"], {"_id": id}, session=session))


async def list_replies(db: Database, ids: list[str]) -> list[Reply]:
    """Return the replies with these identifiers, in no order."""
    return await find_by_ids(db["replies"], ids)


async def find_replies(db: Database, threads: list[str], window: Window) -> dict[str, Page]:
    """Return a page of replies by thread, oldest first."""
    return await find_pages(db, REPLIES, threads, window)


async def list_sides(
    db: Database, threads: list[str], person: str, session: Session | None = None
) -> dict[str, str]:
    """Return by thread the side with which a person writes there, of those in which they wrote.

    Whatever they wrote in a thread bears the same.
    """
    pipeline: list[Document] = [
        {"$match": {"author": person, "thread": {"$in": threads}}},
        {"$group": {"_id": "$thread", "side": {"$first": "$side"}}},
    ]
    return {one["_id"]: one["side"] for one in await aggregate(db["replies"], pipeline, session)}


async def update_reply(writing: Writing, before: Reply, change: dict[str, Any]) -> Reply:
    """Revise a reply that is still as it was read, and return it as it is then.

    Raises:
        Again: somebody else revised it since; the next attempt has to read it anew.

    """
    found = await writing.db["replies"].find_one_and_update(
        {"_id": before["_id"], "version": before["version"]},
        {"$set": change, "$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    if found is None:
        raise Again
    return cast("Reply", found)


async def update_votes(writing: Writing, id: str, *, up: int, down: int) -> Reply:
    """Add to the sums of a reply's votes, and return it; until the end nobody else can."""
    found = await writing.db["replies"].find_one_and_update(
        {"_id": id},
        {"$inc": {"votes_up": up, "votes_down": down}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Reply", found)
