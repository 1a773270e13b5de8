"""Queries on campaigns.

By what its words begin with a campaign is found, and for nothing else: they are many, and not read.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from app.db.campaign_documents import Campaign
from app.db.client import Database
from app.db.driver import Document, Session, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.transactions import Again
from app.db.writing import Writing

AN_INSTANT = {"$type": "date"}
WITHOUT_WORDS = {"words": 0}
NEWEST = Order("created_at")
ENDING_SOON = Order("deadline", descending=False)
PROGRESS = Order("share")


async def find_campaign(db: Database, id: str, session: Session | None = None) -> Campaign | None:
    """Return a campaign by identifier."""
    found: Campaign | None = await find_one(
        db["campaigns"], {"_id": id}, WITHOUT_WORDS, session=session
    )
    return found


async def list_campaigns(
    db: Database, ids: Iterable[str], session: Session | None = None
) -> list[Campaign]:
    """Return the campaigns with these identifiers, in no order."""
    return await find_by_ids(db["campaigns"], ids, WITHOUT_WORDS, session=session)


async def find_campaigns(db: Database, filter: Document, order: Order, window: Window) -> Page:
    """Return a page of the campaigns of a filter on a space; by deadline only what has one."""
    return await find_page(db, "campaigns", filter, order, window)


async def update_campaign(
    writing: Writing, before: Campaign, change: Mapping[str, Any]
) -> Campaign:
    """Change a campaign that is still as it was read, and return it as it is then.

    What is folded from the ledger (`progress` and what follows from it) does not count as a change:
    it has a place in the ledger of its own (`update_progress`).

    Raises:
        Again: it is not; the next attempt has to read it anew.

    """
    same = {"_id": before["_id"], "state": before["state"], "version": before["version"]}
    update = {"$set": {**change, "updated_at": writing.at}, "$inc": {"version": 1}}
    if await writing.update("campaigns", (same, update)) != 1:
        raise Again
    after = {**before, **change, "updated_at": writing.at, "version": before["version"] + 1}
    return cast("Campaign", after)


async def update_team_of_news(writing: Writing, campaign: str, team: Iterable[str]) -> None:
    """Let a campaign's news, whatever it is for, be read by those who are its team now."""
    await writing.db["updates"].update_many(
        {"campaign": campaign}, {"$set": {"team": list(team)}}, session=writing.session
    )


async def update_progress(writing: Writing, changes: Sequence[tuple[Campaign, Document]]) -> bool:
    """Write what ledgers were folded to; say whether nobody else has folded one meanwhile."""
    updates = [
        ({"_id": before["_id"], "folded": before["folded"]}, {"$set": change})
        for before, change in changes
    ]
    return await writing.update("campaigns", *updates) == len(updates)


async def list_settling(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the campaigns of which something is left to be settled, each with up to where it is.

    While one is suspended, nothing of it is.
    """
    del now
    left = {"settling": True, "state": {"$ne": "SUSPENDED"}}
    found = await find(db["campaigns"], left, {"settled_to": 1}, limit=limit)
    return [f"{one['_id']} {one.get('settled_to') or ''}" for one in found]


async def list_untold(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the campaigns of which all is settled, but not all answered by payment providers."""
    del now
    found = await find(db["campaigns"], {"untold": True}, {"_id": 1}, limit=limit)
    return [one["_id"] for one in found]


async def list_due(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the campaigns whose round is over, the longest due first."""
    over = {"due_at": {"$lte": now, **AN_INSTANT}}
    found = await find(db["campaigns"], over, {"_id": 1}, sort={"due_at": 1}, limit=limit)
    return [campaign["_id"] for campaign in found]
