"""Servers on loopback with the toy engine behind them, and clients that speak by hand."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.ports import Credentials, Readiness
from app.settings import Settings
from app.web.listening import Server, build_server, listening_socket
from app.web.live import LiveConnections
from app.web.routes import WebParts, build_app
from tests.web.browser import open_browser
from tests.web.engine import ToyEngine, ToyVisitor

PROTOCOL = "graphql-transport-ws"
PATIENCE = 5
MAX_BODY = 20_000


class Site:
    """A server that listens, the engine behind it (a fresh one a test), and ways to reach it."""

    server: Server
    http: httpx2.AsyncClient
    port: int
    live: LiveConnections

    def __init__(self) -> None:
        self.engine = ToyEngine()
        self.readiness = Readiness()

    async def admit(self, credentials: Credentials) -> ToyVisitor:
        """Let somebody in to the engine of now."""
        return await self.engine.admit(credentials)

    async def ready(self) -> Readiness:
        """Return what the test says."""
        return self.readiness

    @asynccontextmanager
    async def socket(self, *, greet: Any = None, **options: Any) -> AsyncIterator["Talk"]:
        """Open a socket; say hello with `greet` as payload unless it is False."""
        options.setdefault("subprotocols", [Subprotocol(PROTOCOL)])
        url = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(url, compression=None, **options) as connection:
            talk = Talk(connection)
            if greet is not False:
                await talk.say(type="connection_init", **({"payload": greet} if greet else {}))
                assert await talk.hear() == {"type": "connection_ack"}
            yield talk

    async def post(self, document: Any, accept: str | None = None, **more: Any) -> httpx2.Response:
        """POST a document, with variables or whatever else is given."""
        headers = {"accept": accept} if accept else {}
        headers |= more.pop("headers", {})
        return await self.http.post("/graphql", json={"query": document, **more}, headers=headers)

    async def raw(self, text: bytes) -> bytes:
        """Send bytes over TCP and return all that comes back until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(text)
            await writer.drain()
            return await asyncio.wait_for(reader.read(), PATIENCE)
        finally:
            writer.close()
            await writer.wait_closed()


class Talk:
    """One side of a conversation over a socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def ask(self, id: str, query: str, **more: Any) -> None:
        """Subscribe."""
        await self.say(id=id, type="subscribe", payload={"query": query, **more})

    async def hear(self) -> Any:
        """Return the next message."""
        async with asyncio.timeout(PATIENCE):
            received = await self.connection.recv()
        assert isinstance(received, str), "the protocol speaks in text frames"
        return json.loads(received)

    async def hear_all(self, id: str) -> list[Any]:
        """Return the messages up to the last one of an operation."""
        heard = [await self.hear()]
        while heard[-1].get("id") != id or heard[-1]["type"] == "next":
            heard.append(await self.hear())
        return heard

    async def end(self) -> tuple[int, str]:
        """Read on until the server closes; return its code and reason."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@asynccontextmanager
async def running(live: LiveConnections | None = None, **settings: Any) -> AsyncIterator[Site]:
    """Run a server with these settings until the end of the body."""
    unread_seconds = settings.pop("unread_seconds", 60)
    body_seconds, head_seconds = settings.pop("body_seconds", 10), settings.pop("head_seconds", 10)
    chosen = Settings(**{"port": 0, "max_body_bytes": MAX_BODY, "shutdown_seconds": 2} | settings)
    site = Site()
    site.live = live = live or LiveConnections()
    parts = WebParts(site, chosen, site.ready, lambda: b"up 1\n", "type Query", live, body_seconds)
    listener = listening_socket(chosen, unread_seconds=unread_seconds)
    site.port = listener.getsockname()[1]
    site.server = build_server(build_app(parts), chosen, live, head_seconds=head_seconds)
    task = asyncio.create_task(site.server.serve(sockets=[listener]))
    while not site.server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0)
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{site.port}") as site.http:
            yield site
    finally:
        site.server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await task


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start a browser; each visit has an empty profile in it."""
    async with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
async def everyday_server() -> AsyncIterator[Site]:
    """Run a server with the deadlines of every day."""
    async with running() as site:
        yield site


@pytest.fixture(scope="session")
async def hasty_server() -> AsyncIterator[Site]:
    """Run a server whose deadlines are over soon."""
    async with running(
        LiveConnections(slow_reader_seconds=0.1),
        connection_init_seconds=0.5,
        heartbeat_seconds=0.02,
        max_subscriptions_per_socket=2,
        body_seconds=0.3,
        head_seconds=0.3,
        allowed_origins=("https://app.example",),
    ) as site:
        yield site


@pytest.fixture
def site(everyday_server: Site) -> Site:
    """Return the everyday server with a fresh engine."""
    return _afresh(everyday_server)


@pytest.fixture
def hasty(hasty_server: Site) -> Site:
    """Return the hasty server with a fresh engine."""
    return _afresh(hasty_server)


def _afresh(site: Site) -> Site:
    site.engine, site.readiness = ToyEngine(), Readiness()
    return site
