"""Queries on the seats of needs and offers, and on the time of people: what confirmations share."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from pymongo import UpdateOne

from app.db.client import Database
from app.db.driver import Document, PyMongoError, Session, find, find_by_ids, is_duplicate
from app.db.match_documents import Posting
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import PREFIXES, derived_id, kind_of

KINDS = ("needs", "offers")
OPEN, FULFILLED = "OPEN", "FULFILLED"
SEEKING = frozenset({OPEN, FULFILLED})


def has_room(posting: Posting) -> bool:
    """Say whether a need or an offer has a seat for one more."""
    return posting["status"] in SEEKING and posting["taken"] < posting["capacity"]


async def list_postings(
    db: Database, ids: Iterable[str], session: Session | None = None
) -> dict[str, Posting]:
    """Return needs and offers by identifier; those that do not exist are left out."""
    known: dict[str, Posting] = {}
    for kind in KINDS:
        wanted = [id for id in set(ids) if kind_of(id) == kind]
        if wanted:
            found = await find_by_ids(db[kind], wanted, session=session)
            known |= {one["_id"]: one for one in found}
    return known


async def update_seats(writing: Writing, before: Posting, *, taken: int, waiting: int) -> Posting:
    """Write how many seats are taken and how many wait, if nobody changed the posting meanwhile.

    It is FULFILLED as soon as every seat is taken, and OPEN again when one is free. How many wait
    is nobody's to see, so its version does not grow by that; nor when it has ended.

    Raises:
        Again: somebody did; the next attempt has to read it anew.

    """
    if taken > max(before["capacity"], before["taken"]):
        raise Again
    status = before["status"]
    if status in SEEKING:
        status = FULFILLED if taken >= before["capacity"] else OPEN
    seen = before["status"] in SEEKING and (before["taken"], before["status"]) != (taken, status)
    same = {"_id": before["_id"], "version": before["version"], "taken": before["taken"]}
    change = {"taken": taken, "waiting": waiting, "status": status}
    # Where nothing changes but `turns`, the database lets others still feel that it was written.
    update = {"$set": change, "$inc": {"version": int(seen), "turns": 1}}
    if await writing.update(kind_of(before["_id"]) or "", (same, update)) != 1:
        raise Again
    after = {**before, **change, "version": before["version"] + int(seen)}
    return cast("Posting", after)


async def claim_people(writing: Writing, people: Iterable[str]) -> None:
    """Hold people's time until the transaction ends: nobody books them at the same moment.

    Raises:
        Again: somebody else did so for the first time.

    """
    claims = [
        UpdateOne({"_id": person}, {"$inc": {"count": 1}}, upsert=True)
        for person in sorted(set(people))
    ]
    try:
        await writing.db["bookings"].bulk_write(claims, session=writing.session)
    except PyMongoError as error:
        if is_duplicate(error):
            raise Again from error
        raise


async def list_with_room(db: Database, now: datetime, limit: int) -> list[str]:
    """Return needs and offers for which somebody waits though they have a free seat.

    Many can stay like that: who waits needs a seat of the other side, too. So each time it begins
    at another identifier, and half is for each kind: nobody is kept from their turn by the others.
    """
    lasts = [{"expires_at": None}, {"expires_at": {"$gt": now}}]
    waited_for: Document = {"status": OPEN, "waiting": {"$gt": 0}, "$or": lasts}
    begin = derived_id("needs", now).partition("_")[2]
    found: list[str] = []
    for kind in KINDS:
        first, of_kind = f"{PREFIXES[kind]}_{begin}", list[str]()
        for span in ({"$gte": first}, {"$lt": first}):
            if (most := (limit + 1) // len(KINDS) - len(of_kind)) > 0:
                here = {**waited_for, "_id": span}
                some = await find(db[kind], here, {"_id": 1}, sort={"_id": 1}, limit=most)
                of_kind += [posting["_id"] for posting in some]
        found += of_kind
    return found
