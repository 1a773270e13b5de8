"""Queries on what concerns a person in the matchmaker: events told to them, and their bars."""

from collections.abc import Collection, Sequence
from typing import Any

from app.db.client import Database
from app.db.documents import Event
from app.db.driver import Document, find
from app.db.events import TYPES
from app.db.match_documents import Posting

OF_MATCHES = tuple(type for type in TYPES if type.startswith("match."))
# Each with the kind of what could be suggested to whom.
POSTED = {
    "need.created": "offers",
    "need.updated": "offers",
    "offer.created": "needs",
    "offer.updated": "needs",
}
# MongoDB uses a partial index only for a query that names the type, too.
A_THING, A_NUMBER = {"$type": "string"}, {"$type": "number"}


async def list_told(db: Database, person: str, after: int, *, upto: int, limit: int) -> list[Event]:
    """Return the events of matches that concern a person between two positions, in order."""
    theirs = {"to": person, "within": A_THING, "type": {"$in": OF_MATCHES}}
    return await _list_events(db, theirs, after, upto, limit)


async def list_posted(
    db: Database, spaces: Sequence[str], after: int, *, upto: int, limit: int
) -> list[Event]:
    """Return the events of new and changed needs and offers between two positions, in order."""
    posted = {"space": {"$in": list(spaces)}, "within": A_THING, "type": {"$in": list(POSTED)}}
    return await _list_events(db, posted, after, upto, limit)


async def list_bars(
    db: Database, kind: str, people: Collection[str], spaces: Collection[str]
) -> list[Posting]:
    """Return the open needs or offers of people who want to hear of what suits these, by space."""
    theirs = {
        "owner": {"$in": list(people)},
        "space": {"$in": list(spaces)},
        "status": "OPEN",
        "notify_above": A_NUMBER,
    }
    return await find(db[kind], theirs, {"title": 0, "description": 0})


async def _list_events(
    db: Database, filter: Document, after: int, upto: int, limit: int
) -> list[Event]:
    span: dict[str, Any] = {"_id": {"$gt": after, "$lte": upto}}
    return await find(db["events"], filter | span, sort={"_id": 1}, limit=limit)
