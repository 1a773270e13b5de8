"""Leases: one holder at a time, by the database's clock, and a fence for who comes back late."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.db import leases
from app.db.client import Database
from app.db.driver import Session
from app.settings import Settings

LONG, OVER = 60.0, 0.0


@pytest.fixture
async def other(db: Database, settings: Settings) -> AsyncIterator[Database]:
    """The same database as another process has it."""
    database = Database(settings.mongodb_uri or "", db.name, settings.mongo_driver)
    yield database
    await database.close()


async def holds(db: Database, fence: int, seconds: float = LONG) -> bool:
    async def ask(session: Session) -> bool:
        return await leases.holds(db, session, "ticks", fence, seconds)

    return await db.transaction(ask)


async def test_one_of_many_gets_it(db: Database, other: Database) -> None:
    """Twenty ask at the same moment for a lease that nobody has ever had."""
    claims = [leases.claim((db, other)[n % 2], "ticks", f"p{n}", LONG) for n in range(20)]
    fences = await asyncio.gather(*claims)
    assert sorted(fence for fence in fences if fence is not None) == [1]


async def test_its_holder_prolongs_it_under_the_same_fence(db: Database) -> None:
    """As long as it is not over, others get nothing."""
    assert await leases.claim(db, "ticks", "a", LONG) == 1
    assert await leases.claim(db, "ticks", "b", LONG) is None
    assert await leases.claim(db, "ticks", "a", LONG) == 1
    assert await leases.claim(db, "other", "b", LONG) == 1


async def test_when_it_is_over_another_takes_it_under_a_new_fence(db: Database) -> None:
    """The holder before must not write any more, and has to take it anew."""
    assert await leases.claim(db, "ticks", "a", OVER) == 1
    assert await leases.claim(db, "ticks", "b", LONG) == 2
    assert not await holds(db, 1)
    assert await holds(db, 2)
    assert await leases.claim(db, "ticks", "a", LONG) is None


async def test_who_comes_back_after_the_end_gets_a_new_fence(db: Database) -> None:
    """Meanwhile somebody else may have had it."""
    assert await leases.claim(db, "ticks", "a", OVER) == 1
    assert await leases.claim(db, "ticks", "a", LONG) == 2


async def test_a_lease_that_is_given_back_can_be_taken_at_once(db: Database) -> None:
    """Only its holder can give it back."""
    await leases.claim(db, "ticks", "a", LONG)
    await leases.release(db, "ticks", "b")
    assert await leases.claim(db, "ticks", "b", LONG) is None
    await leases.release(db, "ticks", "a")
    assert await leases.claim(db, "ticks", "b", LONG) == 2


async def test_work_under_a_lease_prolongs_it(db: Database) -> None:
    """A round of many pieces is not taken away in its midst because it takes long."""
    assert await leases.claim(db, "ticks", "a", OVER) == 1
    assert await holds(db, 1, LONG)
    assert await leases.claim(db, "ticks", "b", LONG) is None


async def test_nobody_takes_over_while_a_piece_is_being_written(
    db: Database, other: Database
) -> None:
    """The lease is over, but the piece that checked its fence is not: the claim waits for it."""
    await leases.claim(db, "ticks", "a", OVER)

    async def piece(session: Session) -> bool:
        assert await leases.holds(db, session, "ticks", 1, OVER)
        claim = asyncio.create_task(leases.claim(other, "ticks", "b", LONG))
        await asyncio.wait({claim}, timeout=0.3)
        waited = not claim.done()
        claims.append(claim)
        return waited

    claims: list[asyncio.Task[int | None]] = []
    assert await db.transaction(piece)
    assert await claims[0] == 2


async def test_a_kept_lease_outlasts_its_seconds(db: Database, other: Database) -> None:
    """Whoever holds it for a block keeps it, and whoever waits has it as soon as that is over."""
    order = []

    async def want(source: Database, name: str) -> None:
        async with leases.kept(source, "migrations", name, 0.3):
            order.append(f"{name} begins")
            await asyncio.sleep(0.9)  # thrice as long as the lease
            order.append(f"{name} ends")

    await asyncio.gather(want(db, "a"), want(other, "b"))
    first, second = order[0][0], order[2][0]
    assert order == [f"{n} {does}" for n in (first, second) for does in ("begins", "ends")]
    assert {first, second} == {"a", "b"}
