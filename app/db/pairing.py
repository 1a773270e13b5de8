"""Queries on a whole space: what there is to pair, and which pairs have met already."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, TypedDict

from app.db.client import Database
from app.db.driver import Document, Session, aggregate, find, find_by_ids
from app.db.match_documents import Posting
from app.db.matches import OPEN
from app.db.paging import MOST, Order, Page, Window, find_page
from app.db.postings import JUDGED, Kind
from app.db.transactions import Again
from app.db.writing import Writing
from app.ids import kind_of

# By one field alone: a partial index does not lead to where a page by two begins.
BY_IDENTIFIER = Order("_id", descending=False)


class Met(TypedDict):
    """A need and an offer between which there was a match that did not expire unanswered."""

    need: str
    offer: str
    state: str
    proposed_by: str | None


async def find_pairable(
    db: Database, kind: Kind, space: str, at: datetime, after: str | None
) -> Page:
    """Return a page of the open needs or offers of a space that have a seat, without texts."""
    filter = {
        "space": space,
        "status": "OPEN",
        "$expr": {"$lt": ["$taken", "$capacity"]},
        "expires_at": {"$not": {"$lte": at}},
    }
    window = Window(first=MOST, after=after, fields=frozenset(JUDGED))
    return await find_page(db, kind, filter, BY_IDENTIFIER, window)


async def list_met(
    db: Database,
    side: Literal["need", "offer"],
    ids: Sequence[str],
    session: Session | None = None,
) -> list[Met]:
    """Return with which of the other side needs, or offers, have met."""
    shown = {"_id": 0, "need": 1, "offer": 1, "state": 1, "proposed_by": 1}
    met = {side: {"$in": list(ids)}, "state": {"$ne": "EXPIRED"}}
    return await find(db["matches"], met, shown, session=session)


async def count_open(
    writing: Writing, side: Literal["need", "offer"], ids: Iterable[str]
) -> dict[str, int]:
    """Return of how many open matches needs, or offers, are; those of none are left out."""
    theirs = {side: {"$in": list(ids)}, "state": {"$in": OPEN}}
    stages: list[Document] = [
        {"$match": theirs},
        {"$group": {"_id": f"${side}", "count": {"$sum": 1}}},
    ]
    found = await aggregate(writing.db["matches"], stages, writing.session)
    return {one["_id"]: one["count"] for one in found}


async def list_crowded(db: Database, people: Collection[str], most: int) -> set[tuple[str, str]]:
    """Return pairs of people, the first of them one of these, between whom so many are open."""
    stages: list[Document] = [
        {"$match": {"need_owner": {"$in": list(people)}, "state": {"$in": OPEN}}},
        {"$group": {"_id": ["$need_owner", "$offer_owner"], "count": {"$sum": 1}}},
        # Where there are so many, at least half of them are needs of the same one of the two.
        {"$match": {"count": {"$gte": most / 2}}},
    ]
    some = {(one["_id"][0], one["_id"][1]) for one in await aggregate(db["matches"], stages)}
    counts = await count_between(db, some)
    return {pair for pair in some if counts.get(frozenset(pair), 0) >= most}


async def count_between(
    db: Database, pairs: Iterable[tuple[str, str]], session: Session | None = None
) -> dict[frozenset[str], int]:
    """Return how many matches are open between two people, on either side; where there are any."""
    two = {one for pair in pairs for one in (pair, pair[::-1])}
    if not two:
        return {}
    stages: list[Document] = [
        {"$match": {"$or": [_open_of(need, offer) for need, offer in sorted(two)]}},
        {"$group": {"_id": ["$need_owner", "$offer_owner"], "count": {"$sum": 1}}},
    ]
    counts = Counter[frozenset[str]]()
    for one in await aggregate(db["matches"], stages, session):
        counts[frozenset(one["_id"])] += one["count"]
    return dict(counts)


async def list_postings(writing: Writing, kind: Kind, ids: Iterable[str]) -> dict[str, Posting]:
    """Return needs or offers by identifier, as the transaction finds them."""
    found = await find_by_ids(writing.db[kind], ids, session=writing.session)
    return {one["_id"]: one for one in found}


async def claim_postings(writing: Writing, postings: Sequence[Posting]) -> None:
    """Hold needs and offers that are as they were read: nobody ends them in the meantime.

    Raises:
        Again: one has changed; the next attempt has to read them anew.

    """
    by_kind: dict[str, list[tuple[Document, Document]]] = {}
    for posting in postings:
        seen: Document = dict(posting)
        same = {key: seen[key] for key in ("_id", "version", "status", "taken")}
        by_kind.setdefault(kind_of(posting["_id"]) or "", []).append((same, {"$inc": {"turns": 1}}))
    for kind, changes in by_kind.items():
        if await writing.update(kind, *changes) != len(changes):
            raise Again


def _open_of(need_owner: str, offer_owner: str) -> Document:
    return {"need_owner": need_owner, "offer_owner": offer_owner, "state": {"$in": OPEN}}
