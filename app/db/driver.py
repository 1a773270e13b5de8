"""The driver: PyMongo's asynchronous API, or Motor; the few calls in which they differ.

Everything else in this room is the same call on both. Motor reached its end of life in 2026; it
stays as an alternative (`FIVEFOLD_MONGO_DRIVER=motor`, extra `motor`).
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import bson
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
# Codes of servers that are just unreachable for another, or without a majority yet.
PASSING = frozenset({6, 7, 89, 134, 262, 9001})
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
    "as_read",
    "ask",
    "close",
    "find",
    "find_by_ids",
    "find_one",
    "insert",
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


async def find(
    collection: Collection,
    filter: Document,
    fields: Document | None = None,
    *,
    sort: Document | None = None,
    limit: int = 0,
    session: Session | None = None,
) -> list[Any]:
    """Return every document that the filter fits, and of each the fields if some are named.

    What is more than one answer holds (10,000 documents or the limit, 16 MB) is asked for again by
    a cursor: what mostly is more is better read by one from the beginning.
    """
    command: Document = {
        "find": collection.name,
        "filter": filter,
        "batchSize": max(MANY, limit),
    }
    if fields:
        command["projection"] = fields
    if sort:
        command["sort"] = sort
    if limit:
        command["limit"] = limit
    found = await _first_batch(collection, command, session)
    if found is None:
        cursor = collection.find(filter, fields or None, limit=limit, session=session)
        found = await (cursor.sort(list(sort.items())) if sort else cursor).to_list(None)
    return found


async def find_by_ids(
    collection: Collection,
    ids: Iterable[str],
    fields: Document | None = None,
    *,
    session: Session | None = None,
) -> list[Any]:
    """Return the documents with these identifiers, in no order."""
    return await find(collection, {"_id": {"$in": list(ids)}}, fields, session=session)


async def find_one(
    collection: Collection,
    filter: Document,
    fields: Document | None = None,
    *,
    sort: Document | None = None,
    session: Session | None = None,
) -> Any:
    """Return a document that the filter fits, or None."""
    found = await find(collection, filter, fields, sort=sort, limit=1, session=session)
    return found[0] if found else None


async def aggregate(
    source: Collection | Raw, pipeline: list[Document], session: Session | None = None
) -> list[Document]:
    """Return every document that the pipeline gives; it only reads."""
    if isinstance(source, AsyncCollection):
        command = {
            "aggregate": source.name,
            "pipeline": pipeline,
            "cursor": {"batchSize": MANY},
        }
        found = await _first_batch(source, command, session)
        if found is not None:
            return found
    cursor = await _settled(source.aggregate(pipeline, session=session, batchSize=MANY))
    whole: list[Document] = await cursor.to_list(None)
    return whole


async def _first_batch(
    collection: Collection, command: Document, session: Session | None
) -> list[Document] | None:
    """Return what a command gives if all of it came at once, which is the rule; else None.

    The driver's own cursor would take a fifth more of the processor to find that there is no more.
    """
    if session is None:
        command["readConcern"] = collection.read_concern.document
    reply = await ask(collection.database, command, session)
    cursor = reply["cursor"]
    if cursor["id"]:
        kill = {"killCursors": collection.name, "cursors": [cursor["id"]]}
        await ask(collection.database, kill, session)
        return None
    batch: list[Document] = cursor["firstBatch"]
    return batch


async def ask(database: Raw, command: Document, session: Session | None = None) -> Document:
    """Return the reply to a command that may be asked twice, as it is if the connection broke.

    In a transaction it is not: that begins again as a whole.
    """
    try:
        return await database.command(command, session=session)
    except PyMongoError as error:
        if session is not None or not _is_passing(error):
            raise
        return await database.command(command)


async def insert(
    collection: Collection, documents: Sequence[Document], session: Session | None = None
) -> None:
    """Insert documents, if there are any."""
    if len(documents) == 1:  # the driver takes a sixth longer for a list of one
        await collection.insert_one(documents[0], session=session)
    elif documents:
        await collection.insert_many(list(documents), session=session)


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


def as_read(document: Document) -> Document:
    """Return a document as it will be read again, once it is stored."""
    return bson.decode(bson.encode(document))


def is_duplicate(error: PyMongoError) -> bool:
    """Say whether all that a write lacked was that its documents were not there yet."""
    if isinstance(error, BulkWriteError):
        failed = error.details.get("writeErrors", [])
        return bool(failed) and all(each["code"] == DUPLICATE_KEY for each in failed)
    return isinstance(error, DuplicateKeyError)


def _is_passing(error: PyMongoError) -> bool:
    """Say whether the driver itself would ask again, once, if this came of a reading."""
    if isinstance(error, ServerSelectionTimeoutError):  # it has looked for the database in vain
        return False
    return isinstance(error, AutoReconnect) or getattr(error, "code", None) in PASSING


async def _settled(value: Any) -> Any:
    """Await what one driver returns as an awaitable and the other as it is."""
    return await value if inspect.isawaitable(value) else value
