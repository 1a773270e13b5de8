"""Queries on messages: what the two of a match write to each other, in order."""

from typing import cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import find_by_ids
from app.db.match_documents import Match, Message
from app.db.paging import Order, Page, Window, find_page
from app.db.writing import Writing

OLDEST = Order("number", descending=False)


async def claim_number(writing: Writing, match: str) -> Match | None:
    """Return a match with one more message, held until the transaction ends; None if it is gone.

    Messages of a match are written one after the other: who has read up to a number has read all
    below it.
    """
    found = await writing.db["matches"].find_one_and_update(
        {"_id": match},
        {"$inc": {"messages": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Match | None", found)


async def find_messages(db: Database, match: str, window: Window) -> Page:
    """Return a page of the messages of a match, oldest first."""
    return await find_page(db, "messages", {"match": match}, OLDEST, window)


async def list_messages(db: Database, ids: list[str]) -> list[Message]:
    """Return the messages with these identifiers, in no order."""
    return await find_by_ids(db["messages"], ids)
