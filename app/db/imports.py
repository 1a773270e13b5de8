"""Queries on imports, and on what they brought."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from app.db.client import Database
from app.db.driver import Session, find, find_by_ids, find_one
from app.db.entries import WITHOUT_WORDS
from app.db.paging import Order, Page, Window, find_page
from app.db.pool_documents import Entry, Import, ImportSource
from app.db.transactions import Again
from app.db.writing import Writing

NEWEST = Order("created_at")


async def find_import(db: Database, id: str, session: Session | None = None) -> Import | None:
    """Return an import by identifier."""
    return cast("Import | None", await find_one(db["imports"], {"_id": id}, session=session))


async def list_imports(db: Database, ids: Iterable[str]) -> list[Import]:
    """Return the imports with these identifiers, in no order."""
    return await find_by_ids(db["imports"], ids)


async def find_imports(db: Database, space: str, window: Window) -> Page:
    """Return a page of the imports into a pool, newest first."""
    return await find_page(db, "imports", {"space": space}, NEWEST, window)


async def update_import(writing: Writing, before: Import, change: Mapping[str, Any]) -> Import:
    """Change an import that is still as it was read, and return it as it is then.

    Raises:
        Again: it is not; the next attempt has to read it anew.

    """
    same = {"_id": before["_id"], "version": before["version"]}
    update = {"$set": dict(change), "$inc": {"version": 1}}
    if await writing.update("imports", (same, update)) != 1:
        raise Again
    return cast("Import", {**before, **change, "version": before["version"] + 1})


async def count_files(db: Database, space: str, source: str, session: Session | None = None) -> int:
    """Return how many files of a source have come into a pool."""
    files = db["import_sources"]
    found = await find_one(files, {"_id": _source_id(space, source)}, session=session)
    return 0 if found is None else int(found["files"])


async def count_file(writing: Writing, space: str, source: str, seen: int) -> bool:
    """Count one more file of a source; say whether none has come since there were so many.

    Transactions that bring files of one source meet here: the later one is begun again.
    """
    if await count_files(writing.db, space, source, writing.session) != seen:
        return False
    id = _source_id(space, source)
    if seen == 0:
        await writing.insert("import_sources", ImportSource(_id=id, space=space, files=1))
    else:
        await writing.update("import_sources", ({"_id": id}, {"$inc": {"files": 1}}))
    return True


async def list_known(db: Database, space: str, source: str, ids: Iterable[str]) -> set[str]:
    """Return which of a source's own identifiers have come into a pool before, and are there."""
    known = {
        "space": space,
        "source.name": source,
        "source.id": {"$in": list(ids), "$type": "string"},
        "state": {"$ne": "HIDDEN"},
    }
    found = await find(db["entries"], known, {"source.id": 1})
    return {entry["source"]["id"] for entry in found}


async def list_brought(writing: Writing, id: str, after: str, limit: int) -> list[Entry]:
    """Return some of the entries that an import brought, by identifier, above one."""
    brought = {"source.imported": {"$eq": id, "$type": "string"}, "_id": {"$gt": after}}
    return await find(
        writing.db["entries"],
        brought,
        WITHOUT_WORDS,
        sort={"_id": 1},
        limit=limit,
        session=writing.session,
    )


def _source_id(space: str, source: str) -> str:
    return f"{space} {source}"
