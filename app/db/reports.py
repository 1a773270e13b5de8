"""Queries on what was brought to the moderators."""

from typing import cast

from app.db.client import Database
from app.db.match_documents import Report
from app.db.paging import Order, Page, Window, find_page

NEWEST = Order("created_at")


async def list_reports(db: Database, ids: list[str]) -> list[Report]:
    """Return the reports with these identifiers, in no order."""
    found = db["reports"].find({"_id": {"$in": ids}}).batch_size(len(ids) + 1)
    return cast("list[Report]", await found.to_list(None))


async def find_reports(db: Database, space: str, window: Window, *, judge: str | None) -> Page:
    """Return a page of a space's reports, newest first, but for those about the judge."""
    filter = {"space": space, "about": {"$ne": judge}}
    return await find_page(db, "reports", filter, NEWEST, window)
