"""Queries on departures: who has left a space and may have something open in it still."""

from datetime import datetime
from typing import TypedDict, cast

from app.db.client import Database
from app.db.driver import find, find_one
from app.db.match_documents import Posting
from app.db.postings import KINDS, LIVING
from app.db.spaces import membership_id
from app.db.transactions import Again
from app.db.writing import Writing


class Departure(TypedDict):
    """That a person left a space; `_id` is that of the membership which they had.

    `step` grows with each piece of what follows from it.
    """

    _id: str
    space: str
    user: str
    due_at: datetime
    step: int


async def upsert_departure(writing: Writing, space: str, user: str) -> None:
    """Let what a person has open in a space be ended soon."""
    left = {"space": space, "user": user, "due_at": writing.at}
    await writing.db["departures"].update_one(
        {"_id": membership_id(space, user)},
        {"$set": left, "$inc": {"step": 1}},
        upsert=True,
        session=writing.session,
    )


async def list_due(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the pieces that are to be done next, each as the departure and the step."""
    found = await find(db["departures"], {"due_at": {"$lte": now}}, {"step": 1}, limit=limit)
    return [f"{one['_id']} {one['step']}" for one in found]


async def find_departure(writing: Writing, piece: str) -> Departure | None:
    """Return the departure of a piece; None if that is done."""
    id, _, step = piece.partition(" ")
    found = await find_one(
        writing.db["departures"], {"_id": id, "step": int(step)}, session=writing.session
    )
    return cast("Departure | None", found)


async def list_left_open(writing: Writing, departure: Departure, most: int) -> list[Posting]:
    """Return needs and offers of a person in a space that have not ended, so many at most."""
    theirs = {"space": departure["space"], "owner": departure["user"], "status": {"$in": LIVING}}
    found: list[Posting] = []
    for kind in KINDS:
        if len(found) < most:
            left = most - len(found)
            found += await find(writing.db[kind], theirs, limit=left, session=writing.session)
    return found


async def move_departure(writing: Writing, departure: Departure, *, is_done: bool) -> None:
    """Go on to the next piece, or forget the departure.

    Raises:
        Again: the person has left once more meanwhile.

    """
    seen = {"_id": departure["_id"], "step": departure["step"]}
    if is_done:
        gone = await writing.db["departures"].delete_one(seen, session=writing.session)
        count = gone.deleted_count
    else:
        count = await writing.update("departures", (seen, {"$inc": {"step": 1}}))
    if count != 1:
        raise Again
