"""The driver: PyMongo's asynchronous API, or Motor; the few calls in which they differ.

Everything else in this room is the same call on both. Motor reached its end of life in 2026; it
stays as an alternative (`FIVEFOLD_MONGO_DRIVER=motor`, extra `motor`).
"""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    NetworkTimeout,
    PyMongoError,
    ServerSelectionTimeoutError,
)

import app.db.cancelling  # noqa: F401 - mends the driver, before it is used

Document = dict[str, Any]
Client = AsyncMongoClient[Document]
Collection = AsyncCollection[Document]
Session = AsyncClientSession
Raw = AsyncDatabase[Document]

OUTAGES = (AutoReconnect, ConnectionFailure, NetworkTimeout, ServerSelectionTimeoutError)
DUPLICATE_KEY = 11000
MANY = 10_000

__all__ = [
    "OUTAGES",
    "BulkWriteError",
    "Client",
    "Collection",
    "ConnectionFailure",
    "Document",
    "DuplicateKeyError",
    "PyMongoError",
    "Raw",
    "ServerSelectionTimeoutError",
    "Session",
    "aggregate",
    "close",
    "is_duplicate",
    "make_client",
    "start_session",
    "start_transaction",
    "watch",
]


def make_client(driver: str, uri: str, **options: Any) -> Client:
    """Return a client of the chosen driver; Motor's is used through the same calls.

    Raises:
        ModuleNotFoundError: Motor was asked for and is not installed.

    """
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return cast("Client", AsyncIOMotorClient(uri, **options))
    return AsyncMongoClient(uri, **options)


async def close(client: Client) -> None:
    """Close the client's connections."""
    shut: Any = client.close
    if inspect.iscoroutinefunction(shut):
        await shut()
    else:  # Motor's would hold up everything else while it takes its leave of the database
        await asyncio.to_thread(shut)


async def aggregate(
    source: Collection | Raw, pipeline: list[Document], session: Session | None = None
) -> list[Document]:
    """Return every document that the pipeline gives."""
    # All at once: the first answer would hold 101, and the rest would take another command.
    cursor = await _settled(source.aggregate(pipeline, session=session, batchSize=MANY))
    found: list[Document] = await cursor.to_list(None)
    return found


@asynccontextmanager
async def watch(collection: Collection, **options: Any) -> AsyncIterator[Any]:
    """Open a change stream for the time of the block."""
    stream = await _settled(collection.watch(**options))
    async with stream:
        yield stream


async def start_session(client: Client) -> Session:
    """Return a session, which ends with its `async with`."""
    session: Session = await _settled(client.start_session())
    return session


async def start_transaction(session: Session) -> None:
    """Begin a transaction; it has the client's concerns: the majority's."""
    await _settled(session.start_transaction())


def is_duplicate(error: PyMongoError) -> bool:
    """Say whether all that a write lacked was that its documents were not there yet."""
    if isinstance(error, BulkWriteError):
        failed = error.details.get("writeErrors", [])
        return bool(failed) and all(each["code"] == DUPLICATE_KEY for each in failed)
    return isinstance(error, DuplicateKeyError)


async def _settled(value: Any) -> Any:
    """Await what one driver returns as an awaitable and the other as it is."""
    return await value if inspect.isawaitable(value) else value
