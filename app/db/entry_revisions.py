"""Queries on the revisions of entries: what each version of them said, and what filters saw."""

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from app.db.client import Database
from app.db.driver import Document, Session, find, find_by_ids, find_one
from app.db.paging import Children, Order, Page, Window, find_pages
from app.db.pool_documents import FacetValue, Revision, Value
from app.db.writing import Writing
from app.ids import derived_id

LATEST = Order("version")
OF_ENTRIES = Children("entry_revisions", key="entry", owners="entries", order=LATEST)
# Whoever did one of these has a share in what the entry says.
CONTRIBUTING = ("CONTRIBUTED", "IMPORTED", "EDITED", "REVERTED")
# What only streams need, and is much.
WITHOUT_WORDS: dict[str, int] = {"matched.words": 0}


def revision_id(entry: str, version: int) -> str:
    """Return the identifier of the revision that a version of an entry is."""
    return derived_id("entry_revisions", entry, version)


async def insert_revisions(writing: Writing, revisions: Sequence[Revision]) -> None:
    """Keep versions of entries."""
    await writing.insert("entry_revisions", *revisions)


async def find_revision(
    db: Database, entry: str, version: int, session: Session | None = None
) -> Revision | None:
    """Return what an entry was in one version, without the words it was found by."""
    wanted = {"_id": revision_id(entry, version)}
    found = await find_one(db["entry_revisions"], wanted, WITHOUT_WORDS, session=session)
    return cast("Revision | None", found)


async def list_revisions(
    db: Database, ids: Collection[str], session: Session | None = None
) -> list[Revision]:
    """Return the revisions with these identifiers, in no order, without words."""
    return await find_by_ids(db["entry_revisions"], ids, WITHOUT_WORDS, session=session)


async def find_revisions(db: Database, entries: Sequence[str], window: Window) -> dict[str, Page]:
    """Return a page of the revisions of each entry, the latest first, by entry."""
    return await find_pages(db, OF_ENTRIES, entries, window)


async def find_held(writing: Writing, entry: str, facet: str, value: Value) -> FacetValue | None:
    """Return a facet as it last was with a value; None: it never had it."""
    held = f"facets.{facet}"
    wanted = {"entry": entry, f"{held}.value": {"$eq": value}}
    found = await find_one(
        writing.db["entry_revisions"],
        wanted,
        {held: 1},
        sort={"version": -1},
        session=writing.session,
    )
    return None if found is None else cast("FacetValue", found["facets"][facet])


async def has_contributed(db: Database, space: str, user: str) -> bool:
    """Say whether a person has written in a pool: a tap or a word about a value is none of it."""
    wanted = {"space": space, "by": user, "cause": {"$in": list(CONTRIBUTING)}}
    found = await find_one(db["entry_revisions"], wanted, {"_id": 1})
    return found is not None


async def list_contents(writing: Writing, entry: str) -> list[Revision]:
    """Return all that an entry ever was, the earliest first, without the words it was found by."""
    return await find(
        writing.db["entry_revisions"],
        {"entry": entry},
        WITHOUT_WORDS,
        sort={"version": 1},
        session=writing.session,
    )


async def amend_revisions(writing: Writing, amended: Mapping[str, Document]) -> None:
    """Set anew how revisions are found and who reads them: by identifier, fields with values."""
    changes: list[tuple[Document, Document]] = [
        ({"_id": id}, {"$set": {**fields, "amended": True}}) for id, fields in amended.items()
    ]
    await writing.update("entry_revisions", *changes)
