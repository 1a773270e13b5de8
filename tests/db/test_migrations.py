"""Migrations: every step once and in order, by one process, and never backwards."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from app.db import indexes, migrations
from app.db.client import Database
from app.db.index import Index
from app.db.indexes import INDEXES
from app.db.migrations import Migration, NewerDatabase, find_version, migrate
from app.settings import Settings


@pytest.fixture
async def other(db: Database, settings: Settings) -> AsyncIterator[Database]:
    """The same database as another process has it."""
    database = Database(settings.mongodb_uri or "", db.name, settings.mongo_driver)
    yield database
    await database.close()


@pytest.fixture
async def new(settings: Settings) -> AsyncIterator[Database]:
    """A database that nobody has used yet."""
    name = f"test_{secrets.token_hex(6)}"
    database = Database(settings.mongodb_uri or "", name, settings.mongo_driver)
    yield database
    await database.drop()
    await database.close()


async def test_a_new_database_gets_every_index(new: Database) -> None:
    """Each entry of the list is there afterwards; a second start changes nothing."""
    assert [step.number for step in await migrate(new, "a")] == [1, 2]
    assert await migrate(new, "a") == []
    for index in INDEXES:
        there = (await new[index.collection].index_information()).values()
        assert as_kept(index) in [list(map(tuple, found["key"])) for found in there]


def as_kept(index: Index) -> list[tuple[str, int | str]]:
    """Return the fields of an index as MongoDB tells them: all texts are one."""
    plain = [field for field in index.keys if field[1] != "text"]
    return plain if plain == index.keys else [*plain, ("_fts", "text"), ("_ftsx", 1)]


async def test_two_processes_that_start_together_take_each_step_once(
    db: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one waits for the other, and finds nothing left to do."""
    taken = []

    async def step(db: Database) -> None:
        taken.append(1)
        await asyncio.sleep(0)

    steps = [Migration(number, "a step", step) for number in (1, 2, 3)]
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    monkeypatch.setattr(migrations, "VERSION", 3)
    done = await asyncio.gather(migrate(db, "a"), migrate(other, "b"))
    assert sorted(len(steps) for steps in done) == [0, 3]
    assert len(taken) == 3
    assert await find_version(db) == 3


async def test_a_database_that_misses_a_later_step_gets_new_indexes_at_once(
    new: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do not wait for a start at which no step is missing."""
    await migrate(new, "a")
    fresh = Index("users", [("name", 1)], "somebody by name")
    monkeypatch.setattr(indexes, "INDEXES", [*INDEXES, fresh])

    async def nothing(db: Database) -> None:
        pass

    monkeypatch.setattr(
        migrations, "MIGRATIONS", [*migrations.MIGRATIONS, Migration(99, "nothing", nothing)]
    )
    monkeypatch.setattr(migrations, "VERSION", 99)
    assert [step.number for step in await migrate(new, "a")] == [99]
    there = (await new["users"].index_information()).values()
    assert [("name", 1)] in [list(map(tuple, found["key"])) for found in there]


async def test_a_step_that_fails_is_taken_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps before it count; the lease is given back; the next start goes on from there."""
    taken = []

    async def step(db: Database) -> None:
        taken.append(1)
        if len(taken) == 2:
            raise LookupError

    monkeypatch.setattr(
        migrations, "MIGRATIONS", [Migration(1, "one", step), Migration(2, "two", step)]
    )
    monkeypatch.setattr(migrations, "VERSION", 2)
    with pytest.raises(LookupError):
        await migrate(db, "a")
    assert await find_version(db) == 1
    assert [step.title for step in await migrate(db, "b")] == ["two"]


async def test_a_database_of_a_newer_server_is_left_alone(db: Database) -> None:
    """An older server says so instead of undoing what it does not know."""
    await migrate(db, "a")
    newer = {"$set": {"version": migrations.VERSION + 1}}
    await db["meta"].update_one({"_id": "schema"}, newer)
    with pytest.raises(NewerDatabase, match="update the server"):
        await migrate(db, "a")
