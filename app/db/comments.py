"""Queries on comments: what is written in the rooms of campaigns."""

from collections.abc import Iterable, Sequence

from app.db.campaign_documents import Comment
from app.db.client import Database
from app.db.driver import Document, find_by_ids
from app.db.paging import Children, Order, Page, Window, find_pages

WRITTEN = Children("comments", "campaign", "campaigns", Order("created_at"))


async def list_comments(db: Database, ids: Iterable[str]) -> list[Comment]:
    """Return the comments with these identifiers, in no order."""
    return await find_by_ids(db["comments"], ids)


async def find_comments(
    db: Database, campaigns: Sequence[str], window: Window, filter: Document
) -> dict[str, Page]:
    """Return a page of what was written in the room of each campaign, newest first."""
    return await find_pages(db, WRITTEN, campaigns, window, filter)
