"""The data: people, campaigns and what was given to them, the same in every run.

Of each size there are five times as many people as campaigns, and twenty contributions to a
campaign. The space that is watched live has as many series, of which nobody asks anything here.
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
from app.db.campaigns import NEWEST
from app.db.client import Database
from app.db.gates import GATES
from app.db.indexes import ensure_indexes
from app.db.migrations import migrate
from app.db.paging import encode_cursor
from app.ids import derived_id, fingerprint
from benchmarks.shapes import Pools

Document = dict[str, Any]
Raw = RawDatabase[Document]

BEGUN = datetime(2026, 1, 1)
FAR = datetime(2999, 1, 1)
CHILDREN = 20
PEOPLE_PER_OBJECT = 5
READERS = 16
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much data there is; `objects` counts campaigns."""

    name: str
    objects: int

    @property
    def title(self) -> str:
        """How much that is, for a person."""
        people, children = self.objects * PEOPLE_PER_OBJECT, self.objects * CHILDREN
        return f"{people:,} people, {self.objects:,} campaigns, {children:,} contributions"


SMALL, MIDDLE, LARGE = Size("small", 200), Size("middle", 2_000), Size("large", 20_000)
SIZES = (SMALL, MIDDLE, LARGE)


def reader_token(number: int) -> str:
    """Return the token of one of the people who ask."""
    return f"benchmark-token-{number}"


SPACE = derived_id("spaces", "watch")


def person_id(number: int) -> str:
    """Return the identifier of a person."""
    return derived_id("users", number)


def campaign_id(number: int) -> str:
    """Return the identifier of a campaign."""
    return derived_id("campaigns", number)


def campaign_document(number: int, size: Size) -> Document:
    """Return a campaign of the space that is asked about."""
    counted = sum(_amount(number, child) for child in range(CHILDREN))
    return {
        "_id": campaign_id(number), "space": SPACE, "owner": person_id(number * 13 % _crowd(size)),
        "team": [], "type": "PROJECT", "category": "energy/solar",
        "category_folded": "energy/solar/", "title": f"Sun on roof {number}",
        "title_folded": f"sun on roof {number}", "words": ["sun", "on", "roof", str(number)],
        "story": "Forty panels, and lessons under them. " * 20, "place": None, "area": None,
        "mode": "ALL_OR_NOTHING", "opens_at": None, "deadline": FAR, "due_at": FAR, "round": 1,
        "round_days": None, "extended": False,
        "goals": [
            {
                "kind": "MONEY", "minimum": 1_000_000, "optimum": None, "currency": "EUR",
                "what": "",
            }
        ],
        "tiers": [], "thresholds": [], "crossed": {}, "folded": size.objects,
        "progress": {"MONEY": {"counted": counted, "pending": 0, "supporters": CHILDREN}},
        "share": counted / 1_000_000, "state": "OPEN", "suspended_from": None, "outcome": None,
        "settling": False, "reason": None, "created_at": BEGUN + timedelta(minutes=number),
        "approved_at": BEGUN, "opened_at": BEGUN, "closed_at": None, "updated_at": BEGUN,
        "version": 1,
    }  # fmt: skip


def pools(size: Size) -> Pools:
    """Return what the variables of shapes are drawn from."""
    newest = campaign_document(size.objects - 100, size)
    return {
        "campaign": [campaign_id(n * 7 % size.objects) for n in range(size.objects)],
        "space": [SPACE],
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


def space_document(
    id: str, name: str, openness: str, number: int = 0, model: str = "ALERTER"
) -> Document:
    """Return a space."""
    return {
        "_id": id, "name": name, "model": model, "enabled_models": [model],
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
    yield "users", people(_crowd(size))
    yield "sessions", sessions(READERS)
    yield "spaces", iter([space_document(SPACE, "Sun for all", "MEMBERS", model="CROWDSOURCING")])
    yield "memberships", (membership(SPACE, n, "MEMBER", n) for n in range(READERS))
    yield "campaigns", (campaign_document(n, size) for n in range(size.objects))
    yield "gates", _gates(size)
    yield "contributions", _contributions(size)
    yield "events", (_event(n) for n in range(size.objects))
    yield "counters", iter([{"_id": "events", "value": size.objects}])


def _crowd(size: Size) -> int:
    return size.objects * PEOPLE_PER_OBJECT


def _amount(number: int, child: int) -> int:
    return 500 + (number * 31 + child * 17) % 400 * 10


def _gates(size: Size) -> Iterator[Document]:
    for n in range(size.objects):
        for gate in range(GATES):
            yield {
                "_id": f"{campaign_id(n)}:{gate}", "campaign": campaign_id(n), "open": True,
                "passed": 0,
            }  # fmt: skip


def _contributions(size: Size) -> Iterator[Document]:
    everybody = _crowd(size) - READERS
    for n in range(size.objects):
        for child in range(CHILDREN):
            at = BEGUN + timedelta(days=30, minutes=15 * child, seconds=n % 600)
            yield {
                "_id": derived_id("contributions", n, child), "campaign": campaign_id(n),
                "space": SPACE,
                "supporter": person_id(READERS + (n * CHILDREN + child) * 7 % everybody),
                "kind": "MONEY", "amount": _amount(n, child), "currency": "EUR", "tier": None,
                "rank": 0, "anonymous": False, "message": "", "state": "CONFIRMED",
                "provider": "DEVELOPMENT", "reference": f"development:{n}:{child}",
                "sequence": 1_000, "round": 1, "reason": None, "asked": None, "due_at": None,
                "attempts": 0, "created_at": at, "updated_at": at, "version": 1,
            }  # fmt: skip


def _event(number: int) -> Document:
    return {
        "_id": number + 1, "type": "campaign.opened", "space": SPACE,
        "subject": campaign_id(number), "actor": None, "at": BEGUN, "recorded_at": BEGUN,
        "within": campaign_id(number), "to": [],
    }  # fmt: skip


async def prepare(uri: str, name: str) -> None:
    """Bring a database to what the server expects to find: indexes and version."""
    database = Database(uri, name)
    try:
        await ensure_indexes(database)
        await migrate(database, "benchmarks")
    finally:
        await database.close()
