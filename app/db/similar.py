"""Queries on what a thread may resemble: a bounded number of others that share words with it."""

from collections.abc import Sequence

from app.db.client import Database
from app.db.driver import Document, aggregate

# For each word: so many of the newest threads with it are looked at, and so many seen are taken.
MOST_LOOKED_AT, MOST_TAKEN = 500, 50


async def list_sharing(
    db: Database, space: str, grams: Sequence[str], seen: Document, limit: int
) -> list[str]:
    """Return the threads of a space that share the most of these n-grams, and are `seen`.

    A rare word brings every thread that has it, a common one only the newest, so that the work is
    bounded however many threads there are, and what is told apart by rare words is found.
    """
    if not grams:
        return []
    first, *others = [_with(space, gram, seen) for gram in grams]
    pipeline: list[Document] = [
        *first,
        *({"$unionWith": {"coll": "threads", "pipeline": other}} for other in others),
        {"$group": {"_id": "$_id", "shared": {"$sum": 1}}},
        {"$sort": {"shared": -1, "_id": 1}},
        {"$limit": limit},
    ]
    return [thread["_id"] for thread in await aggregate(db["threads"], pipeline)]


def _with(space: str, gram: str, seen: Document) -> list[Document]:
    return [
        {"$match": {"space": space, "ngrams": gram}},
        {"$sort": {"created_at": -1}},
        {"$limit": MOST_LOOKED_AT},
        {"$match": seen},
        {"$limit": MOST_TAKEN},
        {"$project": {"_id": 1}},
    ]
