"""Queries on blocks: who wants nothing to do with whom. A block works both ways."""

from collections.abc import Collection
from typing import cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import PyMongoError, Session, is_duplicate
from app.db.match_documents import Block
from app.db.paging import Order, Page, Window, find_page
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import derived_id

NEWEST = Order("created_at")


def block_id(blocker: str, blocked: str) -> str:
    """Return the one identifier that a block of this person by the other can have."""
    return derived_id("blocks", blocker, blocked)


async def list_blocked_with(db: Database, person: str) -> set[str]:
    """Return whom a person blocked and who blocked the person."""
    either = {"$or": [{"blocker": person}, {"blocked": person}]}
    found = await db["blocks"].find(either, {"blocker": 1, "blocked": 1}).to_list(None)
    return {id for block in found for id in (block["blocker"], block["blocked"])} - {person}


async def list_blocks_among(
    db: Database, people: Collection[str], session: Session | None = None
) -> set[tuple[str, str]]:
    """Return who of these people blocked whom of them, as (blocker, blocked)."""
    return {pair for pair in await list_blocks_by(db, people, session) if pair[1] in people}


async def list_blocks_by(
    db: Database, people: Collection[str], session: Session | None = None
) -> set[tuple[str, str]]:
    """Return whom these people blocked, as (blocker, blocked)."""
    theirs, shown = {"blocker": {"$in": list(people)}}, {"_id": 0, "blocker": 1, "blocked": 1}
    found = await db["blocks"].find(theirs, shown, session=session).to_list(None)
    return {(one["blocker"], one["blocked"]) for one in found}


async def list_blocks(db: Database, ids: list[str]) -> list[Block]:
    """Return the blocks with these identifiers, in no order."""
    found = db["blocks"].find({"_id": {"$in": ids}}).batch_size(len(ids) + 1)
    return cast("list[Block]", await found.to_list(None))


async def find_blocks(db: Database, blocker: str, window: Window) -> Page:
    """Return a page of the blocks of a person, newest first."""
    return await find_page(db, "blocks", {"blocker": blocker}, NEWEST, window)


async def upsert_block(writing: Writing, block: Block) -> Block | None:
    """Block somebody. Return the block that was there before, if there was one.

    Raises:
        Again: the same block has just come from elsewhere; the next attempt finds it.

    """
    try:
        found = await writing.db["blocks"].find_one_and_update(
            {"_id": block["_id"]},
            {"$setOnInsert": {key: value for key, value in block.items() if key != "_id"}},
            upsert=True,
            session=writing.session,
            return_document=ReturnDocument.BEFORE,
        )
    except PyMongoError as error:
        if is_duplicate(error):
            raise Again from error
        raise
    return cast("Block | None", found)


async def delete_block(writing: Writing, id: str) -> bool:
    """Take a block back; False if there was none."""
    gone = await writing.db["blocks"].delete_one({"_id": id}, session=writing.session)
    return gone.deleted_count == 1
