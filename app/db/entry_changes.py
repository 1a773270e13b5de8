"""Queries on what filters saw of entries in versions of theirs, for those who tell of changes."""

from collections.abc import Collection
from typing import NamedTuple

from app.db.client import Database
from app.db.driver import find_by_ids
from app.db.entry_revisions import revision_id
from app.db.pool_documents import Matched

# An entry and the number of one of its versions.
Version = tuple[str, int]


class Seen(NamedTuple):
    """What filters see of a version, and whether that is not what they saw at its time."""

    matched: Matched
    amended: bool


async def list_seen(db: Database, versions: Collection[Version]) -> dict[Version, Seen]:
    """Return what filters see of these versions; those that are not kept are left out."""
    named = {revision_id(*version): version for version in versions}
    shown = {"matched": 1, "amended": 1}
    return {
        named[one["_id"]]: Seen(one["matched"], bool(one.get("amended")))
        for one in await find_by_ids(db["entry_revisions"], named, shown)
    }
