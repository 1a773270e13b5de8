"""Sockets that watch, thousands of them in one process, each as cheap as can be.

They speak just enough WebSocket and graphql-transport-ws to subscribe once, to answer pings, and
to count what comes: of an item, only its first bytes are looked at.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
SHORT, MIDDLING, LONG = 125, 126, 127
# A mask must be there, but nobody says that it must hide anything.
NO_MASK = bytes(4)
NEXT = b'{"id":"1","type":"next","payload":{"data":{'
ACKNOWLEDGED = b'{"type":"connection_ack"'
HEAD = 64
AT_A_TIME = 64
CONNECT_SECONDS = 120


class Frame(NamedTuple):
    """One frame as it came in."""

    kind: int
    body: bytes


class Watching(NamedTuple):
    """Who subscribes to what."""

    token: str
    operation: str
    variables: dict[str, Any]


@dataclass(slots=True)
class Tally:
    """What the sockets of one round have seen: when each item was due, and how late it came."""

    due: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)
    sample: bytes = b""
    items: int = 0


def frame(kind: int, body: bytes) -> bytes:
    """Return a frame as clients send it."""
    if len(body) <= SHORT:
        head = bytes((FINAL | kind, MASKED | len(body)))
    else:
        head = bytes((FINAL | kind, MASKED | MIDDLING)) + len(body).to_bytes(2, "big")
    return head + NO_MASK + body


def next_frame(data: bytes, at: int) -> tuple[Frame | None, int]:
    """Return the frame at a place, if it is whole, and the place behind it."""
    if len(data) < at + 2:
        return None, at
    size, body = data[at + 1], at + 2
    if size == MIDDLING:
        size, body = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    elif size == LONG:
        size, body = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
    if len(data) < body + size:
        return None, at
    return Frame(data[at] & 0x0F, data[body : body + size]), body + size


class Socket(asyncio.Protocol):
    """One socket, from its handshake on."""

    __slots__ = ("_port", "_rest", "_stage", "_tally", "_transport", "_watching", "count", "ready")

    def __init__(self, port: int, watching: Watching, tally: Tally) -> None:
        self.count = 0
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._port = port
        self._watching = watching
        self._tally = tally
        self._rest = b""
        self._stage = self._take_handshake

    def connection_made(self, transport: Any) -> None:
        """Ask for the upgrade."""
        self._transport = transport
        transport.write(
            f"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\nupgrade: websocket\r\n"
            "connection: Upgrade\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "sec-websocket-version: 13\r\nsec-websocket-protocol: graphql-transport-ws\r\n"
            "\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take what comes, stage by stage."""
        self._stage(self._rest + data if self._rest else data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the server has hung up."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"no socket: {exc or self._rest!r}"))

    def close(self) -> None:
        """Hang up."""
        self._transport.abort()

    def _take_handshake(self, data: bytes) -> None:
        end = data.find(b"\r\n\r\n")
        if end < 0 or not data.startswith(b"HTTP/1.1 101"):
            self._rest = data
            return
        self._say({"type": "connection_init", "payload": {"token": self._watching.token}})
        self._rest, self._stage = b"", self._take_frames
        if len(data) > end + 4:
            self._take_frames(data[end + 4 :])

    def _take_frames(self, data: bytes) -> None:
        at = 0
        while True:
            found, at = next_frame(data, at)
            if found is None:
                break
            if found.kind == TEXT:
                self._take_text(found.body)
            elif found.kind == PING:
                self._transport.write(frame(PONG, found.body))
            elif found.kind == CLOSE:
                self._tally.wrong.append(found.body)
        self._rest = data[at:]

    def _take_text(self, text: bytes) -> None:
        tally = self._tally
        head = text[:HEAD].replace(b" ", b"")
        if head.startswith(NEXT):
            if self.count < len(tally.due):
                tally.delays.append(time.monotonic() - tally.due[self.count])
            tally.sample = text
            tally.items += 1
            self.count += 1
        elif head.startswith(ACKNOWLEDGED):
            payload = {"query": self._watching.operation, "variables": self._watching.variables}
            self._say({"id": "1", "type": "subscribe", "payload": payload})
            self.ready.set_result(None)
        else:
            tally.wrong.append(text)

    def _say(self, message: dict[str, Any]) -> None:
        self._transport.write(frame(TEXT, orjson.dumps(message)))


class Crowd:
    """Many sockets that watch one server."""

    def __init__(self, port: int) -> None:
        self.tally = Tally()
        self._port = port
        self._sockets: list[Socket] = []

    async def join(self, watchings: Sequence[Watching]) -> None:
        """Open a socket for each, some at a time, and subscribe on it."""
        loop = asyncio.get_running_loop()
        for begin in range(0, len(watchings), AT_A_TIME):
            sockets = [
                Socket(self._port, watching, self.tally)
                for watching in watchings[begin : begin + AT_A_TIME]
            ]
            async with asyncio.timeout(CONNECT_SECONDS):
                for socket in sockets:
                    await loop.create_connection(lambda it=socket: it, "127.0.0.1", self._port)  # type: ignore[misc]
                await asyncio.gather(*(socket.ready for socket in sockets))
            self._sockets += sockets

    def begin(self) -> None:
        """Count anew: from here on, the items that are due are those that are announced."""
        self.tally = Tally(sample=self.tally.sample)
        for socket in self._sockets:
            socket.count = 0
            socket._tally = self.tally  # noqa: SLF001 - its own kind

    def lacking(self, items: int) -> int:
        """Return how many sockets have fewer items than that."""
        return sum(socket.count < items for socket in self._sockets)

    def leave(self) -> None:
        """Hang up everywhere."""
        for socket in self._sockets:
            socket.close()
        self._sockets.clear()
