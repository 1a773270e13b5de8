"""The data: people, spaces, series, observations and alerts, the same in every run.

Of each size there are five times as many people as objects, and twenty children to an object: a
series has twenty observations, a space twenty members.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database as RawDatabase

from app.clock import now
from app.db.client import Database
from app.db.indexes import ensure_indexes
from app.db.migrations import migrate
from app.db.paging import encode_cursor
from app.db.series import NEWEST
from app.ids import derived_id, fingerprint
from benchmarks.shapes import Pools

Document = dict[str, Any]
Raw = RawDatabase[Document]

BEGUN = datetime(2026, 1, 1)
FAR = datetime(2999, 1, 1)
CHILDREN = 20
PEOPLE_PER_OBJECT = 5
READERS = 16
READERS_SPACES = 20
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much data there is; `objects` counts spaces, series and alerts, each."""

    name: str
    objects: int

    @property
    def title(self) -> str:
        """How much that is, for a person."""
        people, children = self.objects * PEOPLE_PER_OBJECT, self.objects * CHILDREN
        return f"{people:,} people, {self.objects:,} objects of a kind, {children:,} children"


SMALL, MIDDLE, LARGE = Size("small", 200), Size("middle", 2_000), Size("large", 20_000)
SIZES = (SMALL, MIDDLE, LARGE)


def reader_token(number: int) -> str:
    """Return the token of one of the people who ask."""
    return f"benchmark-token-{number}"


SPACE = derived_id("spaces", "watch")
WORKSHOP = derived_id("spaces", "workshop")


def person_id(number: int) -> str:
    """Return the identifier of a person."""
    return derived_id("users", number)


def series_id(number: int) -> str:
    """Return the identifier of a series."""
    return derived_id("series", number)


def space_id(number: int) -> str:
    """Return the identifier of one of the many spaces."""
    return derived_id("spaces", number)


def series_document(number: int) -> Document:
    """Return a series of the space that is asked about."""
    return {
        "_id": series_id(number), "space": SPACE, "key": f"gauge-{number}",
        "name": f"Gauge {number} at the weir", "unit": "m", "subject": f"River {number % 97}",
        "place": {"type": "Point", "coordinates": [8.5 + number / 1e5, 47.3]},
        "tags": ["river", f"basin {number % 9}"], "expected_every_seconds": 900.0,
        "late_tolerance_seconds": 86_400.0, "last_at": _instant(CHILDREN - 1, number),
        "last_value": _value(number, CHILDREN - 1), "count": CHILDREN,
        "no_data_after_seconds": None, "no_data_due_at": None, "created_by": person_id(0),
        "created_at": BEGUN + timedelta(minutes=number), "version": 1,
    }  # fmt: skip


def pools(size: Size) -> Pools:
    """Return what the variables of shapes are drawn from."""
    newest = [series_document(n) for n in range(size.objects)][-100]
    return {
        "series": [series_id(n * 7 % size.objects) for n in range(size.objects)],
        "space": [SPACE],
        "workshop": [WORKSHOP],
        "cursor": [encode_cursor(newest, NEWEST)],
    }


def load(uri: str, name: str, size: Size) -> None:
    """Fill an empty database, and bring it to what the server expects to find."""
    with MongoClient[Document](uri) as client:
        database = client[name]
        for collection, documents in _collections(size):
            insert(database, collection, documents)
    asyncio.run(prepare(uri, name))


def copy(uri: str, source: str, name: str) -> None:
    """Give a database the same documents as another one."""
    with MongoClient[Document](uri) as client:
        for collection in client[source].list_collection_names():
            stages: list[Document] = [{"$match": {}}, {"$out": {"db": name, "coll": collection}}]
            client[source][collection].aggregate(stages)
    asyncio.run(prepare(uri, name))


def insert(database: Raw, collection: str, documents: Iterable[Document]) -> None:
    """Insert documents, many at a time."""
    rest = iter(documents)
    while batch := list(islice(rest, BATCH)):
        database[collection].insert_many(batch, ordered=False)


def people(count: int) -> Iterator[Document]:
    """Yield people."""
    for n in range(count):
        yield {
            "_id": person_id(n), "email": f"person{n}@example.org", "name": f"Person {n}",
            "password_hash": "", "locale": "en", "time_zone": "UTC", "is_operator": False,
            "suspended_at": None, "created_at": BEGUN, "version": 1,
        }  # fmt: skip


def sessions(count: int) -> Iterator[Document]:
    """Yield a session for each of the first people."""
    for n in range(count):
        yield {
            "_id": derived_id("sessions", n), "user": person_id(n),
            "token_hash": fingerprint(reader_token(n)), "label": "", "created_at": BEGUN,
            "used_at": now(), "idle_ends_at": FAR, "ends_at": FAR,
        }  # fmt: skip


