"""Queries on standings: what is known of a person in a space, as it was last worked out."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import Document, PyMongoError, find, find_by_ids, find_one, is_duplicate
from app.db.match_documents import Standing, StoredStanding
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import derived_id

UNVERIFIED: Document = {"verified": False, "verified_by": None, "verified_at": None}


def standing_id(space: str, user: str) -> str:
    """Return the one identifier that a person's standing in a space can have."""
    return derived_id("standings", space, user)


async def list_standings(db: Database, space: str, people: Iterable[str]) -> dict[str, Standing]:
    """Return what is known of people, by person; of whom nothing is known is left out."""
    ids = [standing_id(space, user) for user in set(people)]
    reads = {"user": 1, "trust": 1, "verified": 1, "reputation": 1}
    return {
        one["user"]: Standing(
            trust=one["trust"],
            verified=one["verified"],
            reputation={each["category"]: each["score"] for each in one["reputation"]},
        )
        for one in await find_by_ids(db["standings"], ids, reads)
    }


async def find_standing(writing: Writing, id: str) -> StoredStanding | None:
    """Return a standing by identifier."""
    found = await find_one(writing.db["standings"], {"_id": id}, session=writing.session)
    return cast("StoredStanding | None", found)


async def list_stored_standings(db: Database, ids: list[str]) -> list[StoredStanding]:
    """Return the standings with these identifiers, in no order."""
    return await find_by_ids(db["standings"], ids)


async def is_verified(db: Database, space: str, user: str) -> bool:
    """Say whether a person is verified in a space."""
    verified = {"_id": standing_id(space, user), "verified": True}
    return await find_one(db["standings"], verified, {"_id": 1}) is not None


async def list_verified(db: Database, space: str, people: Iterable[str]) -> set[str]:
    """Return those of the people who are verified in a space."""
    ids = [standing_id(space, user) for user in set(people)]
    verified = {"_id": {"$in": ids}, "verified": True}
    return {one["user"] for one in await find(db["standings"], verified, {"user": 1})}


async def list_fading(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the standings whose evidence has faded for so long that it is to be weighed anew."""
    # MongoDB uses the partial index only for a query that names the type, too.
    due = {"due_at": {"$lte": now, "$type": "date"}}
    return [one["_id"] for one in await find(db["standings"], due, {"_id": 1}, limit=limit)]


async def make_due(writing: Writing, space: str, people: Iterable[str], at: datetime) -> None:
    """Let what is known of people be weighed anew at an instant, if it is not to be before."""
    ids = [standing_id(space, user) for user in people]
    later = {"_id": {"$in": ids}, "due_at": {"$not": {"$lte": at}}}
    change = {"$set": {"due_at": at}, "$inc": {"version": 1}}
    await writing.db["standings"].update_many(later, change, session=writing.session)


async def upsert_standing(
    writing: Writing, space: str, user: str, change: Document
) -> StoredStanding:
    """Change what is known of a person, or begin to know; return it afterwards.

    Raises:
        Again: somebody else has just begun; the next attempt finds it.

    """
    fresh = {"space": space, "user": user, **UNVERIFIED}
    kept = {key: value for key, value in fresh.items() if key not in change}
    try:
        found = await writing.db["standings"].find_one_and_update(
            {"_id": standing_id(space, user)},
            {"$set": change, "$setOnInsert": kept, "$inc": {"version": 1}},
            upsert=True,
            session=writing.session,
            return_document=ReturnDocument.AFTER,
        )
    except PyMongoError as error:
        if is_duplicate(error):
            raise Again from error
        raise
    return cast("StoredStanding", found)
