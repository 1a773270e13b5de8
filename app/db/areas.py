"""Sweeps: places of postings that are still to be blurred anew, since a space changed its grid."""

from datetime import datetime
from typing import TypedDict, cast

from pymongo import UpdateOne

from app.db.client import Database
from app.db.documents import Place
from app.db.driver import find, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.postings import KINDS, Kind
from app.db.transactions import Again
from app.db.writing import Writing

# Towards the newest, so that a sweep passes what is posted while it goes on.
OLDEST = Order("created_at", descending=False)
STEP = 100


class Sweep(TypedDict):
    """How far the postings of a space are blurred anew; `_id` is the space's.

    `after` is the cursor of the last posting of `kind` that was; `step` grows with each page.
    """

    _id: str
    kind: Kind
    after: str | None
    step: int


async def begin_sweep(writing: Writing, space: str) -> None:
    """Blur all the places of a space anew, in pieces; from the beginning if it is being done."""
    beginning = {"kind": KINDS[0], "after": None}
    await writing.db["sweeps"].update_one(
        {"_id": space},
        {"$set": beginning, "$inc": {"step": 1}},
        upsert=True,
        session=writing.session,
    )


async def list_sweeps(db: Database, _now: datetime, limit: int) -> list[str]:
    """Return the pieces that are to be done next, each as the space and the step."""
    found = await find(db["sweeps"], {"_id": {"$gt": ""}}, limit=limit)
    return [f"{sweep['_id']} {sweep['step']}" for sweep in found]


async def find_sweep(writing: Writing, piece: str) -> Sweep | None:
    """Return the sweep of a piece; None if that is done."""
    space, _, step = piece.partition(" ")
    found = await find_one(
        writing.db["sweeps"], {"_id": space, "step": int(step)}, session=writing.session
    )
    return cast("Sweep | None", found)


async def find_swept(db: Database, sweep: Sweep) -> Page:
    """Return the next page of a sweep."""
    window = Window(first=STEP, after=sweep["after"], fields=frozenset({"place", "traits"}))
    return await find_page(db, sweep["kind"], {"space": sweep["_id"]}, OLDEST, window)


async def update_areas(writing: Writing, kind: Kind, areas: dict[str, tuple[Place, Place]]) -> None:
    """Blur places anew: by identifier the place, which must still be that, and its area."""
    changes = [
        UpdateOne({"_id": id, "place": place}, {"$set": {"traits.area": area}})
        for id, (place, area) in areas.items()
    ]
    if changes:
        await writing.db[kind].bulk_write(changes, session=writing.session)


async def move_sweep(writing: Writing, sweep: Sweep, after: str | None) -> None:
    """Go on after a cursor; without one, to the other kind of postings, or to the end.

    Raises:
        Again: the sweep has begun anew meanwhile.

    """
    seen = {"_id": sweep["_id"], "step": sweep["step"]}
    kind = sweep["kind"]
    if after is None and kind == KINDS[-1]:
        gone = await writing.db["sweeps"].delete_one(seen, session=writing.session)
        count = gone.deleted_count
    else:
        onward = {"kind": kind if after else KINDS[-1], "after": after}
        count = await writing.update("sweeps", (seen, {"$set": onward, "$inc": {"step": 1}}))
    if count != 1:
        raise Again
