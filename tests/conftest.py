"""What every test may ask for: one mongod for the session, an empty database, a clock, the app."""

import gc
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest

from app.db.client import Database
from app.db.embedded import Embedded, await_stop
from app.settings import Settings
from tests.api import World, one_process
from tests.clients.place import Place, opened
from tests.databases import Databases
from tests.processes import ServerProcess

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is ours alone
ROOM_BYTES = 4_000_000_000
CLAIM = """
mutation M($token: String!) {
  claimOperator(input: {
    token: $token, email: "mo@example.org", password: "correct horse", name: "Mo"
  }) { ... on SignedIn { token } }
}
"""
OPEN_SPACE = """
mutation M {
  createSpace(input: {name: "River watch", model: ALERTER, domain: ENVIRONMENTAL}) { __typename }
}
"""


class TurnedClock:
    """A clock that stands until it is turned."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over the program and the tests: they stay until the end.

    Each full collection would walk through half a million objects of theirs.
    """
    gc.collect()
    gc.freeze()


def memory() -> Path | None:
    """Return a folder whose files lie in memory, if there is one with room: disks only delay."""
    there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    return MEMORY if there and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None


@pytest.fixture(scope="session")
def mongodb_uri() -> Iterator[str]:
    """A real MongoDB for the session, which refuses queries without an index."""
    with TemporaryDirectory(prefix="ff", dir=memory()) as folder:
        with Embedded(Path(folder), None, testing=True) as mongod:
            yield mongod.uri
        await_stop(Path(folder))


@pytest.fixture(scope="session")
def settings(mongodb_uri: str) -> Settings:
    """Settings with cheap password hashes: how dear they are is tested by itself."""
    return Settings(mongodb_uri=mongodb_uri, argon2_memory_kib=8, argon2_time_cost=1)


@pytest.fixture(scope="session")
def server_url(mongodb_uri: str) -> Iterator[str]:
    """A real server process, with an operator and one open space, for tests that only look."""
    with ServerProcess(mongodb_uri=mongodb_uri, database="test_server") as server:
        with httpx2.Client(base_url=server.url) as client:
            claim = {"query": CLAIM, "variables": {"token": server.operator_token}}
            token = client.post("/graphql", json=claim).json()["data"]["claimOperator"]["token"]
            bearer = {"Authorization": f"Bearer {token}"}
            opened = client.post("/graphql", json={"query": OPEN_SPACE}, headers=bearer)
            assert opened.json()["data"]["createSpace"] == {"__typename": "Space"}
        yield server.url


@pytest.fixture(scope="session")
async def place(mongodb_uri: str) -> AsyncIterator[Place]:
    """A real server process, for tests that bring people and things of their own."""
    async with opened(mongodb_uri, f"place_{secrets.token_hex(6)}") as place:
        yield place


@pytest.fixture(scope="session")
def databases(mongodb_uri: str) -> Databases:
    """Databases for all the tests of this process, one after the other."""
    return Databases(mongodb_uri)


@pytest.fixture
async def db(databases: Databases, settings: Settings) -> AsyncIterator[Database]:
    """An empty database with its indexes."""
    async with databases.lend(settings.mongo_driver) as database:
        yield database


@pytest.fixture
def clock() -> TurnedClock:
    """A clock that a test turns."""
    return TurnedClock(datetime(2026, 3, 1, 12))


@pytest.fixture
async def world(db: Database, settings: Settings, clock: TurnedClock) -> AsyncIterator[World]:
    """One server process without its network: everything else is real."""
    async with one_process(db, settings, clock) as world:
        yield world
