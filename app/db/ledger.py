"""Queries on the ledger: movements in the order of the log, and how far it was folded.

An entry's `_id` is the number of the event that was written with it, times `PER_EVENT`, plus its
place beside that event. So the ledger has the order of the log, and whoever knows that the log is
complete up to a number knows that the ledger is.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from app.db.campaign_documents import LedgerEntry
from app.db.client import Database
from app.db.driver import Document, Session, aggregate, find, find_by_ids, find_one
from app.db.events import find_trimmed
from app.db.paging import Children, Order, Page, Window, find_pages
from app.db.writing import Writing

PER_EVENT = 1_000
BY_NUMBER = {"_id": 1}
FOLDED = "ledger"
MOST_LOOKED_AT = 10_000
# Whoever writes an entry has it folded, sooner than this.
FOLDED_AFTER = timedelta(seconds=2)
IN_ORDER = Order("_id", descending=False, sealed=True)
ENTRIES = Children("ledger", "campaign", "campaigns", IN_ORDER)
DAY_MILLISECONDS = timedelta(days=1) // timedelta(milliseconds=1)


def first_after(number: int) -> int:
    """Return the least identifier of an entry beside an event after this one."""
    return (number + 1) * PER_EVENT


def number_of(entry: LedgerEntry) -> int:
    """Return the number of the event beside which an entry was written."""
    return entry["_id"] // PER_EVENT


async def insert_entries(writing: Writing, number: int, entries: Sequence[Document]) -> None:
    """Write movements beside the event with this number."""
    await writing.insert(
        "ledger",
        *({"_id": number * PER_EVENT + n, **entry} for n, entry in enumerate(entries)),
    )


async def list_entries(
    db: Database,
    after: Mapping[str, int],
    upto: int,
    *,
    limit: int,
    session: Session | None = None,
) -> list[LedgerEntry]:
    """Return entries beside events up to `upto`, in order: of campaigns, above a number of each."""
    if not after:
        return []
    end = first_after(upto)
    spans = [
        {"campaign": campaign, "_id": {"$gte": first_after(number), "$lt": end}}
        for campaign, number in after.items()
    ]
    wanted = spans[0] if len(spans) == 1 else {"$or": spans}
    return await find(db["ledger"], wanted, sort=BY_NUMBER, limit=limit, session=session)


async def list_rest(writing: Writing, campaign: str, after: int, limit: int) -> list[LedgerEntry]:
    """Return a campaign's entries beside events above `after`, as far as there are any by now."""
    span = {"$gte": first_after(after)}
    return await find(
        writing.db["ledger"],
        {"campaign": campaign, "_id": span},
        sort=BY_NUMBER,
        limit=limit,
        session=writing.session,
    )


async def find_entries(db: Database, campaigns: Sequence[str], window: Window) -> dict[str, Page]:
    """Return a page of each campaign's ledger, in order."""
    return await find_pages(db, ENTRIES, campaigns, window)


async def list_balances(
    db: Database, campaigns: Iterable[str], kind: str
) -> dict[str, list[dict[str, Any]]]:
    """Return the sums of the movements of a kind between each two accounts, by campaign."""
    sums: list[Document] = [
        {"$match": {"campaign": {"$in": list(campaigns)}, "kind": kind}},
        {
            "$group": {
                "_id": {"campaign": "$campaign", "debit": "$debit", "credit": "$credit"},
                "amount": {"$sum": "$amount"},
            }
        },
    ]
    found: dict[str, list[dict[str, Any]]] = {}
    for group in await aggregate(db["ledger"], sums):
        balance = {**group["_id"], "kind": kind, "amount": group["amount"]}
        found.setdefault(balance["campaign"], []).append(balance)
    return found


async def list_days(
    db: Database, campaigns: Iterable[str], accounts: AbstractSet[str], until: datetime, days: int
) -> dict[tuple[str, str], dict[int, int]]:
    """Return what came into some accounts, less what went out, on each of the last whole days.

    By campaign and kind, and there by how many whole days it is before `until`.
    """
    span = {"$gte": until - timedelta(days=days), "$lt": until}
    inside = sorted(accounts)
    came, went = ({"$in": [f"${side}", inside]} for side in ("debit", "credit"))
    signed = {"$subtract": [{"$cond": [came, "$amount", 0]}, {"$cond": [went, "$amount", 0]}]}
    since = {"$subtract": [{"$subtract": [until, "$at"]}, 1]}
    ago = {"$floor": {"$divide": [since, DAY_MILLISECONDS]}}
    sums: list[Document] = [
        {"$match": {"campaign": {"$in": list(campaigns)}, "at": span}},
        {
            "$group": {
                "_id": {"campaign": "$campaign", "kind": "$kind", "ago": ago},
                "amount": {"$sum": signed},
            }
        },
    ]
    found: dict[tuple[str, str], dict[int, int]] = {}
    for group in await aggregate(db["ledger"], sums):
        id = group["_id"]
        found.setdefault((id["campaign"], id["kind"]), {})[int(id["ago"])] = group["amount"]
    return found


async def list_unfolded(db: Database, now: datetime, limit: int) -> list[str]:
    """Return campaigns with entries that nobody has folded though there was time for it.

    Where there is none, it is noted how far all are folded, so that the next look begins there.
    """
    folded = await find_folded(db)
    later = {"_id": {"$gte": first_after(folded)}}
    fields = {"campaign": 1, "at": 1}
    entries = await find(db["ledger"], later, fields, sort=BY_NUMBER, limit=MOST_LOOKED_AT)
    # The first that is young ends it, so that all below the last of them are looked at.
    late = list(takewhile(lambda entry: entry["at"] <= now - FOLDED_AFTER, entries))
    newest = {entry["campaign"]: number_of(entry) for entry in late}
    if newest:
        known = await find_by_ids(db["campaigns"], newest, {"folded": 1})
        due = [one["_id"] for one in known if one["folded"] < newest[one["_id"]]]
        if due:
            return due[:limit]
    if newest or not entries:
        complete = await find_complete(db)
        await _note_folded(db, folded, min(complete, max(newest.values(), default=complete)))
    return []


async def find_folded(db: Database) -> int:
    """Return the number of the log up to which every campaign is folded."""
    counter = await find_one(db["counters"], {"_id": FOLDED}, {"value": 1})
    return int(counter.get("value", 0)) if counter else 0


async def find_complete(db: Database, session: Session | None = None) -> int:
    """Return a number up to which nothing can be written to the ledger any more.

    Who reads the ledger in a transaction asks in the same: what has come since its snapshot is in
    neither.
    """
    upto = max(await find_folded(db), await find_trimmed(db))
    while True:
        later = {"_id": {"$gt": upto}}
        page = await find(
            db["events"], later, {"_id": 1}, sort=BY_NUMBER, limit=MOST_LOOKED_AT, session=session
        )
        for event in page:
            if event["_id"] != upto + 1:
                return upto
            upto += 1
        if len(page) < MOST_LOOKED_AT:
            return upto


async def _note_folded(db: Database, before: int, number: int) -> None:
    if number > before:
        change = {"$max": {"value": number}}
        await db["counters"].update_one({"_id": FOLDED}, change, upsert=True)
