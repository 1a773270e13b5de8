"""Queries on blocks: who wants nothing to do with whom. A block works both ways."""

from collections.abc import Collection, Iterable
from typing import NamedTuple, cast

from pymongo import ReturnDocument

from app.db.client import Database
from app.db.driver import PyMongoError, Session, find, find_by_ids, is_duplicate
from app.db.match_documents import Block
from app.db.paging import Order, Page, Window, find_page
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import derived_id

NEWEST = Order("created_at")
LATEST = {"created_at": -1, "_id": -1}


def block_id(blocker: str, blocked: str) -> str:
    """Return the one identifier that a block of this person by the other can have."""
    return derived_id("blocks", blocker, blocked)


class Kept(NamedTuple):
    """Whom a block keeps from a person, either way; `all` says whether these are all of them."""

    people: frozenset[str]
    all: bool


async def list_kept(db: Database, person: str, most: int) -> Kept:
    """Return whom a person blocked, and who blocked the person: of either the newest so many."""
    found: list[str] = []
    everybody = True
    for me, other in (("blocker", "blocked"), ("blocked", "blocker")):
        some = await find(db["blocks"], {me: person}, {other: 1}, sort=LATEST, limit=most + 1)
        found += [block[other] for block in some[:most]]
        everybody = everybody and len(some) <= most
    return Kept(frozenset(found), everybody)


async def list_between(db: Database, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of these pairs of people of whom one has blocked the other."""
    ids: dict[str, tuple[str, str]] = {}
    for one, other in pairs:
        ids[block_id(one, other)] = ids[block_id(other, one)] = (one, other)
    if not ids:
        return set()
    return {ids[block["_id"]] for block in await find_by_ids(db["blocks"], ids, {"_id": 1})}


async def count_blocks(writing: Writing, blocker: str, most: int) -> int:
    """Return how many a person blocked; `most` if they are as many or more."""
    theirs = {"blocker": blocker}
    return await writing.db["blocks"].count_documents(theirs, limit=most, session=writing.session)


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
    found = await find(db["blocks"], theirs, shown, session=session)
    return {(one["blocker"], one["blocked"]) for one in found}


async def list_blocks(db: Database, ids: list[str]) -> list[Block]:
    """Return the blocks with these identifiers, in no order."""
    return await find_by_ids(db["blocks"], ids)


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
