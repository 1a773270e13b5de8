"""Pages by keyset: a cursor names the last item seen, never an offset, so that nothing is skipped.

The order is one field and then `_id`, both in the same direction; an index must serve it. Pages of
many lists at once, one for each owner of a level, are read by one command.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from app.db.client import Database
from app.db.driver import Document, aggregate, find
from app.failures import InvalidInput, Problem

MOST = 100
USUAL = 20
# A pipeline may have 1,000 stages.
MOST_COUNTED = 500
# As far as lists are counted: so nobody lets much be read for a number alone.
MOST_TOLD = 10_000
NO_CURSOR = "This is no cursor of this list; take one of `pageInfo`."
EPOCH, MILLISECOND = datetime(1970, 1, 1), timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for, as Relay has it, and which fields of its documents.

    Without `fields` they are read whole.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    fields: frozenset[str] | None = None

    @property
    def size(self) -> int:
        """Return how many items are asked for."""
        asked = self.last if self.first is None else self.first
        return USUAL if asked is None else asked

    @property
    def backwards(self) -> bool:
        """Say whether the window is counted from the end."""
        return self.last is not None

    def check(self) -> None:
        """Refuse what no list can answer.

        Raises:
            InvalidInput: both directions at once, or a size out of bounds.

        """
        problems = []
        if self.first is not None and self.last is not None:
            problems.append(Problem("last", "Ask for `first` or for `last`, not for both."))
        for name, asked in (("first", self.first), ("last", self.last)):
            if asked is not None and not 0 <= asked <= MOST:
                problems.append(Problem(name, f"Ask for 0 to {MOST} items, not {asked}."))
        if problems:
            raise InvalidInput(*problems)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: a field, then `_id`; `descending` holds for both.

    `sealed` says that the field is a number of the event log, of which no two items have the same.
    """

    field: str
    descending: bool = True
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Children:
    """Lists that belong to owners: `key` of an item is its owner's identifier."""

    collection: str
    key: str
    owners: str
    order: Order


@dataclass(slots=True)
class Page:
    """Some items of a list, and what is needed to go on or to count all."""

    items: list[Document]
    order: Order
    has_next: bool
    has_previous: bool
    database: Database = field(repr=False)
    collection: str = ""
    filter: Document = field(default_factory=dict)

    def cursor(self, item: Document) -> str:
        """Return the cursor of an item of this page."""
        if self.order.sealed:
            return self.database.seal.close(item[self.order.field])
        return encode_cursor(item, self.order)

    async def count(self) -> int:
        """Return how many items the whole list has, `MOST_TOLD` at most."""
        counted = self.database[self.collection]
        return await counted.count_documents(self.filter, limit=MOST_TOLD)


async def find_page(
    db: Database,
    collection: str,
    filter: Document,
    order: Order,
    window: Window,
    *,
    reads: Sequence[str] = (),
) -> Page:
    """Return the window's part of the list; one query, one item more than is shown.

    The caller `reads` fields beside those of the window.

    Raises:
        InvalidInput: the window or a cursor is not valid.

    """
    window.check()
    bounded = ([filter] if filter else []) + await _bounds(db, order, window)
    found = await find(
        db[collection],
        {"$and": bounded} if bounded else {},
        _projection(order, window, reads),
        sort=_sorting(order, window),
        limit=window.size + 1,
    )
    return _page(db, (collection, filter), order, window, found)


async def find_pages(
    db: Database,
    children: Children,
    owners: Sequence[str],
    window: Window,
    filter: Document | None = None,
) -> dict[str, Page]:
    """Return the same window's part of the list of each owner, by owner, with one command.

    Raises:
        InvalidInput: the window or a cursor is not valid.

    """
    window.check()
    order, key = children.order, children.key
    places = {id: (children.collection, {key: id, **(filter or {})}) for id in owners}
    if len(places) == 1:
        return {id: await find_page(db, *place, order, window) for id, place in places.items()}
    bounded = ([filter] if filter else []) + await _bounds(db, order, window)
    pipeline: list[Document] = [
        *([{"$match": {"$and": bounded}}] if bounded else []),
        {"$sort": _sorting(order, window)},
        {"$limit": window.size + 1},
    ]
    projection = _projection(order, window)
    if projection is not None:
        pipeline.append({"$project": projection})
    found = await aggregate(
        db[children.owners],
        [
            {"$match": {"_id": {"$in": list(places)}}},
            {"$project": {"_id": 1}},
            {
                "$lookup": {
                    "from": children.collection,
                    "localField": "_id",
                    "foreignField": key,
                    "pipeline": pipeline,
                    "as": "items",
                }
            },
        ],
    )
    items = {owner["_id"]: owner["items"] for owner in found}
    return {id: _page(db, place, order, window, items.get(id, [])) for id, place in places.items()}


