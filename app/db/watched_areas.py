"""Queries on watched areas: filters over the entries of a pool that a person has kept."""

from datetime import datetime
from typing import TypedDict, cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import Document, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.writing import Writing

NEWEST = Order("created_at")
MOST_AREAS = 50


class WatchedArea(TypedDict):
    """A filter that a person keeps, under a name of theirs.

    `filter` is as app/pooling/stored_filters.py makes it; `seen` is the number of the event up to
    which they have seen what changed.
    """

    _id: str
    space: str
    user: str
    name: str
    filter: Document
    seen: int
    created_at: datetime


async def find_area(db: Database, id: str) -> WatchedArea | None:
    """Return a watched area by identifier."""
    return cast("WatchedArea | None", await find_one(db["areas"], {"_id": id}))


async def list_areas(db: Database, ids: list[str]) -> list[WatchedArea]:
    """Return the watched areas with these identifiers, in no order."""
    return await find_by_ids(db["areas"], ids)


async def find_areas(db: Database, user: str, window: Window) -> Page:
    """Return a page of the areas that a person watches, newest first."""
    return await find_page(db, "areas", {"user": user}, NEWEST, window)


async def count_areas(writing: Writing, user: str) -> int:
    """Return how many areas a person watches."""
    return await writing.db["areas"].count_documents({"user": user}, session=writing.session)


async def delete_area(writing: Writing, id: str) -> bool:
    """Forget a watched area; say whether there was one."""
    gone = await writing.db["areas"].delete_one({"_id": id}, session=writing.session)
    return gone.deleted_count == 1


async def update_seen(writing: Writing, id: str, seen: int) -> WatchedArea | None:
    """Note up to where a person has seen what changed, never less; return the area as it is then.

    None if there is none any more.
    """
    found = await writing.db["areas"].find_one_and_update(
        {"_id": id},
        {"$max": {"seen": seen}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("WatchedArea | None", found)
