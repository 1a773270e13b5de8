"""Queries on confirmations: what each person says of a value of a facet, one word each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from app.db.client import Database
from app.db.driver import Session, find, find_by_ids
from app.db.paging import Children, Order, Page, Window, find_pages
from app.db.pool_documents import Confirmation, Value
from app.db.writing import Writing
from app.ids import derived_id

LATEST = Order("at")
OF_ENTRIES = Children("confirmations", key="entry", owners="entries", order=LATEST)
# So many of the latest are heard at most where all that was said of an entry matters.
MOST_HEARD = 1_000


def confirmation_id(entry: str, facet: str, round: int, user: str) -> str:
    """Return the one identifier of what a person says of one value of a facet."""
    return derived_id("confirmations", entry, facet, round, user)


async def list_confirmations(
    db: Database, ids: Collection[str], session: Session | None = None
) -> dict[str, Confirmation]:
    """Return the confirmations with these identifiers that there are, by identifier."""
    found = await find_by_ids(db["confirmations"], ids, session=session)
    return {one["_id"]: one for one in found}


async def list_in_round(writing: Writing, entry: str, facet: str, round: int) -> list[Confirmation]:
    """Return what people say of one value of a facet, as a transaction sees it."""
    wanted = {"entry": entry, "facet": facet, "round": round}
    return await find(writing.db["confirmations"], wanted, session=writing.session)


async def list_since(writing: Writing, entry: str, since: datetime) -> list[Confirmation]:
    """Return the latest that people said of an entry, from an instant on."""
    wanted = {"entry": entry, "at": {"$gte": since}}
    return await find(
        writing.db["confirmations"],
        wanted,
        sort={"at": -1, "_id": -1},
        limit=MOST_HEARD,
        session=writing.session,
    )


async def list_of_person(
    writing: Writing, entry: str, user: str, since: datetime, until: datetime
) -> list[Confirmation]:
    """Return what one person said of an entry in a time, in no order."""
    wanted = {"entry": entry, "user": user, "at": {"$gte": since, "$lte": until}}
    return await find(writing.db["confirmations"], wanted, session=writing.session)


async def find_confirmations(
    db: Database, entries: Sequence[str], window: Window
) -> dict[str, Page]:
    """Return a page of what people said of each entry, the latest first, by entry."""
    return await find_pages(db, OF_ENTRIES, entries, window)


async def upsert_confirmation(writing: Writing, said: Confirmation) -> None:
    """Keep what a person says, in place of what they said of the same value before."""
    await writing.db["confirmations"].replace_one(
        {"_id": said["_id"]}, said, upsert=True, session=writing.session
    )


async def delete_confirmations(writing: Writing, ids: Collection[str]) -> None:
    """Forget what was said."""
    if ids:
        await writing.db["confirmations"].delete_many(
            {"_id": {"$in": list(ids)}}, session=writing.session
        )


async def delete_of_values(writing: Writing, entry: str, values: Mapping[str, Value]) -> None:
    """Forget what was said for values of an entry, given by facets."""
    for facet, value in values.items():
        await writing.db["confirmations"].delete_many(
            {"entry": entry, "facet": facet, "value": value}, session=writing.session
        )