async def count_pages(pages: Sequence[Page]) -> list[int]:
    """Return how many items the whole list of each page has, with one command, as `count` does."""
    if len(pages) == 1:
        return [await pages[0].count()]
    counts = [0] * len(pages)
    for start in range(0, len(pages), MOST_COUNTED):
        [first, *others] = enumerate(pages[start : start + MOST_COUNTED], start)
        pipeline = _counting(*first) + [
            {"$unionWith": {"coll": page.collection, "pipeline": _counting(n, page)}}
            for n, page in others
        ]
        for counted in await aggregate(first[1].database[first[1].collection], pipeline):
            counts[counted["_id"]] = counted["count"]
    return counts


def encode_cursor(item: Document, order: Order) -> str:
    """Return the place of an item in its list as opaque text."""
    value = item[order.field]
    if isinstance(value, datetime):
        value = {"t": (value - EPOCH) // MILLISECOND}
    return base64.urlsafe_b64encode(orjson.dumps([value, item["_id"]])).decode().rstrip("=")


def decode_cursor(cursor: str, path: str) -> list[Any]:
    """Return the place that a cursor names: the value of the order's field, and the identifier.

    Raises:
        InvalidInput: it is no cursor of ours.

    """
    try:
        value, id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(value, dict):
            value = EPOCH + value["t"] * MILLISECOND
    except (ValueError, TypeError, KeyError, OverflowError, binascii.Error):
        value = id = None
    if not isinstance(value, str | int | float | datetime) or not isinstance(id, str | int):
        raise InvalidInput(Problem(path, NO_CURSOR))
    return [value, id]


def _page(
    db: Database,
    place: tuple[str, Document],
    order: Order,
    window: Window,
    found: list[Document],
) -> Page:
    more = len(found) > window.size
    items = found[: window.size]
    if window.backwards:
        items.reverse()
        return Page(items, order, window.before is not None, more, db, *place)
    return Page(items, order, more, window.after is not None, db, *place)


def _counting(n: int, page: Page) -> list[Document]:
    counted = {"_id": {"$literal": n}, "count": {"$sum": 1}}
    return [{"$match": page.filter}, {"$limit": MOST_TOLD}, {"$group": counted}]


def _projection(order: Order, window: Window, reads: Sequence[str] = ()) -> dict[str, int] | None:
    if window.fields is None:
        return None
    return dict.fromkeys(sorted({"_id", order.field, *window.fields, *reads}), 1)


def _sorting(order: Order, window: Window) -> dict[str, int]:
    sign = -1 if order.descending != window.backwards else 1
    return {order.field: sign, "_id": sign}


async def _bounds(db: Database, order: Order, window: Window) -> list[Document]:
    bounds = []
    seal = await db.find_seal() if order.sealed else None
    for name, cursor, forward in (("after", window.after, True), ("before", window.before, False)):
        if cursor is None:
            continue
        if seal is None:
            bounds.append(_beyond(decode_cursor(cursor, name), order, forward=forward))
        elif (number := seal.open(cursor)) is None:
            raise InvalidInput(Problem(name, NO_CURSOR))
        else:
            operator = "$lt" if order.descending == forward else "$gt"
            bounds.append({order.field: {operator: number}})
    return bounds


def _beyond(place: list[Any], order: Order, *, forward: bool) -> Document:
    value, id = place
    operator = "$lt" if order.descending == forward else "$gt"
    if order.field == "_id":
        return {"_id": {operator: id}}
    further = {order.field: {operator: value}}
    return {"$or": [further, {order.field: value, "_id": {operator: id}}]}
