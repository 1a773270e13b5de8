"""What every test may ask for: one mongod for the session, an empty database, a clock, the app."""

import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest

from app.db.client import Database
from app.db.embedded import Embedded, await_stop
from app.db.indexes import ensure_indexes
from app.settings import Settings
from tests.api import World, one_process
from tests.processes import ServerProcess

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


@pytest.fixture(scope="session")
def mongodb_uri() -> Iterator[str]:
    """A real MongoDB for the session, which refuses queries without an index."""
    with TemporaryDirectory(prefix="ff") as folder:
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


@pytest.fixture(scope="module")
def emptied() -> list[str]:
    """The names of databases that are empty again: emptying one is faster than making one."""
    return []


@pytest.fixture
async def db(settings: Settings, emptied: list[str]) -> AsyncIterator[Database]:
    """An empty database with its indexes."""
    name = emptied.pop() if emptied else f"test_{secrets.token_hex(6)}"
    database = Database(settings.mongodb_uri or "", name, settings.mongo_driver)
    try:
        await ensure_indexes(database)
        yield database
        await database.empty()
        emptied.append(name)
    finally:
        await database.close()


@pytest.fixture
def clock() -> TurnedClock:
    """A clock that a test turns."""
    return TurnedClock(datetime(2026, 3, 1, 12))


@pytest.fixture
async def world(db: Database, settings: Settings, clock: TurnedClock) -> AsyncIterator[World]:
    """One server process without its network: everything else is real."""
    async with one_process(db, settings, clock) as world:
        yield world
