"""Queries on reviews, on the envelopes that they lie in until both are shown, and as evidence."""

from datetime import datetime
from typing import cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import (
    Document,
    PyMongoError,
    Session,
    aggregate,
    find,
    find_by_ids,
    find_one,
    is_duplicate,
)
from app.db.match_documents import Envelope, Match, Review
from app.db.paging import Order, Page, Window, find_page
from app.db.transactions import Again
from app.db.writing import Writing

LATEST = Order("written_at")
SHOWN: Document = {"shown_at": {"$type": "date"}}
MOST_EVIDENCE = 1_000
MOST_TIES = 20_000


async def list_reviews(db: Database, ids: list[str]) -> list[Review]:
    """Return the reviews with these identifiers, in no order."""
    return await find_by_ids(db["reviews"], ids)


async def list_reviews_of_matches(
    db: Database, matches: list[str], viewer: str | None
) -> dict[str, list[Review]]:
    """Return by match those reviews that are shown, and the viewer's own."""
    filter = {"match": {"$in": matches}, **_shown_to(viewer)}
    by_match: dict[str, list[Review]] = {match: [] for match in matches}
    for review in await find(db["reviews"], filter, sort={"match": 1, "side": 1}):
        by_match[review["match"]].append(review)
    return by_match


async def find_reviews_of(
    db: Database, space: str, person: str, viewer: str | None, window: Window
) -> Page:
    """Return a page of the reviews of a person that are shown or the viewer's own, latest first."""
    filter = {"space": space, "subject": person, **_shown_to(viewer)}
    return await find_page(db, "reviews", filter, LATEST, window)


def _shown_to(viewer: str | None) -> Document:
    return SHOWN if viewer is None else {"$or": [SHOWN, {"reviewer": viewer}]}


async def claim_envelope(writing: Writing, match: Match, opens_at: datetime) -> Envelope:
    """Return what the reviews of a match lie in, held until the transaction ends.

    So of two sides that write at once one is the first, and the match need not be touched.

    Raises:
        Again: the other side has just written; the next attempt finds it.

    """
    fresh = {"space": match["space"], "written_by": [], "opens_at": opens_at}
    try:
        found = await writing.db["envelopes"].find_one_and_update(
            {"_id": match["_id"]},
            {"$inc": {"version": 1}, "$setOnInsert": fresh},
            upsert=True,
            session=writing.session,
            return_document=ReturnDocument.AFTER,
        )
    except PyMongoError as error:
        if is_duplicate(error):
            raise Again from error
        raise
    return cast("Envelope", found)


async def find_envelope(writing: Writing, match: str) -> Envelope | None:
    """Return what the reviews of a match lie in, if any were written and none are shown."""
    found = await find_one(writing.db["envelopes"], {"_id": match}, session=writing.session)
    return cast("Envelope | None", found)


async def update_envelope(writing: Writing, match: str, change: Document) -> None:
    """Change an envelope."""
    update = {"$set": change, "$inc": {"version": 1}}
    await writing.update("envelopes", ({"_id": match}, update))


async def delete_envelope(writing: Writing, match: str) -> None:
    """Forget an envelope."""
    await writing.db["envelopes"].delete_one({"_id": match}, session=writing.session)


async def list_due_envelopes(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the matches whose time for reviews is over and whose reviews are not shown yet."""
    found = await find(db["envelopes"], {"opens_at": {"$lte": now}}, {"_id": 1}, limit=limit)
    return [one["_id"] for one in found]


async def show_reviews(writing: Writing, match: str) -> list[str]:
    """Show what was written of a match; return the people whom it is about."""
    hidden = {"match": match, "shown_at": None}
    reviews = writing.db["reviews"]
    found = await find(reviews, hidden, {"subject": 1}, session=writing.session)
    shown = {"$set": {"shown_at": writing.at}}
    await reviews.update_many(hidden, shown, session=writing.session)
    return sorted(review["subject"] for review in found)


async def list_reviewed(writing: Writing, space: str, reviewers: list[str]) -> set[tuple[str, str]]:
    """Return of whom these people have shown reviews, as (reviewer, subject)."""
    pipeline: list[Document] = [
        {"$match": {"space": space, "reviewer": {"$in": reviewers}, **SHOWN}},
        {"$limit": MOST_TIES},
        {"$group": {"_id": {"reviewer": "$reviewer", "subject": "$subject"}}},
    ]
    found = await aggregate(writing.db["reviews"], pipeline, writing.session)
    return {(one["_id"]["reviewer"], one["_id"]["subject"]) for one in found}


async def list_evidence(
    db: Database, space: str, person: str, session: Session | None = None
) -> list[Review]:
    """Return the latest shown reviews of a person, without what was said in words."""
    return await find(
        db["reviews"],
        {"space": space, "subject": person, **SHOWN},
        {"text": 0, "private_note": 0},
        sort={"written_at": -1, "_id": -1},
        limit=MOST_EVIDENCE,
        session=session,
    )


async def list_ties(
    db: Database, space: str, people: list[str], session: Session | None = None
) -> dict[str, set[str]]:
    """Return with whom people have been in reviewed matches; told from both ends of each tie."""
    either = [
        {"space": space, "reviewer": {"$in": people}, **SHOWN},
        {"space": space, "subject": {"$in": people}, **SHOWN},
    ]
    pipeline: list[Document] = [
        {"$match": {"$or": either}},
        {"$limit": MOST_TIES},
        {"$group": {"_id": {"one": "$reviewer", "other": "$subject"}}},
    ]
    ties: dict[str, set[str]] = {}
    for tie in await aggregate(db["reviews"], pipeline, session) if people else ():
        one, other = tie["_id"]["one"], tie["_id"]["other"]
        ties.setdefault(one, set()).add(other)
        ties.setdefault(other, set()).add(one)
    return ties
