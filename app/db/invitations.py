"""Queries on invitations: which expert was asked to look at which thread."""

from typing import Any, cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import Session, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.thread_documents import Invitation
from app.db.transactions import Again
from app.db.writing import Writing

NEWEST = Order("created_at")
PENDING = "PENDING"


async def find_invitation(
    db: Database, id: str, session: Session | None = None
) -> Invitation | None:
    """Return an invitation by identifier."""
    return cast(
        "Invitation | None", await find_one(db["invitations"], {"_id": id}, session=session)
    )


async def list_invitations(db: Database, ids: list[str]) -> list[Invitation]:
    """Return the invitations with these identifiers, in no order."""
    return await find_by_ids(db["invitations"], ids)


async def find_pending(
    db: Database, thread: str, expert: str, session: Session | None = None
) -> Invitation | None:
    """Return the invitation of an expert to a thread that they have not answered."""
    pending = {"thread": thread, "expert": expert, "state": PENDING}
    return cast("Invitation | None", await find_one(db["invitations"], pending, session=session))


async def find_invitations(db: Database, expert: str, state: str | None, window: Window) -> Page:
    """Return a page of an expert's invitations, newest first; `state` None: all."""
    theirs = {"expert": expert} | ({} if state is None else {"state": state})
    return await find_page(db, "invitations", theirs, NEWEST, window)


async def update_invitation(
    writing: Writing, before: Invitation, change: dict[str, Any]
) -> Invitation:
    """Change an invitation that is still as it was read, and return it.

    Raises:
        Again: it has moved on; the next attempt has to read it anew.

    """
    found = await writing.db["invitations"].find_one_and_update(
        {"_id": before["_id"], "version": before["version"]},
        {"$set": change, "$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    if found is None:
        raise Again
    return cast("Invitation", found)
