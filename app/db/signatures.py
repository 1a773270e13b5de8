"""Queries on signatures: one at most of a person under a petition.

Its identifier is drawn, and does not follow from the two: else whoever knows a person could work
out whether they signed without a name.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from app.db.campaign_documents import Signature
from app.db.client import Database
from app.db.driver import Document, Session, aggregate, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.transactions import Again
from app.db.writing import Writing

NEWEST = Order("created_at")


async def find_signature(
    db: Database, campaign: str, signer: str, session: Session | None = None
) -> Signature | None:
    """Return a person's signature under a petition."""
    theirs = {"campaign": campaign, "signer": signer}
    return cast("Signature | None", await find_one(db["signatures"], theirs, session=session))


async def list_signatures(
    db: Database, ids: Iterable[str], session: Session | None = None
) -> list[Signature]:
    """Return the signatures with these identifiers, in no order."""
    return await find_by_ids(db["signatures"], ids, session=session)


async def list_of_signer(db: Database, campaigns: Iterable[str], signer: str) -> list[Signature]:
    """Return what one person signed of these petitions, in no order."""
    theirs = {"campaign": {"$in": list(campaigns)}, "signer": signer}
    return await find(db["signatures"], theirs)


async def find_signatures(
    db: Database, campaign: str, window: Window, *, states: Sequence[str]
) -> Page:
    """Return a page of the signatures of a petition in these states, newest first."""
    wanted = {"campaign": campaign, "state": {"$in": list(states)}}
    return await find_page(db, "signatures", wanted, NEWEST, window)


async def update_signature(
    writing: Writing, before: Signature, change: Mapping[str, Any]
) -> Signature:
    """Change a signature that is still as it was read, and return it as it is then.

    Raises:
        Again: it is not; the next attempt has to read it anew.

    """
    same = {"_id": before["_id"], "state": before["state"], "version": before["version"]}
    update = {"$set": {**change, "updated_at": writing.at}, "$inc": {"version": 1}}
    if await writing.update("signatures", (same, update)) != 1:
        raise Again
    after = {**before, **change, "updated_at": writing.at, "version": before["version"] + 1}
    return cast("Signature", after)


async def count_by_area(
    db: Database, campaigns: Iterable[str], state: str
) -> dict[str, dict[str | None, int]]:
    """Return how many signatures in a state are of which area, by petition."""
    place = {"campaign": "$campaign", "area": "$area"}
    pipeline: list[Document] = [
        {"$match": {"campaign": {"$in": list(campaigns)}, "state": state}},
        {"$group": {"_id": place, "count": {"$sum": 1}}},
    ]
    counts: dict[str, dict[str | None, int]] = {}
    for group in await aggregate(db["signatures"], pipeline):
        of = counts.setdefault(group["_id"]["campaign"], {})
        of[group["_id"].get("area")] = group["count"]
    return counts
