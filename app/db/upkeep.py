"""Queries on what of a pool needs looking after: what is due, to be checked, or to be patrolled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from app.db.client import Database
from app.db.driver import Document, find, find_one
from app.db.entries import find_entries, list_near
from app.db.paging import Order, Page, Window, find_page
from app.db.pool_documents import Entry, Reversal, Revision
from app.db.transactions import Again
from app.db.writing import Writing

UPDATED = Order("updated_at")
BEGUN = Order("at")
THERE = {"matched.state": {"$in": ["DISPUTED", "PUBLISHED", "STALE", "VERIFIED"]}}
STALE = {"matched.stale": True, **THERE}
DISPUTED = {"matched.state": "DISPUTED"}
CANDIDATES: tuple[Document, ...] = (STALE, DISPUTED, THERE)
TO_BE_DONE = {"is_open": True}
# So many of the latest reversals of a pool are known when one more is done.
MOST_REVERSALS = 1_000


async def list_due(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the entries of which a facet has become stale, the longest waiting first."""
    # MongoDB uses the partial index only for a query that names the type, too.
    due = {"due_at": {"$lte": now, "$type": "date"}}
    found = await find(db["entries"], due, {"_id": 1}, sort={"due_at": 1}, limit=limit)
    return [one["_id"] for one in found]


async def list_to_check(
    db: Database, space: str, around: Sequence[float], metres: float, limit: int
) -> list[Entry]:
    """Return the nearest entries that ask to be checked, that are disputed, and that are there.

    The three are sought by themselves: what is urgent is not lost behind what is nearer.
    """
    found = dict[str, Entry]()
    for which in CANDIDATES:
        wanted: Document = {"space": space, **which}
        listed = await list_near(db, wanted, around, metres, limit)
        found |= {entry["_id"]: entry for entry in listed}
    return list(found.values())


async def find_unpatrolled(db: Database, space: str, window: Window) -> Page:
    """Return a page of the entries that nobody has looked at since somebody new wrote in them."""
    return await find_entries(db, {"space": space, "patrolled": False}, window, UPDATED)


async def update_patrolled(writing: Writing, id: str, version: int) -> bool:
    """Let an entry be looked at, if it has the version that was seen. Say whether it had."""
    seen = {"_id": id, "version": version, "patrolled": False}
    return await writing.update("entries", (seen, {"$set": {"patrolled": True}})) == 1


async def insert_reversal(writing: Writing, reversal: Reversal) -> None:
    """Begin to take back what somebody did."""
    await writing.insert("reversals", reversal)


async def find_reversal(writing: Writing, piece: str) -> Reversal | None:
    """Return the reversal of a piece; None if that piece is done."""
    id, _, step = piece.partition(" ")
    found = await find_one(
        writing.db["reversals"], {"_id": id, "step": int(step)}, session=writing.session
    )
    return cast("Reversal | None", found)


async def find_reversals(db: Database, space: str, window: Window) -> Page:
    """Return a page of the reversals in a pool, the latest first."""
    return await find_page(db, "reversals", {"space": space}, BEGUN, window)


async def list_all_reversals(writing: Writing, space: str) -> list[Reversal]:
    """Return the latest reversals in a pool, as a transaction sees them, in no order."""
    wanted = {"space": space, "person": {"$type": "string"}}
    return await find(
        writing.db["reversals"],
        wanted,
        sort={"at": -1},
        limit=MOST_REVERSALS,
        session=writing.session,
    )


async def list_reversals(db: Database, _now: datetime, limit: int) -> list[str]:
    """Return the pieces that are to be done next, each as the reversal and the step."""
    found = await find(db["reversals"], TO_BE_DONE, {"step": 1}, limit=limit)
    return [f"{one['_id']} {one['step']}" for one in found]


async def find_done(db: Database, reversal: Reversal, size: int) -> Page:
    """Return the next page of what somebody did: revisions, or signals."""
    by = {"entry_revisions": "by", "signals": "user"}[reversal["source"]]
    person, address = reversal["person"], reversal["address"]
    who = ("address", address) if person is None else (by, person)
    wanted: Document = {
        "space": reversal["space"],
        who[0]: {"$eq": who[1], "$type": "string"},
        "at": {"$gte": reversal["since"], "$lte": reversal["until"]},
    }
    window = Window(first=size, after=reversal["after"], fields=frozenset({"entry"}))
    return await find_page(db, reversal["source"], wanted, BEGUN, window)


async def move_reversal(writing: Writing, reversal: Reversal, change: dict[str, Any]) -> None:
    """Go on to the next piece, or end.

    Raises:
        Again: another process has done this piece meanwhile.

    """
    seen = {"_id": reversal["_id"], "step": reversal["step"]}
    onward: Document = {"$set": change, "$inc": {"step": 1}}
    if change.get("ended_at") is not None:
        onward["$unset"] = {"is_open": 1}
    if await writing.update("reversals", (seen, onward)) != 1:
        raise Again


async def list_history(writing: Writing, entry: str) -> list[Revision]:
    """Return all that an entry ever was, the earliest first, as a reversal needs it."""
    fields = dict.fromkeys(
        (
            "version",
            "cause",
            "content",
            "facets",
            "matched.state",
            "changed",
            "by",
            "summary",
            "at",
        ),
        1,
    )
    return await find(
        writing.db["entry_revisions"],
        {"entry": entry},
        fields,
        sort={"version": 1},
        session=writing.session,
    )
