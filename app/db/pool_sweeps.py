"""Sweeps of pools: spots of entries and revisions to be made anew, since a space changed its rules.

A sweep goes through the entries of a pool twice: the second time when every process has heard of
the rules, for what was written by the former ones meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypedDict, cast

from app.db.client import Database
from app.db.driver import Document, find, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.pool_documents import Revision
from app.db.transactions import Again
from app.db.writing import Writing

# Towards the newest, so that a sweep passes what is written while it goes on.
OLDEST = Order("created_at", descending=False)
STEP = 50
ENTRY_FIELDS = frozenset(
    {"category", "point", "sensitive", "matched.spot", "matched.cell", "version", "state", "space"}
)
REVISION_FIELDS = {
    "entry": 1,
    "content.category": 1,
    "content.place": 1,
    "matched.spot": 1,
    "matched.cell": 1,
}
HEARD_BY_ALL = timedelta(minutes=1)


class PoolSweep(TypedDict):
    """How far the entries of a space are gone through; `_id` is the space's.

    `after` is the cursor of the last entry that was; `step` grows with each page.
    """

    _id: str
    after: str | None
    again: bool
    due_at: datetime
    step: int


async def begin_sweep(writing: Writing, space: str) -> None:
    """Go through all the entries of a space, in pieces; if that is being done, from the start."""
    beginning = {"after": None, "again": True, "due_at": writing.at}
    await writing.db["pool_sweeps"].update_one(
        {"_id": space},
        {"$set": beginning, "$inc": {"step": 1}},
        upsert=True,
        session=writing.session,
    )


async def list_sweeps(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the pieces that are to be done next, each as the space and the step."""
    found = await find(db["pool_sweeps"], {"due_at": {"$lte": now}}, limit=limit)
    return [f"{sweep['_id']} {sweep['step']}" for sweep in found]


async def find_sweep(writing: Writing, piece: str) -> PoolSweep | None:
    """Return the sweep of a piece; None if that is done."""
    space, _, step = piece.partition(" ")
    found = await find_one(
        writing.db["pool_sweeps"], {"_id": space, "step": int(step)}, session=writing.session
    )
    return cast("PoolSweep | None", found)


async def find_swept(db: Database, sweep: PoolSweep) -> Page:
    """Return the next page of entries of a sweep."""
    window = Window(first=STEP, after=sweep["after"], fields=ENTRY_FIELDS)
    return await find_page(db, "entries", {"space": sweep["_id"]}, OLDEST, window)


async def list_histories(db: Database, entries: Sequence[str]) -> list[Revision]:
    """Return of all that entries ever were, where that was and how it is found."""
    wanted = {"entry": {"$in": list(entries)}}
    return await find(db["entry_revisions"], wanted, REVISION_FIELDS)


async def update_spots(
    writing: Writing,
    entries: Sequence[tuple[Document, Document]],
    revisions: Mapping[str, Document],
) -> None:
    """Set anew how entries and revisions are found; what was written meanwhile is left alone."""
    changes: list[tuple[Document, Document]] = [
        ({"_id": entry["_id"], "version": entry["version"]}, {"$set": change})
        for entry, change in entries
    ]
    await writing.update("entries", *changes)
    others: list[tuple[Document, Document]] = [
        ({"_id": id}, {"$set": change}) for id, change in revisions.items()
    ]
    await writing.update("entry_revisions", *others)


async def move_sweep(writing: Writing, sweep: PoolSweep, after: str | None) -> None:
    """Go on after a cursor; without one, go through all again after a while, or end.

    Raises:
        Again: the sweep has begun anew meanwhile.

    """
    seen = {"_id": sweep["_id"], "step": sweep["step"]}
    if after is None and not sweep["again"]:
        gone = await writing.db["pool_sweeps"].delete_one(seen, session=writing.session)
        count = gone.deleted_count
    else:
        onward: Document = {"after": after}
        if after is None:
            onward |= {"again": False, "due_at": writing.at + HEARD_BY_ALL}
        count = await writing.update("pool_sweeps", (seen, {"$set": onward, "$inc": {"step": 1}}))
    if count != 1:
        raise Again
