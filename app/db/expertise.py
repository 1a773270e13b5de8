"""Queries on expertise: who knows what, by space, subject and person."""

from datetime import datetime
from typing import Any, cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import Document, Session, aggregate, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.thread_documents import Expertise
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import derived_id

NEWEST = Order("created_at")
VERIFIED, REVOKED = "VERIFIED", "REVOKED"
EXPERTS = "EXPERTS"
# What was verified counts for its endorsements once that is over.
BEST_FIRST = (["VERIFIED"], ["ENDORSED", "EXPIRED"], ["SELF_DECLARED"])
MOST_LOOKED_AT = 1_000


def expertise_id(space: str, person: str, topic: str) -> str:
    """Return the one identifier that a person's expertise in a folded subject can have."""
    return derived_id("expertise", space, person, topic)


async def find_expertise(db: Database, id: str, session: Session | None = None) -> Expertise | None:
    """Return an expertise by identifier, whether it stands or not."""
    return cast("Expertise | None", await find_one(db["expertise"], {"_id": id}, session=session))


async def list_expertise(
    db: Database, ids: list[str], session: Session | None = None
) -> list[Expertise]:
    """Return the expertise with these identifiers, in no order."""
    return await find_by_ids(db["expertise"], ids, session=session)


async def list_of_experts(
    db: Database, space: str, topics: list[str], limit: int
) -> list[Expertise]:
    """Return what experts of a space know of any of these folded subjects, and was not revoked.

    The best founded comes first, then the newest: whoever declares the same crowds nobody out who
    is vouched for, and who is no expert nobody at all.
    """
    [first, *others] = [
        _of_experts(space, topics, rank, states, limit) for rank, states in enumerate(BEST_FIRST)
    ]
    pipeline: list[Document] = [
        *first,
        *({"$unionWith": {"coll": "expertise", "pipeline": other}} for other in others),
        {"$sort": {"rank": 1, "created_at": -1, "_id": -1}},
        {"$limit": limit},
        {"$unset": "rank"},
    ]
    return cast("list[Expertise]", await aggregate(db["expertise"], pipeline))


def _of_experts(
    space: str, topics: list[str], rank: int, states: list[str], limit: int
) -> list[Document]:
    return [
        {"$match": {"space": space, "subject_folded": {"$in": topics}, "state": {"$in": states}}},
        {"$sort": {"created_at": -1, "_id": -1}},
        {"$limit": MOST_LOOKED_AT},
        {
            "$lookup": {
                "from": "memberships",
                "localField": "person",
                "foreignField": "user",
                "pipeline": [
                    {"$match": {"space": space, "sides": EXPERTS}},
                    {"$project": {"_id": 1}},
                ],
                "as": "experts",
            }
        },
        {"$match": {"experts": {"$ne": []}}},
        {"$limit": limit},
        {"$set": {"rank": rank}},
        {"$unset": "experts"},
    ]


async def find_expertise_page(
    db: Database,
    where: dict[str, str],
    window: Window,
    *,
    revoked: bool,
) -> Page:
    """Return a page of expertise, newest first.

    `where` has `space`, and perhaps `subject_folded` or `person`; what was `revoked` is in it only
    if it is asked for.
    """
    query: Document = dict(where)
    if not revoked:
        query["state"] = {"$ne": REVOKED}
    return await find_page(db, "expertise", query, NEWEST, window)


async def update_expertise(
    writing: Writing, before: Expertise, change: dict[str, Any]
) -> Expertise:
    """Change an expertise that is still as it was read, and return it as it is then.

    Raises:
        Again: somebody else changed it since; the next attempt has to read it anew.

    """
    found = await writing.db["expertise"].find_one_and_update(
        {"_id": before["_id"], "version": before["version"]},
        {"$set": change, "$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    if found is None:
        raise Again
    return cast("Expertise", found)


async def list_expired(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the expertise whose verification is over and is still written as VERIFIED."""
    # MongoDB uses the partial index only for a query that names the type, too.
    over = {"state": VERIFIED, "verified_until": {"$lte": now, "$type": "date"}}
    found = await find(db["expertise"], over, {"_id": 1}, limit=limit)
    return [expertise["_id"] for expertise in found]
