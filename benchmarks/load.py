"""The load: HTTP clients that cost little, so that the server is what is measured.

Each client keeps one connection and sends its next request when it has the last answer. Requests
are laid out beforehand, down to the bytes; of an answer only the status, the length and the first
bytes are looked at.
"""

import asyncio
import itertools
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks.contestants import Contestant
from benchmarks.dataset import READERS, reader_token
from benchmarks.machine import busy_seconds, cores, cpu_seconds
from benchmarks.shapes import Pools, Shape

CONNECTIONS = 16
LAID_OUT = 256
SAMPLES = 4
LONGEST_BEGINNING = 100
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"
PATIENCE_SECONDS = 30
# A round that has seen fewer answers goes on for longer.
FEWEST = 2 * CONNECTIONS

Request = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one round took: microseconds of the server's CPU per request, and requests per second.

    `busy` is how much of each core was at work, the server's first.
    """

    cpu: float
    rate: float
    busy: tuple[float, float]


class WrongAnswer(Exception):
    """A server gave another answer than the one that was agreed on."""


def http(port: int, body: bytes, reader: int = 0) -> bytes:
    """Return the bytes of a request by one of the readers."""
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        f"authorization: Bearer {reader_token(reader)}\r\n"
        "content-type: application/json\r\naccept: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def requests_of(shape: Shape, pools: Pools, port: int, numbers: Iterator[int]) -> Request:
    """Return what gives the bytes of the next request of a connection.

    What writes gets a number of its own each time; what only reads comes round again.
    """
    if shape.writes:
        return lambda reader: http(port, orjson.dumps(shape.request(pools, next(numbers))), reader)
    laid_out = [
        http(port, orjson.dumps(shape.request(pools, number)), number % READERS)
        for number in range(LAID_OUT)
    ]
    order = itertools.cycle(laid_out)
    return lambda _reader: next(order)


async def ask(contestant: Contestant, body: bytes, reader: int = 0) -> bytes:
    """Return the body of one answer."""
    stream_in, stream_out = await asyncio.open_connection("127.0.0.1", contestant.port)
    try:
        stream_out.write(http(contestant.port, body, reader))
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await stream_in.readuntil(HEAD_END)
            length = LENGTH.search(head)
            answer = await stream_in.readexactly(int(length[1]) if length else 0)
    finally:
        stream_out.close()
    if not head.startswith(b"HTTP/1.1 200"):
        raise WrongAnswer(f"{contestant.name}: {head.decode()}{answer.decode()}")
    return answer


async def beginning(
    contestant: Contestant, shape: Shape, pools: Pools, numbers: Iterator[int]
) -> bytes:
    """Return how every answer to the shape begins, found from a few."""
    found = [
        (await ask(contestant, orjson.dumps(shape.request(pools, next(numbers))))).decode()
        for _ in range(SAMPLES)
    ]
    # By characters, and not by parts of a path, is what is meant here.
    return os.path.commonprefix(found)[:LONGEST_BEGINNING].encode()  # noqa: RUF071


class Client(asyncio.Protocol):
    """One connection that asks and asks."""

    def __init__(self, reader: int, request: Request, begins: bytes) -> None:
        self.count = 0
        self.asking = True
        self.wrong: bytes | None = None
        self.idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reader = reader
        self._request = request
        self._begins = begins
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        """Ask for the first time."""
        self._transport = transport
        transport.write(self._request(self._reader))

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; when it is whole, ask again."""
        rest = self._rest + data if self._rest else data
        end = rest.find(HEAD_END)
        length = LENGTH.search(rest, 0, end) if end > 0 else None
        if length is None:
            self._rest = rest
            return
        body = end + len(HEAD_END)
        if len(rest) < body + int(length[1]):
            self._rest = rest
            return
        self._rest = b""
        if not (rest.startswith(b"HTTP/1.1 200") and rest.startswith(self._begins, body)):
            self.wrong, self.asking = rest[:500], False
        self.count += 1
        if self.asking:
            self._transport.write(self._request(self._reader))
        else:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """End with what there is."""
        del exc
        self._finish()

    def _finish(self) -> None:
        if not self.idle.done():
            self.idle.set_result(None)


async def put_under_load(
    contestant: Contestant, request: Request, begins: bytes, *, warm: float, seconds: float
) -> Taken:
    """Ask by all connections at once for some seconds, after some to warm up.

    Raises:
        WrongAnswer: an answer was not the one that is expected.

    """
    loop, clients = asyncio.get_running_loop(), []
    for reader in range(CONNECTIONS):
        _, client = await loop.create_connection(
            lambda reader=reader: Client(reader, request, begins),  # type: ignore[misc]
            "127.0.0.1",
            contestant.port,
        )
        clients.append(client)
    await asyncio.sleep(warm)
    before = _look(contestant, clients)
    await asyncio.sleep(seconds)
    until = time.perf_counter() + PATIENCE_SECONDS
    while (after := _look(contestant, clients))[2] - before[2] < FEWEST:
        if time.perf_counter() > until or any(client.wrong for client in clients):
            break
        await asyncio.sleep(seconds / 4)
    for client in clients:
        client.asking = False
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(client.idle for client in clients))
    for client in clients:
        client._transport.close()  # noqa: SLF001 - its own kind
        if client.wrong is not None:
            raise WrongAnswer(f"{contestant.name}: {client.wrong.decode(errors='replace')}")
    began, cpu, count, *busy = (b - a for a, b in zip(before, after, strict=True))
    if not count:
        raise WrongAnswer(f"{contestant.name}: no answer")
    return Taken(cpu / count * 1e6, count / began, (busy[0] / began, busy[1] / began))


def _look(contestant: Contestant, clients: list[Client]) -> tuple[float, float, int, float, float]:
    return (
        time.perf_counter(),
        cpu_seconds(contestant.pid),
        sum(client.count for client in clients),
        busy_seconds(cores().server),
        busy_seconds(cores().others),
    )
