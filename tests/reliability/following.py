"""Followers: subscriptions over WebSocket or SSE that are opened again at their last cursor."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Self

import httpx2
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.reliability.scene import CHANCE, PATIENCE_SECONDS, Scene


class Follower:
    """A subscription that is opened again at its last cursor whenever it is cut."""

    def __init__(
        self, scene: Scene, query: str, *, at: str | None = None, by: str = "WebSocket"
    ) -> None:
        self._scene = scene
        self._query = query
        self._at = at
        self._read = {"WebSocket": read_socket, "SSE": read_events}[by]
        self._task: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.cursor = scene.beginning
        self.items: list[dict[str, Any]] = []
        self.came_at: list[float] = []
        self.connections = 0
        self.cuts = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def cut(self) -> bool:
        """Break the connection without a word, as a dead network does; False if there is none."""
        if self._reading is None or self._reading.done() or self._reading.cancelling():
            return False
        self.cuts += 1
        return self._reading.cancel()

    async def has(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many items came, and return them."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(self.items) < count:
                    await self._wait()
        except TimeoutError:
            raise AssertionError(f"{len(self.items)} of {count} items came") from None
        return self.items

    async def connects(self, times: int = 1) -> None:
        """Wait until the subscription has been opened so many times."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.connections < times:
                await self._wait()

    async def _wait(self) -> None:
        assert self._task is not None
        news = asyncio.ensure_future(self._news.wait())
        await asyncio.wait({news, self._task}, return_when="FIRST_COMPLETED")
        news.cancel()
        if self._task.done():
            self._task.result()
        self._news.clear()

    async def _follow(self) -> None:
        while True:
            self._reading = asyncio.create_task(self._read_on())
            try:
                await asyncio.wait({self._reading})
            finally:
                self._reading.cancel()
            if not self._reading.cancelled():
                self._reading.result()
            await asyncio.sleep(CHANCE.uniform(0, 0.02))

    async def _read_on(self) -> None:
        url = self._at or self._scene.servers.any_url()
        with suppress(OSError, WebSocketException, httpx2.HTTPError, TimeoutError):
            async with aclosing(self._read(self._scene, url, self._query, self.cursor)) as items:  # type: ignore[type-var]
                async for item in items:
                    self._take(item)

    def _take(self, item: dict[str, Any] | None) -> None:
        if item is None:
            self.connections += 1
        else:
            self.items.append(item)
            self.came_at.append(time.monotonic())
            self.cursor = item["cursor"]
        self._news.set()


async def read_socket(
    scene: Scene, url: str, query: str, after: str
) -> AsyncIterator[dict[str, Any] | None]:
    """Yield None when the subscription is open, and then its items, until it ends."""
    async with socket(scene, url, query, after) as connection:
        try:
            yield None
            async for text in connection:
                yield item_of(text)
        finally:
            connection.transport.abort()


async def read_events(
    scene: Scene, url: str, query: str, after: str
) -> AsyncIterator[dict[str, Any] | None]:
    """Do the same over server-sent events; the cursor goes into `Last-Event-ID`."""
    body = {"query": query, "variables": {"after": scene.beginning}}
    headers = {
        "authorization": f"Bearer {scene.token}",
        "accept": "text/event-stream",
        "last-event-id": after,
    }
    async with (
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client,
        client.stream("POST", f"{url}/graphql", json=body, headers=headers) as answer,
    ):
        if answer.status_code == 503:
            return
        assert answer.status_code == 200, await answer.aread()
        yield None
        id = ""
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                id = value
            elif name == "data":
                item = payload_of(orjson.loads(value))
                assert item["cursor"] == id
                yield item
            else:
                assert line in {"", ":", "retry: 1000", "event: next"}, line


@asynccontextmanager
async def socket(
    scene: Scene, url: str, query: str, after: str, **options: Any
) -> AsyncIterator[ClientConnection]:
    """Open a socket with one subscription on it."""
    url = f"{url}/graphql".replace("http", "ws", 1)
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=protocols, close_timeout=1, **options) as connection:
        payload = {"authorization": f"Bearer {scene.token}"}
        init = {"type": "connection_init", "payload": payload}
        await connection.send(orjson.dumps(init).decode())
        assert orjson.loads(await connection.recv()) == {"type": "connection_ack"}
        request = {"query": query, "variables": {"after": after}}
        start = {"id": "1", "type": "subscribe", "payload": request}
        await connection.send(orjson.dumps(start).decode())
        yield connection


def item_of(text: str | bytes) -> dict[str, Any]:
    """Return the item that a message of the socket brings; it must bring one."""
    message = orjson.loads(text)
    assert message["type"] == "next", message
    return payload_of(message["payload"])


def payload_of(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the one field of an answer without errors; a gap in history is one here, too."""
    assert "errors" not in payload, payload
    [item] = payload["data"].values()
    assert "cause" not in item, item
    found: dict[str, Any] = item
    return found


async def read_to(scene: Scene, url: str, query: str, last: str) -> list[dict[str, Any]]:
    """Return the whole history, up to a cursor, as one connection without a break gives it."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with socket(scene, url, query, scene.beginning) as connection:
            while not found or found[-1]["cursor"] != last:
                found.append(item_of(await connection.recv()))
    return found
