"""Queries on levels: who supports which campaign at which level, as it is at present."""

from collections.abc import Iterable

from app.db.campaign_documents import SupportLevel
from app.db.client import Database
from app.db.driver import find, find_by_ids
from app.db.writing import Writing
from app.ids import derived_id

MOST_LEVELS = 10_000


async def list_levels(db: Database, user: str) -> list[SupportLevel]:
    """Return the levels at which a person supports campaigns."""
    return await find(db["levels"], {"user": user}, limit=MOST_LEVELS)


async def list_levels_in(db: Database, user: str, campaigns: Iterable[str]) -> list[SupportLevel]:
    """Return the levels at which a person supports these campaigns."""
    ids = [derived_id("levels", campaign, user) for campaign in campaigns]
    return await find_by_ids(db["levels"], ids)


async def replace_level(
    writing: Writing, campaign: str, user: str, rank: int, rights: list[str]
) -> bool:
    """Set a person's level; say whether it is another one than before."""
    _id = derived_id("levels", campaign, user)
    level = SupportLevel(_id=_id, campaign=campaign, user=user, rank=rank, rights=sorted(rights))
    before = await writing.db["levels"].find_one_and_replace(
        {"_id": _id}, level, upsert=True, session=writing.session
    )
    return before is None or before["rank"] != rank or before["rights"] != level["rights"]


async def delete_level(writing: Writing, campaign: str, user: str) -> bool:
    """Take a person's level away; say whether there was one."""
    gone = await writing.db["levels"].delete_one(
        {"_id": derived_id("levels", campaign, user)}, session=writing.session
    )
    return gone.deleted_count == 1
