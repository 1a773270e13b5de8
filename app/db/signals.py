"""Queries on signals: one tap each, how many may come from where, and the key of fingerprints."""

import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import Document, Session, find, find_one
from app.db.paging import Children, Order, Page, Window, find_pages
from app.db.pool_documents import Entry, Signal
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import derived_id

LATEST = Order("at")
OF_ENTRIES = Children("signals", key="entry", owners="entries", order=LATEST)
HOUR = timedelta(hours=1)
# So many of the latest are heard at most.
MOST_HEARD = 1_000


def signal_id(entry: str, kind: str, facet: str | None, who: str) -> str:
    """Return the one identifier of a tap by a person or from an address (its fingerprint)."""
    return derived_id("signals", entry, kind, facet or "", who)


async def find_signal(db: Database, id: str, session: Session | None = None) -> Signal | None:
    """Return a signal by identifier."""
    found = await find_one(db["signals"], {"_id": id}, session=session)
    return cast("Signal | None", found)


async def find_last(
    db: Database, entry: str, facet: str | None, user: str, session: Session | None = None
) -> Signal | None:
    """Return the last tap of a person on a facet, or on the entry as a whole."""
    wanted: Document = {"entry": entry, "user": user}
    if facet is not None:
        wanted["facet"] = {"$in": [facet, None]}
    found = await find_one(db["signals"], wanted, sort={"at": -1, "_id": -1}, session=session)
    return cast("Signal | None", found)


async def list_since(writing: Writing, entry: str, since: datetime) -> list[Signal]:
    """Return the latest signals on an entry, from an instant on."""
    wanted = {"entry": entry, "at": {"$gte": since}}
    return await find(
        writing.db["signals"],
        wanted,
        sort={"at": -1, "_id": -1},
        limit=MOST_HEARD,
        session=writing.session,
    )


async def find_signals(db: Database, entries: list[str], window: Window) -> dict[str, Page]:
    """Return a page of the signals on each entry, the latest first, by entry."""
    return await find_pages(db, OF_ENTRIES, entries, window)


async def upsert_signal(writing: Writing, signal: Signal) -> None:
    """Keep a signal, in place of the same one long ago."""
    await writing.db["signals"].replace_one(
        {"_id": signal["_id"]}, signal, upsert=True, session=writing.session
    )


async def delete_signals(writing: Writing, entry: str, who: Document) -> int:
    """Forget the signals on an entry that are whose a filter says. Return how many there were."""
    wanted = {"entry": entry, **who}
    gone = await writing.db["signals"].delete_many(wanted, session=writing.session)
    return gone.deleted_count


async def count_tap(writing: Writing, entry: Entry) -> None:
    """Count one more signal on an entry which changes nothing else of it.

    So whoever signals something at the same moment does not overlook it.

    Raises:
        Again: somebody else changed the entry since; the next attempt has to read it anew.

    """
    seen = {"_id": entry["_id"], "version": entry["version"]}
    if await writing.update("entries", (seen, {"$inc": {"taps": 1}})) != 1:
        raise Again


async def claim_tap(db: Database, key: str, now: datetime, most: int) -> datetime | None:
    """Count one tap among those of the past hour, exact across processes.

    Return None if there were fewer than `most`, else the instant when to come back.
    """
    recent = {
        "$filter": {"input": {"$ifNull": ["$ats", []]}, "cond": {"$gt": ["$$this", now - HOUR]}}
    }
    change: list[dict[str, Any]] = [
        {"$set": {"ats": recent}},
        {"$set": {"ok": {"$lt": [{"$size": "$ats"}, most]}, "full_at": "$$NOW"}},
        {"$set": {"ats": {"$cond": ["$ok", {"$concatArrays": ["$ats", [now]]}, "$ats"]}}},
    ]
    found = await db["guesses"].find_one_and_update(
        {"_id": key}, change, upsert=True, return_document=ReturnDocument.AFTER
    )
    if found is None or found["ok"]:
        return None
    first: datetime = min(found["ats"])
    return first + HOUR


async def find_address_key(db: Database) -> bytes:
    """Return the key of the fingerprints of addresses, which is made when it is first asked for."""
    found = await find_one(db["secrets"], {"_id": "addresses"})
    if found is None:
        found = await db["secrets"].find_one_and_update(
            {"_id": "addresses"},
            {"$setOnInsert": {"key": secrets.token_bytes(32)}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    return bytes(cast("Document", found)["key"])
