"""Progress: a count that others wait for."""

import asyncio


class Progress:
    """How often something has happened."""

    def __init__(self) -> None:
        self.count = 0
        self._news = asyncio.Event()

    def add(self, count: int) -> None:
        """Note that it happened so many times more."""
        self.count += count
        self._news.set()

    async def reach(self, point: float) -> None:
        """Wait until it has happened so many times."""
        while self.count < point:
            self._news.clear()
            await self._news.wait()
