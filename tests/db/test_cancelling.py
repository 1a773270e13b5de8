"""A task that waits for the database can be cancelled, wherever it is on its way there and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.db import driver
from app.db.client import Database
from app.settings import Settings

STEPS = 40
DEADLINE_SECONDS = 20


async def test_no_cancellation_is_lost(db: Database) -> None:
    """Whichever step of a query it hits, the task is over; it does not go on as if nothing was."""
    for steps in range(STEPS):
        going_on = asyncio.create_task(_read_for_ever(db))
        await db.ping()
        for _ in range(steps):
            await asyncio.sleep(0)
        going_on.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait([going_on])
        assert going_on.cancelled()


async def _read_for_ever(db: Database) -> None:
    while True:
        await db["users"].find({"_id": "usr_nobody"}).to_list(None)


@asynccontextmanager
async def held(db: Database) -> AsyncIterator[None]:
    """Hold a person's document, so that the database answers no other write to it."""
    holds, end = asyncio.Event(), asyncio.Event()

    async def hold(session: driver.Session) -> None:
        await db["users"].update_one({"_id": "usr_a"}, {"$set": {"name": "Ada"}}, session=session)
        holds.set()
        await end.wait()

    await db["users"].insert_one({"_id": "usr_a", "email": "a@example.org"})
    holding = asyncio.create_task(db.transaction(hold))
    await holds.wait()
    try:
        yield
    finally:
        end.set()
        await holding


async def _write(client: driver.Client, database: str) -> None:
    await client[database]["users"].update_one({"_id": "usr_a"}, {"$set": {"name": "Bea"}})


async def test_a_reply_is_waited_for_as_long_as_was_said(db: Database, settings: Settings) -> None:
    """Then the connection is given up; the next command has another and is answered."""
    uri = settings.mongodb_uri or ""
    client = driver.make_client("pymongo", uri, socketTimeoutMS=700, retryWrites=False)
    async with held(db), asyncio.timeout(DEADLINE_SECONDS):
        with pytest.raises(driver.OUTAGES, match="timed out"):
            await _write(client, db.name)
        await client[db.name].command("ping")
    await driver.close(client)


async def test_a_connection_that_is_given_up_wakes_whoever_waits_for_it(
    db: Database, settings: Settings
) -> None:
    """The driver does that when it has learned that a server is gone."""
    client = driver.make_client("pymongo", settings.mongodb_uri or "", retryWrites=False)
    async with held(db), asyncio.timeout(DEADLINE_SECONDS):
        writing = asyncio.create_task(_write(client, db.name))
        while not (busy := _contexts(client)):
            await client[db.name].command("ping")
        for context in busy:
            context.cancel()
        with pytest.raises(driver.OUTAGES, match="operation cancelled"):
            await writing
        await client[db.name].command("ping")
    await driver.close(client)


def _contexts(client: driver.Client) -> list[Any]:
    """Return what the driver cancels to give up the connections that are in use."""
    servers = client._topology._servers.values()
    return [context for server in servers for context in server.pool.active_contexts]
