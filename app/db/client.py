"""The database as the other rooms hold it: its collections, and the one way to write in earnest."""

import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from pymongo.read_concern import ReadConcern

from app.db import driver, transactions
from app.db.documents import Event
from app.db.driver import Collection, Document, Session, find_one
from app.db.seals import SECRET, Seal
from app.db.turns import Turns
from app.failures import Unavailable

T = TypeVar("T")
MOST_WRITTEN = 1_000

# Each wait is bounded, so that a database that is away gives an answer at once and not in 30 s.
# Not by `timeoutMS`: beside it PyMongo forgets the time for server selection and waits that long.
MAIN = {
    "serverSelectionTimeoutMS": 2_000,
    "connectTimeoutMS": 2_000,
    "waitQueueTimeoutMS": 4_000,
    "socketTimeoutMS": 8_000,
    "w": "majority",
    "wTimeoutMS": 6_000,
    "readConcernLevel": "majority",
    "retryWrites": True,
    "maxPoolSize": 64,
}
# Change streams have a client of their own: beside a dead address theirs would wait as long as
# the server selection of the main one, and a rolling restart would stall every subscriber.
STREAMS = {
    "serverSelectionTimeoutMS": 1_500,
    "connectTimeoutMS": 1_500,
    "readConcernLevel": "majority",
    "maxPoolSize": 4,
}


class Database:
    """One MongoDB database: `database["users"]` is a collection.

    The driver's `listeners` hear of each command that is not a change stream's.
    """

    def __init__(
        self, uri: str, name: str, driver_name: str = "pymongo", *, listeners: Sequence[Any] = ()
    ) -> None:
        self.name = name
        self._application = f"fivefold {name}"
        options = {**MAIN, "event_listeners": listeners} if listeners else MAIN
        self._main = driver.make_client(driver_name, uri, appname=self._application, **options)
        self._streams = driver.make_client(driver_name, uri, appname=self._application, **STREAMS)
        self.turns = Turns()
        self._seal: Seal | None = None
        self._database = self._main[name]
        self._collections: dict[str, Collection] = {}
        # What this process has committed lately, for its own reader of the log to take.
        self.written: deque[Event] = deque(maxlen=MOST_WRITTEN)

    def __getitem__(self, name: str) -> Collection:
        """Return a collection by its name."""
        found = self._collections.get(name)
        if found is None:
            found = self._collections[name] = self._database[name]
        return found

    @property
    def seal(self) -> Seal:
        """Return what closes the numbers of the log; `find_seal` must have found it."""
        assert self._seal is not None  # noqa: S101 - whoever reads the log finds it first
        return self._seal

    async def find_seal(self) -> Seal:
        """Return the same; the first process that asks makes its secret, for all that come."""
        if self._seal is None:
            key, fresh = {"_id": "cursors"}, {"secret": secrets.token_bytes(SECRET)}
            with suppress(driver.DuplicateKeyError):  # another one makes it at this moment
                await self["secrets"].update_one(key, {"$setOnInsert": fresh}, upsert=True)
            kept = await find_one(self["secrets"], key)
            self._seal = Seal((kept or fresh)["secret"])
        return self._seal

    def streamed(self, name: str) -> Collection:
        """Return a collection on the client that is kept for change streams."""
        return self._streams[self.name][name]

    async def transaction(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run the work in one transaction, committed by the majority, or not at all.

        The work may be called again when another write got in between, so it must cause nothing
        outside of the session.

        Raises:
            Unavailable: others got in between all the time; nothing was done.

        """
        return await transactions.in_transaction(self._main, work)

    async def end_abandoned(self) -> int:
        """End the transactions that killed processes have left open. Return how many."""
        return await transactions.end_abandoned(self._main, self._application)

    async def ask(self, command: Document) -> Document:
        """Run a command that may be run twice; it is if the connection breaks."""
        return await driver.ask(self._database, command)

    async def command(self, name: str, value: object = 1) -> Document:
        """Run a database command."""
        return await self._database.command(name, value)

    async def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            Unavailable: it cannot be reached.

        """
        try:
            await self.command("ping")
        except driver.PyMongoError as error:
            raise Unavailable("The database cannot be reached just now. Try again.") from error

    async def drop(self) -> None:
        """Forget everything in this database (for tests and demos)."""
        await self._main.drop_database(self.name)

    async def empty(self) -> None:
        """Forget every document; collections and indexes stay (for tests)."""
        for name in await self._filled():
            await self[name].delete_many({})

    async def _filled(self) -> list[str]:
        """Return the collections that hold a document, by one command for all of them."""
        there = await self._database.list_collection_names()
        names = [name for name in there if not name.startswith("system.")]
        if not names:
            return []
        first, *others = names
        # What is written but not yet majority-committed is there, too.
        source = self._database.get_collection(first, read_concern=ReadConcern("local"))
        unions = [{"$unionWith": {"coll": name, "pipeline": _one(name)}} for name in others]
        found = await driver.aggregate(source, [*_one(first), *unions])
        return [document["_id"] for document in found]

    async def close(self) -> None:
        """Close every connection."""
        await driver.close(self._main)
        await driver.close(self._streams)


def _one(name: str) -> list[Document]:
    """Return the stages that give a collection's name if there is anything in it."""
    return [{"$limit": 1}, {"$project": {"_id": {"$literal": name}}}]


def is_outage(error: BaseException) -> bool:
    """Say whether an error means that the database is away or busy, not that we have a bug."""
    if isinstance(error, driver.OUTAGES):
        return True
    labels = (transactions.TRANSIENT, transactions.UNDECIDED)
    return isinstance(error, driver.PyMongoError) and (
        error.timeout or any(error.has_error_label(label) for label in labels)
    )
