"""Migrations: numbered steps that bring an older database to this version, under a lease."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pymongo

from app.db import leases
from app.db.client import Database
from app.db.driver import Document, aggregate, find_one
from app.db.indexes import ensure_indexes


class Migration(NamedTuple):
    """One step; it can be repeated without harm."""

    number: int
    title: str
    apply: Callable[[Database], Awaitable[None]]


async def fill_traits(db: Database) -> None:
    """Give matches from before what they are found by: their category, and their places, blurred.

    The key of a need's category is that of its match's.
    """
    sides = (("needs", "need"), ("offers", "offer"))
    areas = {side: {"$ifNull": [{"$first": f"${kind}.traits.area"}, None]} for kind, side in sides}
    key = {"$ifNull": [{"$first": "$needs.traits.category"}, {"$concat": ["$category", "/"]}]}
    pipeline: list[Document] = [
        {"$match": {"_id": {"$gt": ""}, "traits": {"$exists": False}}},
        *(
            {"$lookup": {"from": kind, "localField": side, "foreignField": "_id", "as": kind}}
            for kind, side in sides
        ),
        {"$project": {"traits": {"category": key, "areas": areas}}},
        {"$merge": {"into": "matches", "whenMatched": "merge", "whenNotMatched": "discard"}},
    ]
    await aggregate(db["matches"], pipeline)


MIGRATIONS: list[Migration] = [
    Migration(1, "create the indexes", ensure_indexes),
    Migration(2, "give matches what they are found by", fill_traits),
]
LEASE_SECONDS = 5.0
# An index on much that is there already takes longer than a request may.
STEP_SECONDS = 3600.0
VERSION = MIGRATIONS[-1].number


class NewerDatabase(Exception):
    """The database was written by a newer version of this server, which must not be undone."""


async def find_version(db: Database) -> int:
    """Return the number of the last step that this database has had."""
    meta = await find_one(db["meta"], {"_id": "schema"})
    return int(meta["version"]) if meta else 0


async def migrate(db: Database, owner: str) -> list[Migration]:
    """Take every step that is missing, and return them; one process at a time.

    Indexes are ensured in any case: a list that grew needs no step of its own.

    Raises:
        NewerDatabase: the database is ahead of this program.

    """
    async with leases.kept(db, "migrations", owner, LEASE_SECONDS):
        have = await find_version(db)
        if have > VERSION:
            raise NewerDatabase(
                f"The database has version {have}, this server knows {VERSION}: update the server."
            )
        missing = [step for step in MIGRATIONS if step.number > have]
        for step in missing:
            with pymongo.timeout(STEP_SECONDS):
                await step.apply(db)
            await db["meta"].update_one(
                {"_id": "schema"}, {"$set": {"version": step.number}}, upsert=True
            )
        if all(step.apply is not ensure_indexes for step in missing):
            with pymongo.timeout(STEP_SECONDS):
                await ensure_indexes(db)
        return missing
