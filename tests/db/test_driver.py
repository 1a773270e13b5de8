"""What is asked of MongoDB in one command: all of it comes, however much, on either driver."""

from typing import Any

import pytest

from app.db import driver
from app.db.client import Database
from app.db.events import Numbers
from app.db.transactions import Again
from app.settings import Settings
from tests.db.wire import Wire

COUNT = 12
ALL = {"_id": {"$gte": ""}}
LARGE = 1_500_000


async def fill(db: Database, size: int = 1) -> list[str]:
    """Insert documents; return their identifiers, in order."""
    ids = [f"usr_{n:02}" for n in range(COUNT)]
    people = [{"_id": id, "email": f"{id}@example.org", "about": "x" * size} for id in ids]
    await db["users"].insert_many(people)
    return ids


async def open_cursors(db: Database) -> int:
    status = await db.command("serverStatus")
    return int(status["metrics"]["cursor"]["open"]["total"])


@pytest.mark.parametrize("batch", [1, COUNT - 1, COUNT, COUNT + 1])
async def test_what_takes_several_answers_comes_whole(
    db: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Sorted, bounded and with the fields that were named, as if it had come at once."""
    ids, users = await fill(db), db["users"]
    before = await open_cursors(db)
    monkeypatch.setattr(driver, "MANY", batch)
    found = await driver.find(users, ALL, {"email": 1}, sort={"_id": -1})
    assert found == [{"_id": id, "email": f"{id}@example.org"} for id in reversed(ids)]
    found = await driver.find(users, ALL, {}, sort={"_id": 1}, limit=5)
    assert [person["_id"] for person in found if "about" in person] == ids[:5]
    assert await driver.find(users, {"_id": "usr_nobody"}) == []
    stages: list[dict[str, Any]] = [{"$match": ALL}, {"$sort": {"_id": 1}}]
    found = await driver.aggregate(users, stages)
    assert [person["_id"] for person in found] == ids
    assert await open_cursors(db) <= before


@pytest.mark.parametrize("batch", [5, 100])
async def test_a_transaction_reads_what_it_wrote_in_several_answers(
    db: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """And goes on: what was left open at the database is closed within it."""
    monkeypatch.setattr(driver, "MANY", batch)
    users = db["users"]
    await users.insert_one({"_id": "usr_z", "email": "z@example.org"})

    async def work(session: driver.Session) -> None:
        more = [{"_id": f"usr_{n}", "email": f"{n}@example.org"} for n in range(8)]
        await driver.insert(users, more, session)
        await driver.insert(users, [], session)
        await driver.insert(users, [{"_id": "usr_9", "email": "9@example.org"}], session)
        assert len(await driver.find(users, ALL, session=session)) == 10
        assert len(await driver.aggregate(users, [{"$match": ALL}], session)) == 10
        assert len(await driver.find(users, ALL)) == 1
        await users.delete_one({"_id": "usr_z"}, session=session)

    await db.transaction(work)
    assert len(await driver.find(users, ALL)) == 9


async def test_more_than_an_answer_can_hold_comes_whole(db: Database) -> None:
    """MongoDB ends an answer at 16 MB, whatever batch it was asked for."""
    ids = await fill(db, LARGE)
    found = await driver.find(db["users"], ALL, sort={"_id": 1})
    assert [(person["_id"], len(person["about"])) for person in found] == [
        (id, LARGE) for id in ids
    ]
    assert len(await driver.aggregate(db["users"], [{"$match": ALL}])) == COUNT


async def test_what_only_reads_is_asked_again_when_the_wire_breaks(
    db: Database, settings: Settings
) -> None:
    """Numbers too: those of the first answer, if there was one, are fenced by the readers."""
    await fill(db)
    async with Wire(settings.mongodb_uri or "") as wire:
        far = Database(wire.uri, db.name, settings.mongo_driver)
        await far.ping()
        wire.break_at("find", delivered=True, comes_back=True)
        assert len(await driver.find(far["users"], ALL)) == COUNT
        assert wire.broken.is_set()
        wire.break_at("aggregate", delivered=False, comes_back=True)
        assert len(await driver.aggregate(far["users"], [{"$match": ALL}])) == COUNT
        assert wire.broken.is_set()
        [first] = await Numbers(far).take(1)
        wire.break_at("findAndModify", delivered=True, comes_back=True)
        [second] = await Numbers(far).take(1)
        assert wire.broken.is_set()
        assert second > first
        await far.close()


async def test_a_transaction_is_not_asked_again_but_begun_again(
    db: Database, settings: Settings
) -> None:
    """Half of it would be missing: the wire breaks in its midst, and all of it is done anew."""
    attempts: list[int] = []
    async with Wire(settings.mongodb_uri or "") as wire:
        far = Database(wire.uri, db.name, settings.mongo_driver)

        async def work(session: driver.Session) -> None:
            attempts.append(len(attempts))
            await driver.insert(far["users"], [{"_id": "usr_a", "email": "a"}], session)
            if len(attempts) == 1:
                wire.break_at("find", delivered=False, comes_back=True)
            assert len(await driver.find(far["users"], ALL, session=session)) == 1
            if len(attempts) == 2:
                raise Again

        await far.transaction(work)
        await far.close()
    assert attempts == [0, 1, 2]
    assert len(await driver.find(db["users"], ALL)) == 1


async def test_an_error_of_the_question_is_told(db: Database) -> None:
    """It is neither asked again nor swallowed."""
    with pytest.raises(driver.PyMongoError, match=r"unknown operator|\$nonsense"):
        await driver.find(db["users"], {"_id": {"$nonsense": 1}})
