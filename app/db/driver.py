"""The driver: PyMongo's asynchronous API, or Motor; the few calls in which they differ.

Everything else in this room is the same call on both. Motor reached its end of life in 2026; it
stays as an alternative (`FIVEFOLD_MONGO_DRIVER=motor`, extra `motor`).
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    PyMongoError,
    ServerSelectionTimeoutError,
)

Document = dict[str, Any]
Collection = AsyncCollection[Document]
Session = AsyncClientSession
Raw = AsyncDatabase[Document]

T = TypeVar("T")

OUTAGES = (AutoReconnect, ConnectionFailure, NetworkTimeout, ServerSelectionTimeoutError)
TIMEOUTS = (ExecutionTimeout,)

__all__ = [
    "OUTAGES",
    "TIMEOUTS",
    "Collection",
    "Document",
    "DuplicateKeyError",
    "PyMongoError",
    "Raw",
    "Session",
    "aggregate",
    "close",
    "in_transaction",
    "make_client",
    "watch",
]


def make_client(driver: str, uri: str, **options: Any) -> AsyncMongoClient[Document]:
    """Return a client of the chosen driver; Motor's is used through the same calls.

    Raises:
        ModuleNotFoundError: Motor was asked for and is not installed.

    """
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return cast("AsyncMongoClient[Document]", AsyncIOMotorClient(uri, **options))
    return AsyncMongoClient(uri, **options)


async def close(client: AsyncMongoClient[Document]) -> None:
    """Close the client's connections."""
    await _settled(client.close())


async def aggregate(
    collection: Collection, pipeline: list[Document], session: Session | None = None
) -> list[Document]:
    """Return every document that the pipeline gives."""
    cursor = await _settled(collection.aggregate(pipeline, session=session))
    found: list[Document] = await cursor.to_list(None)
    return found


@asynccontextmanager
async def watch(collection: Collection, **options: Any) -> AsyncIterator[Any]:
    """Open a change stream for the time of the block."""
    stream = await _settled(collection.watch(**options))
    async with stream:
        yield stream


async def in_transaction(
    client: AsyncMongoClient[Document], work: Callable[[Session], Awaitable[T]]
) -> T:
    """Run the work in one transaction; the driver repeats it when the database asks for that."""
    session = await _settled(client.start_session())
    async with session:
        done: T = await session.with_transaction(work)
        return done


async def _settled(value: Any) -> Any:
    """Await what one driver returns as an awaitable and the other as it is."""
    return await value if inspect.isawaitable(value) else value
