"""Queries on blocks: who wants nothing to do with whom. A block works both ways."""

from app.db.client import Database
from app.ids import derived_id


def block_id(blocker: str, blocked: str) -> str:
    """Return the one identifier that a block of this person by the other can have."""
    return derived_id("blocks", blocker, blocked)


async def list_blocked_with(db: Database, person: str) -> set[str]:
    """Return whom a person blocked and who blocked the person."""
    either = {"$or": [{"blocker": person}, {"blocked": person}]}
    found = await db["blocks"].find(either, {"blocker": 1, "blocked": 1}).to_list(None)
    return {id for block in found for id in (block["blocker"], block["blocked"])} - {person}