def space_document(id: str, name: str, openness: str, number: int = 0) -> Document:
    """Return a space."""
    return {
        "_id": id, "name": name, "model": "ALERTER", "enabled_models": ["ALERTER"],
        "problem": "Floods come unannounced.", "domain": "ENVIRONMENTAL", "scope": "The valley",
        "openness": openness, "categories": ["water"], "direction": None, "rules": "Be exact.",
        "sustainability": "", "created_by": person_id(0),
        "created_at": BEGUN + timedelta(minutes=number), "closed_at": None, "version": 1,
    }  # fmt: skip


def membership(space: str, person: int, role: str, number: int = 0) -> Document:
    """Return that somebody belongs to a space."""
    return {
        "_id": derived_id("memberships", space, person_id(person)), "space": space,
        "user": person_id(person), "role": role,
        "created_at": BEGUN + timedelta(seconds=number), "version": 1,
    }  # fmt: skip


def _collections(size: Size) -> Iterator[tuple[str, Iterator[Document]]]:
    yield "users", people(size.objects * PEOPLE_PER_OBJECT)
    yield "sessions", sessions(READERS)
    yield "spaces", _spaces(size)
    yield "memberships", _memberships(size)
    yield "series", (series_document(n) for n in range(size.objects))
    yield "observations", _observations(size)
    yield "alerts", (_alert(n, size) for n in range(size.objects))
    yield "events", (_event(n) for n in range(size.objects))
    yield "counters", iter([{"_id": "events", "value": size.objects}])


def _instant(step: int, number: int) -> datetime:
    return BEGUN + timedelta(days=30, minutes=15 * step, seconds=number % 600)


def _value(number: int, step: int) -> float:
    return round(1 + (number * 31 + step * 17) % 400 / 100, 2)


def _spaces(size: Size) -> Iterator[Document]:
    yield space_document(SPACE, "River watch", "MEMBERS")
    yield space_document(WORKSHOP, "Workshop", "MEMBERS")
    for n in range(size.objects):
        yield space_document(space_id(n), f"Space {n}", "OPEN", n + 1)


def _memberships(size: Size) -> Iterator[Document]:
    for reader in range(READERS):
        yield membership(SPACE, reader, "MODERATOR", reader)
        yield membership(WORKSHOP, reader, "MODERATOR", reader)
    everybody = size.objects * PEOPLE_PER_OBJECT - READERS
    for n in range(size.objects):
        if n >= size.objects - READERS_SPACES:
            for reader in range(READERS):
                yield membership(space_id(n), reader, "MEMBER", reader)
        for child in range(CHILDREN):
            person = READERS + (n * CHILDREN + child) * 7 % everybody
            yield membership(space_id(n), person, "MEMBER", 100 + child)


def _observations(size: Size) -> Iterator[Document]:
    for n in range(size.objects):
        for step in range(CHILDREN):
            at = _instant(step, n)
            yield {
                "_id": derived_id("observations", series_id(n), step), "series": series_id(n),
                "key": at.isoformat(timespec="milliseconds"), "at": at, "value": _value(n, step),
                "place": None, "recorded_at": at,
            }  # fmt: skip


def _alert(number: int, size: Size) -> Document:
    at = BEGUN + timedelta(days=31, seconds=number)
    instance = derived_id("instances", number)
    return {
        "_id": derived_id("alerts", number), "space": SPACE, "series": series_id(number),
        "condition": derived_id("conditions", number), "instance": instance, "ordinal": 1,
        "status": "ACKNOWLEDGED", "severity": "SEVERE", "opened_at": at,
        "opened_value": _value(number, 0), "last_value": _value(number, 1), "resolved_at": None,
        "resolution": None, "acknowledged_at": at,
        "acknowledged_by": person_id(number * 13 % (size.objects * PEOPLE_PER_OBJECT)),
        "acknowledgement": "On my way.", "recorded_at": at, "first_told_at": None, "version": 2,
    }  # fmt: skip


def _event(number: int) -> Document:
    at = BEGUN + timedelta(days=31, seconds=number)
    return {
        "_id": number + 1, "type": "alert.opened", "space": SPACE,
        "subject": derived_id("alerts", number), "actor": None, "at": at, "recorded_at": at,
        "instance": derived_id("instances", number), "alert": derived_id("alerts", number),
        "to": [],
    }  # fmt: skip


async def prepare(uri: str, name: str) -> None:
    """Bring a database to what the server expects to find: indexes and version."""
    database = Database(uri, name)
    try:
        await ensure_indexes(database)
        await migrate(database, "benchmarks")
    finally:
        await database.close()
