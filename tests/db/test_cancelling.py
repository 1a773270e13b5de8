"""A task that waits for the database can be cancelled, wherever it is on its way there and back."""

import asyncio

from app.db.client import Database

STEPS = 40


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
