"""Queries on postings, which are needs and offers: two collections of one shape."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from pymongo import ASCENDING, GEOSPHERE, ReturnDocument

from app.db.client import Database
from app.db.driver import Document, Session, find, find_by_ids, find_one
from app.db.match_documents import Posting
from app.db.paging import Order, Page, Window, find_page
from app.db.writing import Writing
from app.ids import kind_of

Kind = Literal["needs", "offers"]
Keys = list[tuple[str, int | str]]
KINDS: tuple[Kind, Kind] = ("needs", "offers")
NEWEST = Order("created_at")
OPEN = "OPEN"
LIVING = [OPEN, "FULFILLED"]
# What a judge reads of a posting: no texts.
JUDGED = (
    "space", "owner", "category", "skills", "languages", "kind", "place", "radius_metres",
    "windows", "capacity", "taken", "commitment", "least_trust", "verified_only", "status",
    "expires_at", "traits",
)  # fmt: skip
# The indexes by which candidates are found.
SOUGHT: Keys = [("space", ASCENDING), ("kind", ASCENDING)]
NEAR: Keys = [*SOUGHT, ("traits.area", GEOSPHERE)]
CATEGORY_NEAR: Keys = [*SOUGHT, ("traits.category", ASCENDING), ("traits.area", GEOSPHERE)]
ALIKE: Keys = [
    *SOUGHT,
    ("traits.area.type", ASCENDING),
    ("traits.category", ASCENDING),
    ("traits.skills", ASCENDING),
]
# MongoDB turns metres into angles by the equator's radius, and everybody else by the mean one.
STRETCHED = 6_378_100 / 6_371_008.8 * (1 + 1e-9)


def is_posting(id: str) -> bool:
    """Say whether an identifier is that of a need or an offer."""
    return kind_of(id) in KINDS


async def find_posting(db: Database, id: str, session: Session | None = None) -> Posting | None:
    """Return a need or an offer by identifier."""
    if not is_posting(id):
        return None
    found = await find_one(db[kind_of(id) or ""], {"_id": id}, session=session)
    return cast("Posting | None", found)


async def list_postings(db: Database, ids: Iterable[str]) -> list[Posting]:
    """Return the needs and offers with these identifiers, in no order."""
    by_kind: dict[str, list[str]] = {}
    for id in ids:
        if is_posting(id):
            by_kind.setdefault(kind_of(id) or "", []).append(id)
    found: list[Any] = []
    for kind, wanted in by_kind.items():
        found += await find_by_ids(db[kind], wanted)
    return found


async def find_postings(
    db: Database, kind: Kind, filter: Document, window: Window, *, reads: Sequence[str] = ()
) -> Page:
    """Return a page of needs or offers of a filter on a space, newest first."""
    return await find_page(db, kind, filter, NEWEST, window, reads=reads)


async def update_posting(
    writing: Writing, id: str, version: int, change: Document
) -> Posting | None:
    """Change a posting that still has this version, and lives; None if it has moved on.

    A new capacity holds those that are taken: otherwise the posting counts as moved on.
    """
    as_seen: Document = {"_id": id, "version": version, "status": {"$in": LIVING}}
    if "capacity" in change:
        as_seen["taken"] = {"$lte": change["capacity"]}
    return await _update(writing, as_seen, change)


async def end_posting(writing: Writing, id: str, status: str) -> Posting | None:
    """Give a posting that lives its last status; None if it has ended already."""
    return await _update(writing, {"_id": id, "status": {"$in": LIVING}}, {"status": status})


async def expire_posting(writing: Writing, id: str) -> Posting | None:
    """End a posting that lives and whose time is over; None if there is nothing to end."""
    due = {"_id": id, "status": {"$in": LIVING}, "expires_at": {"$lte": writing.at}}
    return await _update(writing, due, {"status": "EXPIRED"})


async def list_due_postings(db: Database, now: datetime, limit: int) -> list[str]:
    """Return the needs and offers that live and whose time is over.

    Fulfilled ones too: what waits for a seat of theirs would wait for ever. Confirmed matches stay.
    """
    # MongoDB uses the partial index only for a query that names the type, too.
    due = {"status": {"$in": LIVING}, "expires_at": {"$lte": now, "$type": "date"}}
    found: list[str] = []
    for kind in KINDS:
        some = await find(db[kind], due, {"_id": 1}, limit=limit)
        found += [posting["_id"] for posting in some]
    return found[:limit]


async def list_shown_exactly(
    db: Database, person: str, ids: Sequence[str], states: Sequence[str]
) -> set[str]:
    """Return those of the postings with which a person has a match in one of these states."""
    sides: list[Document] = []
    for kind, side, across in (("needs", "need", "offer_owner"), ("offers", "offer", "need_owner")):
        wanted = [id for id in ids if kind_of(id) == kind]
        if wanted:
            sides.append({side: {"$in": wanted}, "state": {"$in": list(states)}, across: person})
    if not sides:
        return set()
    either = sides[0] if len(sides) == 1 else {"$or": sides}
    found = await find(db["matches"], either, {"need": 1, "offer": 1})
    return {match[side] for match in found for side in ("need", "offer")} & set(ids)


async def list_candidates(
    db: Database, posting: Posting, at: datetime, besides: Sequence[str], most: int
) -> list[Posting]:
    """Return what of the other side could go with a posting, as far as an index can tell.

    Open at this instant, with a seat and time in common, of nobody whom it is not to be. At most so
    many that have a place, the nearest of its own category first and then of any, and so many that
    have none; if the posting itself has no place, so many in all. Of each only what is `JUDGED`.
    """
    kind: Kind = "needs" if kind_of(posting["_id"]) == "offers" else "offers"
    fitting = _fitting(posting, at, besides)
    near, anywhere = await asyncio.gather(
        _list_near(db, kind, posting, fitting, most),
        _list_anywhere(db, kind, posting, fitting, most),
    )
    return cast("list[Posting]", near + anywhere)


async def _update(writing: Writing, filter: Document, change: Document) -> Posting | None:
    found = await writing.db[kind_of(filter["_id"]) or ""].find_one_and_update(
        filter,
        {"$set": change, "$inc": {"version": 1}},
        session=writing.session,
        return_document=ReturnDocument.AFTER,
    )
    return cast("Posting | None", found)


def _fitting(posting: Posting, at: datetime, besides: Sequence[str]) -> Document:
    lasting = {"$or": [{"expires_at": None}, {"expires_at": {"$gt": at}}]}
    begins, ends = at, None
    if posting["windows"]:
        begins = max(at, min(window["starts_at"] for window in posting["windows"]))
        ends = max(window["ends_at"] for window in posting["windows"])
    span: Document = {"ends_at": {"$gt": begins}}
    if ends is not None:
        span["starts_at"] = {"$lt": ends}
    timely = {"$or": [{"windows": []}, {"windows": {"$elemMatch": span}}]}
    return {
        "space": posting["space"],
        "kind": posting["kind"],
        "status": OPEN,
        "owner": {"$nin": list(besides)},
        "$expr": {"$lt": ["$taken", "$capacity"]},
        "$and": [lasting, timely],
    }


async def _list_near(
    db: Database, kind: Kind, posting: Posting, fitting: Document, most: int
) -> list[Document]:
    if posting["place"] is None:
        return []
    sphere: Document = {"$geometry": posting["place"]}
    if posting["radius_metres"] is not None:
        sphere["$maxDistance"] = posting["radius_metres"] * STRETCHED
    near = {**fitting, "traits.area": {"$nearSphere": sphere}}
    preferred = [({**near, **_alike(posting)}, CATEGORY_NEAR)]
    return await _list_preferred(db, kind, (near, NEAR), preferred, most)


async def _list_anywhere(
    db: Database, kind: Kind, posting: Posting, fitting: Document, most: int
) -> list[Document]:
    placed = {"$in": [None, "Point"]} if posting["place"] is None else None
    wide = {**fitting, "traits.area.type": placed}
    alike = {**wide, **_alike(posting)}
    skilled = {**alike, "traits.skills": {"$in": posting["traits"]["skills"]}}
    return await _list_preferred(db, kind, (wide, ALIKE), [(skilled, ALIKE), (alike, ALIKE)], most)


Search = tuple[Document, Keys]


async def _list_preferred(
    db: Database, kind: Kind, whole: Search, preferred: Sequence[Search], most: int
) -> list[Document]:
    """Return all there is if it is little, else what is preferred before the rest of it."""
    everything = await _search(db, kind, whole, most)
    if len(everything) < most:
        return everything
    found: dict[str, Document] = {}
    for search in preferred:
        if len(found) < most:
            found = _joined(found, await _search(db, kind, search, most))
    return list(_joined(found, everything).values())[:most]


def _joined(found: dict[str, Document], more: list[Document]) -> dict[str, Document]:
    return found | {one["_id"]: one for one in more if one["_id"] not in found}


async def _search(db: Database, kind: Kind, search: Search, most: int) -> list[Document]:
    """Return the first that a filter finds by an index.

    By `find`: as the stage of a pipeline, MongoDB would look for many more than are wanted. And by
    an index that is named, which it would not take always.
    """
    filter, keys = search
    found = db[kind].find(filter, dict.fromkeys(JUDGED, 1), hint=keys).limit(most)
    return await found.batch_size(most + 1).to_list(None)


def _alike(posting: Posting) -> Document:
    return {"traits.category": posting["traits"]["category"]}
