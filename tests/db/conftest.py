"""Either driver, folders with an embedded MongoDB, and processes that use one."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from app.db.embedded import Embedded, await_stop
from app.settings import Settings
from tests.databases import Databases
from tests.db.daemons import User
from tests.db.explaining import Explained, Listener


@pytest.fixture(scope="session", params=["pymongo", "motor"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The settings of all tests, with each of the drivers."""
    return settings.model_copy(update={"mongo_driver": request.param})


@pytest.fixture
async def unfilled(databases: Databases, settings: Settings) -> AsyncIterator[Explained]:
    """Give an empty database that tells how it answers."""
    sent = Listener()
    async with databases.lend(settings.mongo_driver, sent) as db:
        yield Explained(db, sent)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short path, and see that no mongod outlives the test."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="five-"))
    yield folder
    if (folder / "mongodb" / "guard.lock").exists():
        await_stop(folder)
    shutil.rmtree(folder)


@pytest.fixture
def user(folder: Path) -> Iterator[Callable[[], User]]:
    """Let other processes use the folder."""
    users: list[User] = []

    def start() -> User:
        users.append(User(folder))
        return users[-1]

    yield start
    for each in users:
        each.kill()


@pytest.fixture(scope="module")
def embedded() -> Iterator[Embedded]:
    """Give one embedded MongoDB for the tests that do it no harm."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="five-"))
    with Embedded(folder, None, testing=True) as embedded:
        yield embedded
    await_stop(folder)
    shutil.rmtree(folder)
