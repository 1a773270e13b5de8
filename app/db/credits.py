"""Queries on credits: the evidence for somebody's reputation in a subject.

What is undone stays, with its instant, and stands again if the same is given again: so the day that
it counts on is that of the first time, and nobody moves points to another day by toggling.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from app.db.client import Database
from app.db.driver import Document, aggregate
from app.db.thread_documents import Credit
from app.db.writing import Writing
from app.ids import derived_id


@dataclass(slots=True)
class Tally:
    """What stands for one person in one subject: how often each act on each day, and who gave."""

    counts: Counter[tuple[date, str]] = field(default_factory=Counter)
    givers: set[str] = field(default_factory=set)


def credit_id(act: str, cause: str, by: str) -> str:
    """Return the one identifier of the credit that an act gives because of a cause."""
    return derived_id("credits", act, cause, by)


async def give_credits(writing: Writing, *credits: Credit) -> None:
    """Let evidence stand, for the first time or again; then in the subject of this moment."""
    for fresh in credits:
        anew = {"subject": fresh["subject"], "undone_at": None}
        kept = {key: value for key, value in fresh.items() if key not in {"_id", *anew}}
        await writing.db["credits"].update_one(
            {"_id": fresh["_id"]},
            {"$setOnInsert": kept, "$set": anew},
            upsert=True,
            session=writing.session,
        )


async def undo_credits(writing: Writing, ids: Iterable[str]) -> None:
    """Let evidence count for nothing from now on."""
    await writing.db["credits"].update_many(
        {"_id": {"$in": list(ids)}, "undone_at": None},
        {"$set": {"undone_at": writing.at}},
        session=writing.session,
    )


async def count_merits(
    db: Database, space: str, topic: str, person: str
) -> dict[tuple[date, str], int]:
    """Return how often each act counts for a person in a folded subject, by day.

    An index has all of it, however much that is; were it asked for what is null, MongoDB would look
    at each document.
    """
    day = {"$dateTrunc": {"date": "$at", "unit": "day"}}
    stands = {"$cond": [{"$eq": ["$undone_at", None]}, 1, 0]}
    pipeline: list[Document] = [
        {"$match": {"space": space, "person": person, "subject": topic}},
        {"$group": {"_id": {"day": day, "act": "$act"}, "count": {"$sum": stands}}},
        {"$match": {"count": {"$gt": 0}}},
    ]
    found = await aggregate(db["credits"], pipeline)
    return {(one["_id"]["day"].date(), one["_id"]["act"]): one["count"] for one in found}


async def list_tallies(
    db: Database,
    space: str,
    topic: str,
    people: list[str],
    *,
    seen: Document | None = None,
) -> dict[str, Tally]:
    """Return what stands for people in one folded subject of a space, by person.

    If `seen` is given, only as far as it was earned in threads that this filter finds, or in none,
    and not by asking.
    """
    match: Document = {"space": space, "person": {"$in": people}, "subject": topic}
    day = {"$dateTrunc": {"date": "$at", "unit": "day"}}
    pipeline: list[Document] = [
        {"$match": match | {"undone_at": None} | ({} if seen is None else {"as_asker": False})},
        {
            "$group": {
                "_id": {"person": "$person", "day": day, "act": "$act", "thread": "$thread"},
                "count": {"$sum": 1},
                "givers": {"$addToSet": "$by"},
            }
        },
        *([] if seen is None else _in_threads(seen)),
    ]
    tallies = {person: Tally() for person in people}
    for group in await aggregate(db["credits"], pipeline):
        key, tally = group["_id"], tallies[group["_id"]["person"]]
        tally.counts[key["day"].date(), key["act"]] += group["count"]
        tally.givers.update(group["givers"])
    return tallies


def _in_threads(seen: Document) -> list[Document]:
    """Return the stages that leave out what was earned in other threads than these."""
    return [
        {
            "$lookup": {
                "from": "threads",
                "localField": "_id.thread",
                "foreignField": "_id",
                "pipeline": [{"$match": seen}, {"$project": {"_id": 1}}],
                "as": "threads",
            }
        },
        {"$match": {"$or": [{"_id.thread": None}, {"threads": {"$ne": []}}]}},
        {"$unset": "threads"},
    ]
