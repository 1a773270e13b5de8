"""Queries on contributions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from app.db.campaign_documents import Contribution
from app.db.client import Database
from app.db.driver import Session, find, find_by_ids, find_one
from app.db.paging import Children, Order, Page, Window, find_page, find_pages
from app.db.transactions import Again
from app.db.writing import Writing

AN_INSTANT = {"$type": "date"}
NEWEST = Order("created_at")
GIVEN = Children("contributions", "campaign", "campaigns", NEWEST)
# What can be asked of a payment provider though a campaign's end decides otherwise.
UNENDED = [None, "CONFIRM", "CAPTURE"]
# Of one person in one campaign; more is refused.
MOST_EACH = 200
WEIGHED = dict.fromkeys(("kind", "state", "amount", "tier", "anonymous"), 1)


async def find_contribution(
    db: Database, id: str, session: Session | None = None
) -> Contribution | None:
    """Return a contribution by identifier."""
    found = await find_one(db["contributions"], {"_id": id}, session=session)
    return cast("Contribution | None", found)


async def find_by_reference(db: Database, provider: str, reference: str) -> Contribution | None:
    """Return the contribution that a provider knows under a reference of its own."""
    theirs = {
        "$and": [{"reference": {"$type": "string"}}, {"provider": provider, "reference": reference}]
    }
    return cast("Contribution | None", await find_one(db["contributions"], theirs))


async def list_contributions(db: Database, ids: Iterable[str]) -> list[Contribution]:
    """Return the contributions with these identifiers, in no order."""
    return await find_by_ids(db["contributions"], ids)


async def list_of_supporter(
    db: Database, campaign: str, supporter: str, session: Session | None = None
) -> list[Contribution]:
    """Return all that one person gives to a campaign, as far as levels ask of it, in no order."""
    theirs = {"campaign": campaign, "supporter": supporter}
    return await find(db["contributions"], theirs, WEIGHED, session=session)


async def find_page_of_supporter(db: Database, supporter: str, window: Window) -> Page:
    """Return a page of what a person gives, newest first."""
    return await find_page(db, "contributions", {"supporter": supporter}, NEWEST, window)


async def find_pages_below(
    db: Database, campaigns: Sequence[str], window: Window, *, states: Sequence[str] | None = None
) -> dict[str, Page]:
    """Return a page of what each campaign was given, newest first; in any state, or in these."""
    filter = None if states is None else {"state": {"$in": list(states)}}
    return await find_pages(db, GIVEN, campaigns, window, filter)


async def update_contribution(
    writing: Writing, before: Contribution, change: Mapping[str, Any]
) -> Contribution:
    """Change a contribution that is still as it was read, and return it as it is then.

    Raises:
        Again: it is not; the next attempt has to read it anew.

    """
    same = {"_id": before["_id"], "state": before["state"], "version": before["version"]}
    update = {"$set": {**change, "updated_at": writing.at}, "$inc": {"version": 1}}
    if await writing.update("contributions", (same, update)) != 1:
        raise Again
    after = {**before, **change, "updated_at": writing.at, "version": before["version"] + 1}
    return cast("Contribution", after)


async def list_due(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the contributions about which a provider is to be asked, the longest due first."""
    over = {"due_at": {"$lte": now, **AN_INSTANT}}
    found = await find(db["contributions"], over, {"_id": 1}, sort={"due_at": 1}, limit=limit)
    return [contribution["_id"] for contribution in found]


async def list_unsettled(
    writing: Writing,
    campaign: str,
    states: Sequence[str],
    limit: int,
    *,
    after: str,
    before_round: int | None,
) -> list[Contribution]:
    """Return contributions in these states about which nothing is asked that ends them.

    In the order of identifiers after this one; of rounds before this one, or of any.
    """
    waiting: dict[str, Any] = {
        "campaign": campaign,
        "asked": {"$in": UNENDED},
        "state": {"$in": list(states)},
        "_id": {"$gt": after},
    }
    if before_round is not None:
        waiting["round"] = {"$lt": before_round}
    return await find(
        writing.db["contributions"],
        waiting,
        sort={"_id": 1},
        limit=limit,
        session=writing.session,
    )


async def list_asking(db: Database, campaigns: Iterable[str]) -> list[str]:
    """Return those of the campaigns of which something is asked of a payment provider."""
    asked = {"campaign": {"$in": list(campaigns)}, "asked": {"$type": "string"}}
    return cast("list[str]", await db["contributions"].distinct("campaign", asked))


async def list_stale(
    db: Database, pledged_before: datetime, limit: int, *, provider: str, of_it_before: datetime
) -> list[str]:
    """Return pledges that were never confirmed, of one provider before another instant."""
    of_it = {"provider": provider, "created_at": {"$lte": of_it_before}}
    others = {"provider": {"$ne": provider}, "created_at": {"$lte": pledged_before}}
    stale = {"$or": [{"state": "PLEDGED", **which} for which in (of_it, others)]}
    found = await find(db["contributions"], stale, {"_id": 1}, limit=limit)
    return [contribution["_id"] for contribution in found]


async def list_in_states(
    db: Database, campaign: str, states: Sequence[str], limit: int, session: Session | None = None
) -> list[Contribution]:
    """Return some of a campaign's contributions in these states, in no order."""
    wanted = {"campaign": campaign, "state": {"$in": list(states)}}
    return await find(db["contributions"], wanted, limit=limit, session=session)
