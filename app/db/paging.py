"""Pages by keyset: a cursor names the last item seen, never an offset, so that nothing is skipped.

The order is one field and then `_id`, both in the same direction; an index must serve it.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from app.db.client import Database
from app.db.driver import Document
from app.failures import InvalidInput, Problem

MOST = 100
USUAL = 20
EPOCH, MILLISECOND = datetime(1970, 1, 1), timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for, as Relay has it."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

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
    """The order of a list: a field, then `_id`; `descending` holds for both."""

    field: str
    descending: bool = True


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
        return encode_cursor(item, self.order)

    async def count(self) -> int:
        """Return how many items the whole list has."""
        return await self.database[self.collection].count_documents(self.filter)


async def find_page(
    db: Database, collection: str, filter: Document, order: Order, window: Window
) -> Page:
    """Return the window's part of the list; one query, one item more than is shown.

    Raises:
        InvalidInput: the window or a cursor is not valid.

    """
    window.check()
    descending = order.descending != window.backwards
    bounded: list[Document] = [filter] if filter else []
    for name, cursor, forward in (("after", window.after, True), ("before", window.before, False)):
        if cursor is not None:
            bounded.append(_beyond(decode_cursor(cursor, name), order, forward=forward))
    sign = -1 if descending else 1
    sort = [(order.field, sign)] + ([("_id", sign)] if order.field != "_id" else [])
    found = (
        db[collection]
        .find({"$and": bounded} if bounded else {})
        .sort(sort)
        .limit(window.size + 1)
        .batch_size(window.size + 2)
    )
    items: list[Document] = await found.to_list(None)
    more = len(items) > window.size
    items = items[: window.size]
    if window.backwards:
        items.reverse()
        return Page(items, order, window.before is not None, more, db, collection, filter)
    return Page(items, order, more, window.after is not None, db, collection, filter)


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
        raise InvalidInput(Problem(path, "This is no cursor of this list; take one of `pageInfo`."))
    return [value, id]


def _beyond(place: list[Any], order: Order, *, forward: bool) -> Document:
    value, id = place
    operator = "$lt" if order.descending == forward else "$gt"
    if order.field == "_id":
        return {"_id": {operator: id}}
    further = {order.field: {operator: value}}
    return {"$or": [further, {order.field: value, "_id": {operator: id}}]}
