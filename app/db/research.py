"""Queries on exports of cases, and on what these were used for."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from pymongo import UpdateOne

from app.db.client import Database
from app.db.driver import Document, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.thread_documents import Consent, ResearchExport, ResearchUse, Thread
from app.db.writing import Writing

LATEST = Order("used_at")
MOST_AT_ONCE = 1_000
# What says whether a case may be exported, and by which consent.
JUDGED = {"asker": 1, "state": 1}


async def list_usable(
    db: Database, space: str, purpose: str, least_version: int, limit: int
) -> list[Consent]:
    """Return the consents for a purpose in a space that were not revoked, the latest given first.

    Those to a version of the text that does not count any more are left out.
    """
    usable = {
        "space": space,
        "purpose": purpose,
        "revoked_at": None,
        "text_version": {"$gte": least_version},
    }
    return await find(db["consents"], usable, sort={"given_at": -1}, limit=limit)


async def list_judged(db: Database, ids: Sequence[str], seen: Document) -> list[Thread]:
    """Return those of the threads that are `seen`, with what says whether they may be exported."""
    found: list[Thread] = []
    for start in range(0, len(ids), MOST_AT_ONCE):
        some = {"_id": {"$in": list(ids[start : start + MOST_AT_ONCE])}}
        found += await find(db["threads"], {"$and": [some, seen]}, JUDGED)
    return found


async def list_begun(db: Database, by: str, since: datetime, limit: int) -> list[datetime]:
    """Return when somebody began exports after an instant, the latest first."""
    begun = {"by": by, "at": {"$gt": since}}
    found = await find(db["exports"], begun, {"at": 1}, sort={"at": -1}, limit=limit)
    return [one["at"] for one in found]


async def find_export(db: Database, id: str) -> ResearchExport | None:
    """Return an export with all of its handles."""
    return cast("ResearchExport | None", await find_one(db["exports"], {"_id": id}))


async def find_export_of(db: Database, handle: str) -> ResearchExport | None:
    """Return the export that has a case of this handle, with that case alone, and no salt."""
    shown = {"space": 1, "purpose": 1, "by": 1, "at": 1, "cases.$": 1}
    found = await find_one(db["exports"], {"cases.handle": handle}, shown)
    return cast("ResearchExport | None", found)


async def find_use(db: Database, id: str) -> ResearchUse | None:
    """Return a use of a case by identifier."""
    return cast("ResearchUse | None", await find_one(db["uses"], {"_id": id}))


async def list_uses(db: Database, ids: list[str]) -> list[ResearchUse]:
    """Return the uses with these identifiers, in no order."""
    return await find_by_ids(db["uses"], ids)


async def find_uses(db: Database, giver: str, window: Window) -> Page:
    """Return a page of the uses of somebody's cases, the latest first."""
    return await find_page(db, "uses", {"giver": giver}, LATEST, window)


async def insert_traces(writing: Writing, traces: list[ResearchUse]) -> list[ResearchUse]:
    """Write that cases left the house, for each the first time alone. Return those that are new."""
    if not traces:
        return []
    updates = [
        UpdateOne({"_id": trace["_id"]}, {"$setOnInsert": trace}, upsert=True) for trace in traces
    ]
    done = await writing.db["uses"].bulk_write(updates, session=writing.session)
    return [traces[n] for n in done.upserted_ids or ()]
