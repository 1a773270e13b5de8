"""Queries on spaces, their members and their API keys."""

from datetime import datetime
from typing import cast

from pymongo import ReturnDocument

from app.auth.roles import Openness, Role
from app.db.client import Database
from app.db.documents import ApiKey, Membership, Space
from app.db.driver import Document, find_by_ids, find_one
from app.db.paging import EPOCH, Children, Order, Page, Window, find_page, find_pages
from app.db.writing import Writing
from app.ids import derived_id

NEWEST = Order("created_at")
MEMBERS = Children("memberships", key="space", owners="spaces", order=NEWEST)
KEYS = Children("keys", key="space", owners="spaces", order=NEWEST)


def membership_id(space: str, user: str) -> str:
    """Return the one identifier that a person's membership of a space can have."""
    return derived_id("memberships", space, user)


async def find_space(db: Database, id: str) -> Space | None:
    """Return a space by identifier."""
    return cast("Space | None", await find_one(db["spaces"], {"_id": id}))


async def list_spaces(db: Database, ids: list[str]) -> list[Space]:
    """Return the spaces with these identifiers, in no order."""
    return await find_by_ids(db["spaces"], ids)


async def find_spaces(db: Database, *, everything: bool, mine: list[str], window: Window) -> Page:
    """Return a page of the spaces that a viewer finds: those not hidden, and their own."""
    if everything:
        return await find_page(db, "spaces", {}, NEWEST, window)
    listed = {"openness": {"$in": [Openness.OPEN, Openness.MEMBERS]}}
    # Indexes give both branches in order, so nothing need be sorted. The instant makes MongoDB see
    # that: of a bare `$or` it plans each branch by itself, without a thought to the order.
    hidden = {"openness": Openness.HIDDEN, "_id": {"$in": mine}}
    either = {"$or": [listed, hidden], "created_at": {"$gte": EPOCH}}
    filter = either if mine else listed
    return await find_page(db, "spaces", filter, NEWEST, window)


async def find_membership(db: Database, space: str, user: str) -> Membership | None:
    """Return a person's membership of a space."""
    found = await find_one(db["memberships"], {"_id": membership_id(space, user)})
    return cast("Membership | None", found)


async def list_memberships(db: Database, ids: list[str]) -> list[Membership]:
    """Return the memberships with these identifiers, in no order."""
    return await find_by_ids(db["memberships"], ids)


async def list_keys(db: Database, ids: list[str]) -> list[ApiKey]:
    """Return the API keys with these identifiers, in no order."""
    return await find_by_ids(db["keys"], ids)


async def find_members(db: Database, spaces: list[str], window: Window) -> dict[str, Page]:
    """Return a page of memberships by space, newest first."""
    return await find_pages(db, MEMBERS, spaces, window)


async def find_key(db: Database, token_hash: str) -> ApiKey | None:
    """Return an API key by the fingerprint of its token."""
    return cast("ApiKey | None", await find_one(db["keys"], {"token_hash": token_hash}))


async def find_key_by_id(db: Database, id: str) -> ApiKey | None:
    """Return an API key by identifier."""
    return cast("ApiKey | None", await find_one(db["keys"], {"_id": id}))


async def find_keys(db: Database, spaces: list[str], window: Window) -> dict[str, Page]:
    """Return a page of API keys by space, newest first."""
    return await find_pages(db, KEYS, spaces, window)


async def update_key_use(db: Database, id: str, *, used_at: datetime) -> None:
    """Note when a key was last used."""
    await db["keys"].update_one({"_id": id}, {"$max": {"used_at": used_at}})


async def list_members_among(db: Database, space: str, users: list[str]) -> set[str]:
    """Return who of these people is a member of the space."""
    ids = [membership_id(space, user) for user in users]
    found = await find_by_ids(db["memberships"], ids, {"user": 1})
    return {membership["user"] for membership in found}


async def update_space(writing: Writing, id: str, version: int, change: Document) -> Space | None:
    """Change a space that still has this version; None if it has moved on."""
    found = await writing.db["spaces"].find_one_and_update(
        {"_id": id, "version": version},
        {"$set": change, "$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Space | None", found)


async def user_exists(db: Database, id: str) -> bool:
    """Say whether there is such a person."""
    return await find_one(db["users"], {"_id": id}, {"_id": 1}) is not None


async def upsert_membership(writing: Writing, fresh: Membership) -> Membership:
    """Add a member, or change their role; return the membership."""
    kept = {key: value for key, value in fresh.items() if key not in {"role", "version"}}
    found = await writing.db["memberships"].find_one_and_update(
        {"_id": fresh["_id"]},
        {"$setOnInsert": kept, "$set": {"role": fresh["role"]}, "$inc": {"version": 1}},
        upsert=True,
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Membership", found)


async def delete_membership(writing: Writing, space: str, user: str) -> None:
    """Forget a membership."""
    await writing.db["memberships"].delete_one(
        {"_id": membership_id(space, user)}, session=writing.session
    )


async def claim_owners(writing: Writing, space: str) -> int:
    """Return how many owners a space has, held until the transaction ends."""
    held = await writing.db["memberships"].update_many(
        {"space": space, "role": Role.OWNER}, {"$inc": {"version": 1}}, session=writing.session
    )
    return held.matched_count


async def delete_key(writing: Writing, id: str) -> None:
    """Forget an API key."""
    await writing.db["keys"].delete_one({"_id": id}, session=writing.session)
