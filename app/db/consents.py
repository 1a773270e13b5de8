"""Queries on consents: who lets which case be used for what."""

from datetime import datetime
from typing import cast

from app.db.client import Database
from app.db.driver import Document, Session, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.thread_documents import Consent
from app.db.transactions import Again
from app.db.writing import Writing

LATEST = Order("given_at")


async def find_consent(db: Database, id: str, session: Session | None = None) -> Consent | None:
    """Return a consent by identifier, whether it stands or not."""
    return cast("Consent | None", await find_one(db["consents"], {"_id": id}, session=session))


async def list_consents(db: Database, ids: list[str]) -> list[Consent]:
    """Return the consents with these identifiers, in no order."""
    return await find_by_ids(db["consents"], ids)


async def list_standing(db: Database, thread: str, purpose: str, session: Session) -> list[Consent]:
    """Return the consents to a use of a thread that were not revoked."""
    standing = {"thread": thread, "purpose": purpose, "revoked_at": None}
    return await find(db["consents"], standing, session=session)


async def find_consents(db: Database, giver: str, window: Window) -> Page:
    """Return a page of somebody's consents, the latest given first."""
    return await find_page(db, "consents", {"giver": giver}, LATEST, window)


async def revoke_consent(writing: Writing, before: Consent, at: datetime) -> Consent:
    """End a consent that still stands as it was read, and return it.

    Raises:
        Again: it has moved on; the next attempt has to read it anew.

    """
    same = {"_id": before["_id"], "version": before["version"], "revoked_at": None}
    change: Document = {"$set": {"revoked_at": at}, "$inc": {"version": 1}}
    if await writing.update("consents", (same, change)) != 1:
        raise Again
    return {**before, "revoked_at": at, "version": before["version"] + 1}
