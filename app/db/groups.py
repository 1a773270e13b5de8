"""Queries on the groups of a space: which of them a member belongs to."""

from typing import cast

from pymongo import ReturnDocument

from app.db.documents import Membership
from app.db.transactions import Again
from app.db.writing import Writing


async def update_sides(writing: Writing, before: Membership, sides: list[str]) -> Membership:
    """Give a member, who is still as they were read, these groups.

    Raises:
        Again: the membership has moved on, or is gone; the next attempt has to read it anew.

    """
    found = await writing.db["memberships"].find_one_and_update(
        {"_id": before["_id"], "version": before["version"]},
        {"$set": {"sides": sides}, "$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    if found is None:
        raise Again
    return cast("Membership", found)
