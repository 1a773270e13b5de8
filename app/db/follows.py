"""Queries on follows: who wants to be told what happens in threads, by tag or by subject."""

from typing import cast

from app.db.client import Database
from app.db.driver import find, find_by_ids, find_one
from app.db.paging import Order, Page, Window, find_page
from app.db.thread_documents import Follow
from app.db.writing import Writing
from app.ids import derived_id

NEWEST = Order("created_at")
# Somebody's stream is woken by each of them.
MOST_FOLLOWS = 200


def follow_id(person: str, space: str, kind: str, target: str) -> str:
    """Return the one identifier that somebody's follow of this can have."""
    return derived_id("follows", person, space, kind, target)


async def find_follow(db: Database, id: str) -> Follow | None:
    """Return a follow by identifier."""
    return cast("Follow | None", await find_one(db["follows"], {"_id": id}))


async def list_follows(db: Database, ids: list[str]) -> list[Follow]:
    """Return the follows with these identifiers, in no order."""
    return await find_by_ids(db["follows"], ids)


async def find_follows(db: Database, person: str, window: Window) -> Page:
    """Return a page of what a person follows, newest first."""
    return await find_page(db, "follows", {"person": person}, NEWEST, window)


async def list_followed(db: Database, person: str) -> list[Follow]:
    """Return all that a person follows, in no order."""
    return await find(db["follows"], {"person": person})


async def count_follows(db: Database, person: str) -> int:
    """Return how many things a person follows."""
    return await db["follows"].count_documents({"person": person})


async def delete_follow(writing: Writing, id: str) -> bool:
    """Forget a follow; say whether there was one."""
    gone = await writing.db["follows"].delete_one({"_id": id}, session=writing.session)
    return gone.deleted_count == 1
