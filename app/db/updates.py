"""Queries on updates: the news of campaigns."""

from collections.abc import Iterable, Sequence
from typing import cast

from app.db.campaign_documents import Update
from app.db.client import Database
from app.db.driver import Document, find_by_ids, find_one
from app.db.paging import Children, Order, Page, Window, find_pages

NEWS = Children("updates", "campaign", "campaigns", Order("created_at"))


async def find_update(db: Database, id: str) -> Update | None:
    """Return an update by identifier."""
    return cast("Update | None", await find_one(db["updates"], {"_id": id}))


async def list_updates(db: Database, ids: Iterable[str]) -> list[Update]:
    """Return the updates with these identifiers, in no order."""
    return await find_by_ids(db["updates"], ids)


async def find_updates(
    db: Database, campaigns: Sequence[str], window: Window, filter: Document
) -> dict[str, Page]:
    """Return a page of the news of each campaign that matches a filter, newest first."""
    return await find_pages(db, NEWS, campaigns, window, filter)
