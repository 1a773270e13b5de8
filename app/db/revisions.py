"""Queries on revisions: what threads and replies said before."""

from collections.abc import Sequence
from typing import Any

from app.db.client import Database
from app.db.paging import Children, Order, Page, Window, find_pages
from app.db.thread_documents import Revision
from app.db.writing import Writing
from app.ids import derived_id, kind_of

LATEST = Order("number")


async def insert_revision(writing: Writing, of: Any, by: str, fields: Sequence[str]) -> int:
    """Keep what a thread or a reply says before it is revised; return the revision's number.

    The number is what its `revisions` is to be set to.
    """
    number: int = of["revisions"] + 1
    revision = Revision(
        _id=derived_id("revisions", of["_id"], number),
        of=of["_id"],
        number=number,
        by=by,
        before={field: of[field] for field in fields},
        at=writing.at,
    )
    await writing.insert("revisions", revision)
    return number


async def find_revisions(db: Database, ids: Sequence[str], window: Window) -> dict[str, Page]:
    """Return a page of the revisions of each thread, or of each reply, the latest first."""
    owners = kind_of(ids[0]) if ids else None
    if owners is None:
        return {}
    children = Children("revisions", key="of", owners=owners, order=LATEST)
    return await find_pages(db, children, ids, window)
