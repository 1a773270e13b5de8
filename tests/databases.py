"""Databases for tests: made once for each process, lent to one test at a time, and emptied."""

import secrets
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.db.client import Database
from app.db.indexes import ensure_indexes

# What a test left on its way, a fence of the event log perhaps, comes to so many that nobody has.
RESTING = 2


class Databases:
    """Databases with their indexes, which take MongoDB half a second each to make.

    Emptied, one is as it was, save that MongoDB remembers how it has answered queries: who looks at
    that takes databases of their own. So does who drops one, or changes its indexes.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._free: deque[str] = deque()

    @asynccontextmanager
    async def lend(self, driver: str = "pymongo", *listeners: Any) -> AsyncIterator[Database]:
        """Give an empty database for the time of the block, over connections of its own.

        The driver tells the listeners of each command.
        """
        name = self._free.popleft() if len(self._free) > RESTING else await self._make()
        database = Database(self.uri, name, driver)
        await database.empty()
        if listeners:  # of what the test sends, and nothing else
            await database.close()
            database = Database(self.uri, name, driver, listeners=listeners)
        yield database
        await database.close()
        self._free.append(name)

    async def _make(self) -> str:
        database = Database(self.uri, f"test_{secrets.token_hex(6)}")
        await ensure_indexes(database)
        await database.close()
        return database.name
