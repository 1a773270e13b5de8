"""Cancelling: on Python 3.11 PyMongo loses cancellations; imported, this keeps them.

PyMongo sends by `asyncio.wait_for`, which before Python 3.12 swallows a cancellation that comes
when what it waits for is done: every fourth that hits a query. A stream that its client has left
would go on, and a server that is told to stop would wait for it for ever.
"""

import asyncio
import sys

from pymongo.asynchronous import pool
from pymongo.network_layer import PyMongoProtocol


async def _send(conn: PyMongoProtocol, buf: bytes) -> None:
    try:
        async with asyncio.timeout(conn.gettimeout):
            await conn.write(buf)
    except TimeoutError as error:
        raise TimeoutError("timed out") from error


if sys.version_info < (3, 12):
    pool.async_sendall = _send  # type: ignore[attr-defined]
