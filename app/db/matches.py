"""Queries on matches."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from app.db.client import Database
from app.db.driver import Document, Session, find, find_by_ids, find_one
from app.db.match_documents import Match, TimeWindow
from app.db.paging import EPOCH, Order, Page, Window, find_page
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import kind_of

NEWEST = Order("created_at")
OPEN = ["PROPOSED", "ACCEPTED_BY_ONE"]
ENGAGED = ["CONFIRMED", "IN_PROGRESS"]
# Of a pair there is at most one match in these.
ALIVE = [*OPEN, *ENGAGED]
DISPUTED = "DISPUTED"
# MongoDB uses a partial index only for a query that names the type, too.
AN_INSTANT = {"$type": "date"}
WAITS = {"state": "ACCEPTED_BY_ONE", "waiting_since": AN_INSTANT}
QUEUED = {"need": 1, "offer": 1, "waiting_since": 1, "held_until": 1, "created_at": 1}


async def find_match(db: Database, id: str, session: Session | None = None) -> Match | None:
    """Return a match by identifier."""
    return cast("Match | None", await find_one(db["matches"], {"_id": id}, session=session))


async def list_matches(db: Database, ids: list[str]) -> list[Match]:
    """Return the matches with these identifiers, in no order."""
    return await find_by_ids(db["matches"], ids)


async def find_matches(
    db: Database,
    person: str,
    wanted: Sequence[Document],
    window: Window,
) -> Page:
    """Return a page of a person's matches, on either side, newest first; all of a filter holds."""
    # Indexes give both sides in order; the instant makes MongoDB merge them (see find_spaces).
    filter: Document = {**_either(person), "created_at": {"$gte": EPOCH}}
    if wanted:
        filter["$and"] = list(wanted)
    return await find_page(db, "matches", filter, NEWEST, window)


async def find_disputes(db: Database, space: str, window: Window) -> Page:
    """Return a page of the matches of a space that wait for a moderator, newest first."""
    return await find_page(db, "matches", {"space": space, "state": DISPUTED}, NEWEST, window)


async def list_due(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the matches that time has ended, the longest due first."""
    over = {"due_at": {"$lte": now, **AN_INSTANT}}
    found = await find(db["matches"], over, {"_id": 1}, sort={"due_at": 1}, limit=limit)
    return [match["_id"] for match in found]


async def list_waiting(db: Database, postings: list[str]) -> list[Match]:
    """Return who waits for a seat of these needs and offers: no more than says whose turn it is."""
    return await find(db["matches"], _queues(postings), QUEUED)


async def list_queue(writing: Writing, posting: str) -> list[Match]:
    """Return the matches that wait for a seat of a need or an offer, with and without a hold."""
    side = "need" if kind_of(posting) == "needs" else "offer"
    return await find(writing.db["matches"], {side: posting, **WAITS}, session=writing.session)


async def list_open_of(writing: Writing, posting: str) -> list[Match]:
    """Return the matches of a need or an offer that are not confirmed and have not ended."""
    either = [{side: posting, "state": {"$in": OPEN}} for side in ("need", "offer")]
    return await find(writing.db["matches"], {"$or": either}, session=writing.session)


async def list_open_between(writing: Writing, one: str, other: str) -> list[Match]:
    """Return the matches of two people that are not confirmed and have not ended."""
    return await find(writing.db["matches"], _open_between(one, other), session=writing.session)


async def count_open_between(writing: Writing, two: tuple[str, str], most: int) -> int:
    """Return how many matches of two people are open; `most` if there are as many or more."""
    between = _open_between(*two)
    return await writing.db["matches"].count_documents(between, limit=most, session=writing.session)


async def count_open_of(writing: Writing, posting: str, most: int) -> int:
    """Return how many matches of a need or an offer are open, likewise."""
    side = "need" if kind_of(posting) == "needs" else "offer"
    its = {side: posting, "state": {"$in": OPEN}}
    return await writing.db["matches"].count_documents(its, limit=most, session=writing.session)


async def list_engagements(
    writing: Writing, people: Iterable[str], window: TimeWindow
) -> list[Match]:
    """Return the confirmed matches of people that take place during a time."""
    meanwhile = {
        "state": {"$in": ENGAGED},
        "window.ends_at": {"$gt": window["starts_at"]},
        "window.starts_at": {"$lt": window["ends_at"]},
    }
    theirs = [{side: {"$in": list(people)}, **meanwhile} for side in ("need_owner", "offer_owner")]
    return await find(writing.db["matches"], {"$or": theirs}, session=writing.session)


async def update_match(writing: Writing, before: Match, change: Document) -> Match:
    """Change a match that is still as it was read, and return it as it is then.

    Raises:
        Again: it is not; the next attempt has to read it anew.

    """
    same = {"_id": before["_id"], "state": before["state"], "version": before["version"]}
    if await writing.update("matches", (same, {"$set": change, "$inc": {"version": 1}})) != 1:
        raise Again
    return cast("Match", {**before, **change, "version": before["version"] + 1})


def _open_between(one: str, other: str) -> Document:
    both = ((one, other), (other, one))
    return {
        "$or": [
            {"need_owner": need, "offer_owner": offer, "state": {"$in": OPEN}}
            for need, offer in both
        ]
    }


def _either(person: str) -> Document:
    return {"$or": [{"need_owner": person}, {"offer_owner": person}]}


def _queues(postings: list[str]) -> Document:
    return {"$or": [{side: {"$in": postings}, **WAITS} for side in ("need", "offer")]}
