"""Queries on what was brought to the moderators."""

from app.db.client import Database
from app.db.driver import find_by_ids
from app.db.match_documents import Report
from app.db.paging import Order, Page, Window, find_page

NEWEST = Order("created_at")


async def list_reports(db: Database, ids: list[str]) -> list[Report]:
    """Return the reports with these identifiers, in no order."""
    return await find_by_ids(db["reports"], ids)


async def find_reports(db: Database, space: str, window: Window, *, judge: str | None) -> Page:
    """Return a page of a space's reports, newest first, but for those about the judge."""
    filter = {"space": space, "about": {"$ne": judge}}
    return await find_page(db, "reports", filter, NEWEST, window)
