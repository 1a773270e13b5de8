"""The path of webhooks on a real web server, told by the provider on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from app.failures import Unavailable
from app.payments.messages import Message
from app.payments.port import Payment
from app.payments.providers import open_providers, webhook_secrets
from app.payments.reception import Reception
from app.ports import Readiness, Webhooks
from app.settings import Settings
from app.web.listening import build_server, listening_socket
from app.web.live import LiveConnections
from app.web.routes import WebParts, build_app
from tests.payments.conftest import NOON
from tests.payments.provider import Cashier
from tests.web.engine import ToyEngine


class Desk:
    """Keeps messages by their id, while it is open."""

    http: httpx2.AsyncClient

    def __init__(self, cashier: Cashier) -> None:
        self.kept: dict[str, Message] = {}
        self.is_open = True
        secrets = webhook_secrets(Settings(**cashier.settings))
        self.reception = Reception(secrets, lambda: NOON, self.take)

    @property
    def url(self) -> str:
        """Return where its webhooks go."""
        return str(self.http.base_url.join("/payments/REMOTE"))

    async def take(self, message: Message) -> None:
        """Keep a message, or say that the database is away."""
        if not self.is_open:
            raise Unavailable("The database is away.")
        self.kept[message.id] = message

    async def post(self, headers: dict[str, str], body: bytes, url: str = "") -> httpx2.Response:
        """Post a webhook by hand."""
        return await self.http.post(url or self.url, headers=headers, content=body)


async def ready() -> Readiness:
    """Lack nothing."""
    return Readiness()


@asynccontextmanager
async def serving(webhooks: Webhooks | None) -> AsyncIterator[httpx2.AsyncClient]:
    """Run a web server until the end of the body; yield a client of it."""
    settings, live = Settings(port=0, max_body_bytes=100_000), LiveConnections()
    parts = WebParts(ToyEngine(), settings, ready, lambda: b"", None, live, webhooks=webhooks)
    listener = listening_socket(settings)
    server = build_server(build_app(parts), settings, live)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
            yield http
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def desk(cashier: Cashier) -> AsyncIterator[Desk]:
    """A web server that takes webhooks of the provider."""
    desk = Desk(cashier)
    async with serving(desk.reception) as desk.http:
        yield desk


@pytest.fixture
async def told(cashier: Cashier, payment: Payment) -> Cashier:
    """The provider, which has three things to tell of a payment."""
    async with open_providers(Settings(**cashier.settings)) as providers:
        await providers["REMOTE"].authorise(payment)
    cashier.change("pay_1", "captured")
    cashier.change("pay_1", "disputed")
    return cashier


async def test_messages_in_order(desk: Desk, told: Cashier) -> None:
    """Each is taken, with the number that orders it."""
    assert await told.tell(desk.url, told.history) == [200, 200, 200]
    assert [(m.type, m.sequence) for m in desk.kept.values()] == [
        ("CONFIRMED", 1), ("CAPTURED", 2), ("DISPUTED", 3),
    ]  # fmt: skip
    assert told.untold == []


async def test_messages_twice_and_backwards(desk: Desk, told: Cashier) -> None:
    """The order of arrival is nobody's promise; every one is answered well, and kept once."""
    letters = [*reversed(told.history), *told.history]
    assert await told.tell(desk.url, letters) == [200] * 6
    assert sorted(m.sequence for m in desk.kept.values()) == [1, 2, 3]


async def test_a_provider_that_comes_again(desk: Desk, told: Cashier) -> None:
    """What cannot be kept now is not said to be, and is there after the next try."""
    desk.is_open = False
    assert await told.tell(desk.url, told.history) == [503, 503, 503]
    assert len(told.untold) == 3
    desk.is_open = True
    assert await told.tell(desk.url, told.untold) == [200, 200, 200]
    assert len(desk.kept) == 3


async def test_what_the_sender_reads(desk: Desk, told: Cashier) -> None:
    """Taken, or why not in the form of every refusal here, with a code and the request's id."""
    headers, body = told.signed(told.history[0])
    good = await desk.post(headers, body)
    assert (good.status_code, good.json()) == (200, {"status": "taken"})
    assert good.headers["cache-control"] == "no-store"
    bad = await desk.post(headers, body + b" ")
    [error] = bad.json()["errors"]
    assert (bad.status_code, error["extensions"]["code"]) == (400, "BAD_REQUEST")
    assert error["extensions"]["requestId"] == bad.headers["x-request-id"]
    desk.is_open = False
    away = await desk.post(headers, body)
    assert (away.status_code, away.headers["retry-after"]) == (503, "1")


async def test_paths_where_nobody_is(desk: Desk, told: Cashier) -> None:
    """A provider that is not there is 404, signed or not; and a webhook is posted."""
    headers, body = told.signed(told.history[0])
    for path in ("/payments/DEVELOPMENT", "/payments/remote", "/payments/", "/payments/REMOTE/x"):
        assert (await desk.post(headers, body, path)).status_code == 404
    assert (await desk.http.get("/payments/REMOTE")).status_code == 405


async def test_bodies_that_are_too_large(desk: Desk) -> None:
    """They are refused while they come, like any other."""
    answer = await desk.post({"webhook-id": "x"}, b" " * 1_000_000)
    assert answer.status_code == 413


async def test_many_at_once(desk: Desk, told: Cashier) -> None:
    """Several messages at a time do not mix."""
    sent = [told.signed(letter) for letter in told.history * 10]
    answers = await asyncio.gather(*(desk.post(headers, body) for headers, body in sent))
    assert {answer.status_code for answer in answers} == {200}
    assert {m.id: m.sequence for m in desk.kept.values()} == {"msg_1": 1, "msg_2": 2, "msg_3": 3}


async def test_a_server_without_webhooks() -> None:
    """Where nobody takes webhooks, there is no such path."""
    async with serving(None) as http:
        assert (await http.post("/payments/REMOTE")).status_code == 404
