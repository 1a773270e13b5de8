"""Cancelling: how the driver waits for the wire, and what ends that; imported, this mends it.

On Python 3.11 PyMongo loses cancellations: it sends by `asyncio.wait_for`, which before 3.12
swallows one that comes when what it waits for is done: every fourth that hits a query. A stream
that its client has left would go on, and a server that is told to stop would wait for it for ever.
To send, PyMongo hands the whole message to the transport, which never waits: it needs no clock.

For each reply PyMongo makes two tasks, one to read it and one to see whether the connection was
given up. Here a timer looks, and whoever asked reads: that takes 70 to 100 µs less of each command.
"""

import asyncio
import sys
import time

import pymongo
from pymongo import _csot
from pymongo.asynchronous import pool
from pymongo.asynchronous.pool import AsyncConnection
from pymongo.errors import ProtocolError, _OperationCancelled
from pymongo.message import _UNPACK_REPLY, _OpMsg
from pymongo.network_layer import PyMongoProtocol

LOOK_SECONDS = 0.5
LARGEST_MESSAGE = 48_000_000
# What is mended here has no promise to stay as it is: another version keeps its own.
KNOWN = (4, 20)


class _Lookout:
    """Closes a connection when its time is over or it was given up, so that its reader wakes."""

    __slots__ = ("_conn", "_timer", "_until")

    def __init__(self, conn: AsyncConnection, seconds: float) -> None:
        self._conn = conn
        self._until = time.monotonic() + seconds
        self._wait(seconds)

    def end(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(min(max(seconds, 0), LOOK_SECONDS), self._look)

    def _look(self) -> None:
        left = self._until - time.monotonic()
        if self._conn.cancel_context.cancelled:
            self._conn.conn.get_conn.close(_OperationCancelled("operation cancelled"))
        elif left <= 0:
            self._conn.conn.get_conn.close(TimeoutError("timed out"))
        else:
            self._wait(left)


async def _receive(
    conn: AsyncConnection, request_id: int | None, max_message_size: int = LARGEST_MESSAGE
) -> _OpMsg:
    if conn.cancel_context.cancelled:
        raise _OperationCancelled("operation cancelled")
    lookout = _Lookout(conn, _patience(conn))
    try:
        message, kind = await conn.conn.get_conn.read(request_id, max_message_size)
    finally:
        lookout.end()
    if kind not in _UNPACK_REPLY:
        raise ProtocolError(f"Got opcode {kind!r} but expected {_UNPACK_REPLY.keys()!r}")
    return _UNPACK_REPLY[kind](message)


def _patience(conn: AsyncConnection) -> float:
    """Return for how many seconds a reply may be waited for."""
    if _csot.get_timeout():
        return _csot.get_deadline() - time.monotonic()
    return conn.conn.gettimeout or float("inf")


async def _send(conn: PyMongoProtocol, buf: bytes) -> None:
    try:
        async with asyncio.timeout(conn.gettimeout):
            await conn.write(buf)
    except TimeoutError as error:
        raise TimeoutError("timed out") from error


if pymongo.version_tuple[:2] == KNOWN:
    pool.async_sendall = PyMongoProtocol.write  # type: ignore[assignment,attr-defined]
    pool.async_receive_message = _receive  # type: ignore[attr-defined]
elif sys.version_info < (3, 12):
    pool.async_sendall = _send  # type: ignore[attr-defined]
