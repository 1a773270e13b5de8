"""Pouring: over a real server, live items reach those who wait without waking anybody."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.ports import Credentials, GraphQLRequest, Item, Readiness, Take
from app.schema.engine import Engine
from app.settings import Settings
from app.web.listening import build_server, listening_socket
from app.web.live import LiveConnections
from app.web.routes import WebParts, build_app
from tests.api import Person, World, record, subscribe

PATIENCE = 15
NOTICES = "subscription S { alerts { ... on Notice { id cursor reason } } }"


class Gauged:
    """The engine, its visitors, operations and items, with a note of what is asked for."""

    def __init__(self, inner: Any, pulled: list[Item], begun: asyncio.Semaphore) -> None:
        self._inner = inner
        self._pulled = pulled
        self._begun = begun

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def admit(self, credentials: Credentials) -> Any:
        """Let somebody in."""
        return self._around(await self._inner.admit(credentials))

    async def prepare(self, request: GraphQLRequest) -> Any:
        """Prepare an operation."""
        return self._around(await self._inner.prepare(request))

    async def stream(self) -> Any:
        """Begin a stream."""
        return self._around(await self._inner.stream())

    def pour(self, take: Take) -> None:
        """Let items be taken."""
        self._inner.pour(take)

    def __aiter__(self) -> "Gauged":
        return self

    async def __anext__(self) -> Item:
        self._begun.release()
        item: Item = await anext(self._inner)
        self._pulled.append(item)
        return item

    def _around(self, inner: Any) -> Any:
        return Gauged(inner, self._pulled, self._begun)


class Place:
    """A server that listens, and what was asked for on it."""

    def __init__(self, engine: Engine) -> None:
        self.pulled: list[Item] = []
        self.begun = asyncio.Semaphore(0)
        self.engine: Any = Gauged(engine, self.pulled, self.begun)
        self.port = 0

    async def ready(self) -> Readiness:
        """Say that all is well."""
        return Readiness()


@pytest.fixture
async def place(world: World) -> AsyncIterator[Place]:
    """A server in front of the world's engine."""
    found, settings, live = Place(world.engine), Settings(port=0), LiveConnections()
    parts = WebParts(found.engine, settings, found.ready, lambda: b"", None, live)
    listener = listening_socket(settings)
    found.port = listener.getsockname()[1]
    server = build_server(build_app(parts), settings, live)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0)
    yield found
    server.should_exit = True
    async with asyncio.timeout(PATIENCE):
        await task


@asynccontextmanager
async def over_socket(place: Place, person: Person) -> AsyncIterator[AsyncIterator[Any]]:
    """Follow over a WebSocket."""
    url, spoken = f"ws://127.0.0.1:{place.port}/graphql", Subprotocol("graphql-transport-ws")
    async with connect(url, subprotocols=[spoken]) as connection:
        hello = {"type": "connection_init", "payload": {"token": person.token}}
        await connection.send(json.dumps(hello))
        await connection.recv()
        ask = {"id": "wörd", "type": "subscribe", "payload": {"query": NOTICES}}
        await connection.send(json.dumps(ask))

        async def items() -> AsyncIterator[Any]:
            async for text in connection:
                message = json.loads(text)
                assert (message["id"], message["type"]) == ("wörd", "next")
                yield message["payload"]["data"]["alerts"]

        yield items()


@asynccontextmanager
async def over_events(place: Place, person: Person) -> AsyncIterator[AsyncIterator[Any]]:
    """Follow over server-sent events."""
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {person.token}"}
    url = f"http://127.0.0.1:{place.port}/graphql"
    async with (
        httpx2.AsyncClient() as client,
        client.stream("POST", url, headers=headers, json={"query": NOTICES}) as response,
    ):

        async def items() -> AsyncIterator[Any]:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))["data"]["alerts"]

        yield items()


@pytest.mark.parametrize("transport", [over_socket, over_events])
async def test_who_waits_is_sent_items_without_being_woken(
    world: World, place: Place, transport: Any
) -> None:
    """The client has both notices of an alert, in order, though nobody asked for either."""
    ada = await world.person("ada")
    series = await world.series(ada, await world.space(ada))
    await subscribe(ada, series, operator="GT", value=4)
    async with asyncio.timeout(PATIENCE), transport(place, ada) as items:
        await place.begun.acquire()
        for minute, value in enumerate((9.0, 1.0)):
            await record(ada, series, (f"2026-03-01T11:0{minute}:00Z", value))
        heard = [await anext(items), await anext(items)]
    assert [item["reason"] for item in heard] == ["FIRST", "RESOLVED"]
    inbox = (await ada.ask("{ inbox { nodes { id cursor reason } } }"))["inbox"]["nodes"]
    assert heard == inbox[::-1]
    assert place.pulled == []
