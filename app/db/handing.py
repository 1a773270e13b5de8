"""Handing over: batches of events go to their watchers one after the other, in order.

For each batch: what its watchers must look up is looked up, once for all; then the shortcuts of
those who wait begin what they need, once for all who need the same; then it is handed over. Nobody
who is slow is waited for.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection

import structlog

from app.db.watching import Batch, Watcher

MOST_WAITING = 64
# Others have their turn after so many: planning takes a tenth of the time of handing over.
PLANNED_AT_ONCE = 1_000
HANDED_AT_ONCE = 100
# What takes longer holds nobody up: those who need it are woken, and wait for it themselves.
PATIENCE_SECONDS = 0.5

logger = structlog.get_logger()


class Handing:
    """The batches that are still to be handed over."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Batch, Collection[Watcher]]] = deque()
        self._event = asyncio.Event()

    def add(self, batch: Batch, watchers: Collection[Watcher]) -> None:
        """Add a batch for these watchers; if too many wait already, all are left to read."""
        if not watchers:
            return
        if len(self._waiting) >= MOST_WAITING:
            for _, left in [*self._waiting, (batch, watchers)]:
                for watcher in left:
                    watcher.miss()
            self._waiting.clear()
            return
        self._waiting.append((batch, watchers))
        self._event.set()

    async def go_on(self) -> None:
        """Hand over for ever."""
        while True:
            await self._event.wait()
            while self._waiting:
                await _hand_over(*self._waiting.popleft())
            self._event.clear()


async def _hand_over(batch: Batch, watchers: Collection[Watcher]) -> None:
    await _each(watchers, Watcher.find, batch, PLANNED_AT_ONCE)
    await batch.settled(PATIENCE_SECONDS)
    await _each(watchers, Watcher.plan, batch, PLANNED_AT_ONCE)
    await batch.settled(PATIENCE_SECONDS)
    await _each(watchers, Watcher.hand, batch, HANDED_AT_ONCE)


async def _each(
    watchers: Collection[Watcher],
    do: Callable[[Watcher, Batch], None],
    batch: Batch,
    at_once: int,
) -> None:
    for number, watcher in enumerate(watchers, 1):
        try:
            do(watcher, batch)
        except Exception:
            logger.exception("event log: a batch could not be handed over")
            watcher.miss()
        if number % at_once == 0:
            await asyncio.sleep(0)
