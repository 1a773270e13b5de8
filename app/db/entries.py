"""Queries on the entries of pools."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from app.db.client import Database
from app.db.driver import Document, Session, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.pool_documents import Entry
from app.db.transactions import Again
from app.db.writing import Writing

NEWEST = Order("created_at")
# What only searching needs, and is much: whoever changes an entry makes it anew.
WITHOUT_WORDS: dict[str, int] = {"matched.words": 0}
READ = frozenset(Entry.__annotations__) - {"matched"}


async def find_entry(db: Database, id: str, session: Session | None = None) -> Entry | None:
    """Return an entry by identifier, without the words that it is found by."""
    found = await find_one(db["entries"], {"_id": id}, WITHOUT_WORDS, session=session)
    return cast("Entry | None", found)


async def list_entries(
    db: Database, ids: Collection[str], session: Session | None = None
) -> list[Entry]:
    """Return the entries with these identifiers, in no order, without their words."""
    return await find_by_ids(db["entries"], ids, WITHOUT_WORDS, session=session)


async def find_entries(
    db: Database, filter: Document, window: Window, order: Order = NEWEST
) -> Page:
    """Return a page of the entries that a filter finds, the newest first.

    Without fields they are read whole, but for what filters look at.
    """
    fields = READ if window.fields is None else window.fields
    return await find_page(db, "entries", filter, order, replace(window, fields=fields))


async def list_found(db: Database, filter: Document, limit: int) -> list[Entry]:
    """Return the entries that a filter finds, without their words, in no order; `limit` at most."""
    return await find(db["entries"], filter, WITHOUT_WORDS, limit=limit)


async def list_near(
    db: Database, filter: Document, around: Sequence[float], metres: float, limit: int
) -> list[Entry]:
    """Return the entries about a place, the nearest first, without their words; `limit` at most.

    Args:
        db: the database.
        filter: the entries that count; names their space, by which the index begins.
        around: longitude and latitude.
        metres: how far at most, by the place that filters look at.
        limit: how many at most.

    """
    near = {
        "$nearSphere": {
            "$geometry": {"type": "Point", "coordinates": list(around)},
            "$maxDistance": metres,
        }
    }
    return await list_found(db, {**filter, "matched.spot": near}, limit)


async def carries(writing: Writing, space: str, facet: str) -> bool:
    """Say whether an entry of a space has a value of a facet; its name has been checked."""
    wanted = {"space": space, f"matched.facets.{facet}": {"$exists": True}}
    found = await find_one(writing.db["entries"], wanted, {"_id": 1}, session=writing.session)
    return found is not None


async def insert_entries(writing: Writing, entries: Sequence[Entry]) -> None:
    """Insert entries."""
    await writing.insert("entries", *entries)


async def update_entries(
    writing: Writing, changes: Sequence[tuple[Entry, Mapping[str, Any]]]
) -> None:
    """Change entries that are still as they were read: each gets the next version.

    Raises:
        Again: somebody else changed one since; the next attempt has to read them anew.

    """
    updates: list[tuple[Document, Document]] = [
        (
            {"_id": before["_id"], "version": before["version"]},
            {"$set": dict(change), "$inc": {"version": 1}},
        )
        for before, change in changes
    ]
    if await writing.update("entries", *updates) != len(updates):
        raise Again
