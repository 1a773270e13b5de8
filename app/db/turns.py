"""Turns: within one process, those who will write the same thing wait instead of colliding."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager


class Turns:
    """Who waits for what; first come, first served."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def take(self, things: Iterable[str]) -> AsyncIterator[None]:
        """Hold all the things for the time of the block, once nobody else here does.

        Between processes the transactions decide; this only spares them the collisions that can
        be foreseen.
        """
        async with AsyncExitStack() as stack:
            for thing in sorted(set(things)):  # one order for all, so that nobody waits in a ring
                await stack.enter_async_context(self._hold(thing))
            yield

    @asynccontextmanager
    async def _hold(self, thing: str) -> AsyncIterator[None]:
        lock, interested = self._locks.get(thing, (asyncio.Lock(), 0))
        self._locks[thing] = (lock, interested + 1)
        try:
            async with lock:
                yield
        finally:
            lock, interested = self._locks.pop(thing)
            if interested > 1:
                self._locks[thing] = (lock, interested - 1)
