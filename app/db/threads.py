"""Queries on threads."""

from dataclasses import replace
from typing import cast

from app.db.client import Database
from app.db.driver import Document, Session, find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.thread_documents import Thread
from app.db.transactions import Again
from app.db.writing import Writing

NEWEST = Order("created_at")
# What only searching needs, and is much.
WITHOUT_GRAMS: dict[str, int] = {"ngrams": 0}
READ = frozenset(Thread.__annotations__) - {"ngrams"}


async def find_thread(db: Database, id: str, session: Session | None = None) -> Thread | None:
    """Return a thread by identifier, without its n-grams."""
    found = await find_one(db["threads"], {"_id": id}, WITHOUT_GRAMS, session=session)
    return cast("Thread | None", found)


async def list_threads(db: Database, ids: list[str]) -> list[Thread]:
    """Return the threads with these identifiers, in no order, without their n-grams."""
    return await find_by_ids(db["threads"], ids, WITHOUT_GRAMS)


async def find_threads(db: Database, filter: Document, window: Window) -> Page:
    """Return a page of the threads that a filter finds, newest first."""
    fields = READ if window.fields is None else window.fields
    return await find_page(db, "threads", filter, NEWEST, replace(window, fields=fields))


async def list_by_words(
    db: Database, filter: Document, words: str, language: str, limit: int
) -> dict[str, float]:
    """Return how well threads hold any of the words, as the text index has it: the best `limit`.

    Args:
        db: the database.
        filter: the threads that count; names their space, by which the index begins.
        words: what is searched, without signs of the search language.
        language: the text index's name of the language whose endings are cut off.
        limit: how many at most.

    """
    search = {"$text": {"$search": words, "$language": language}}
    score = {"$meta": "textScore"}
    found = await find(
        db["threads"],
        {"$and": [search, filter]},
        {"score": score},
        sort={"score": score, "_id": -1},
        limit=limit,
    )
    return {thread["_id"]: thread["score"] for thread in found}


async def list_by_grams(
    db: Database, filter: Document, grams: Document, limit: int
) -> list[Document]:
    """Return titles, subjects and tags of the threads that a filter on n-grams finds.

    Of more than `limit` they are the newest.
    """
    return await find(
        db["threads"],
        {"$and": [grams, filter]},
        {"title": 1, "subject": 1, "tags": 1},
        sort={"created_at": -1},
        limit=limit,
    )


async def update_thread(writing: Writing, before: Thread, change: Document) -> Thread:
    """Change a thread that is still as it was read, and return it as it is then.

    Raises:
        Again: somebody else changed it since; the next attempt has to read it anew.

    """
    same = {"_id": before["_id"], "version": before["version"]}
    if await writing.update("threads", (same, {"$set": change, "$inc": {"version": 1}})) != 1:
        raise Again
    return cast("Thread", {**before, **change, "version": before["version"] + 1})


async def claim_original(writing: Writing, id: str) -> None:
    """Count that a thread is named as an original: it cannot become a duplicate meanwhile."""
    await writing.update("threads", ({"_id": id}, {"$inc": {"named": 1}}))
