"""GraphQL over WebSocket: the graphql-transport-ws protocol, rule by rule."""

from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.web.conftest import PROTOCOL, Site

COUNT = "subscription { count }"
WAIT = "subscription { wait }"


def item(id: str, count: int) -> dict[str, Any]:
    """Return the `next` of an item of the toy engine's streams."""
    return {"id": id, "type": "next", "payload": {"data": {"count": count}}}


# Handshake


@pytest.mark.parametrize("offered", [[], ["graphql-ws"], ["graphql-ws", "soap"]])
async def test_another_subprotocol(site: Site, offered: list[str]) -> None:
    """A client that does not speak the protocol is closed with 4406."""
    subprotocols = [Subprotocol(name) for name in offered] or None
    async with site.socket(greet=False, subprotocols=subprotocols) as talk:
        assert await talk.end() == (4406, "Subprotocol not acceptable")


async def test_the_subprotocol_among_others(site: Site) -> None:
    """Of several subprotocols the server picks the one it speaks."""
    offered = [Subprotocol("graphql-ws"), Subprotocol(PROTOCOL)]
    async with site.socket(subprotocols=offered) as talk:
        assert talk.connection.subprotocol == PROTOCOL


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_foreign_page(site: Site, origin: str) -> None:
    """A page of another origin gets no socket, but 403 and the reason."""
    with pytest.raises(InvalidStatus) as refusal:
        async with site.socket(origin=Origin(origin)):
            pass
    response = refusal.value.response
    assert response.status_code == 403
    assert b"ORIGIN_NOT_ALLOWED" in (response.body or b"")


async def test_our_own_page(site: Site) -> None:
    """A page of ours gets a socket, even if a proxy in front speaks TLS to it."""
    for scheme in ("http", "https"):
        async with site.socket(origin=Origin(f"{scheme}://127.0.0.1:{site.port}")):
            pass


async def test_an_allowed_page(hasty: Site) -> None:
    """A page of an origin that the operator allows gets a socket."""
    async with hasty.socket(origin=Origin("https://app.example")):
        pass


async def test_a_socket_elsewhere(site: Site) -> None:
    """There are no sockets on other paths."""
    with pytest.raises(InvalidStatus):
        async with connect(f"ws://127.0.0.1:{site.port}/nothing"):
            pass


async def test_a_socket_has_a_request_id(site: Site) -> None:
    """The handshake tells the id under which the socket is in the log."""
    async with site.socket(additional_headers={"x-request-id": "trace-1"}) as talk:
        response = talk.connection.response
        assert response is not None
        assert response.headers["x-request-id"] == "trace-1"
    assert site.engine.admitted[0].request_id == "trace-1"


# Initialisation


async def test_nobody_says_hello(hasty: Site) -> None:
    """Without `connection_init` in time the socket is closed with 4408."""
    async with hasty.socket(greet=False) as talk:
        assert await talk.end() == (4408, "Connection initialisation timeout")


async def test_pings_are_no_hello(hasty: Site) -> None:
    """Pings before the hello are answered, but do not prolong the time for it."""
    async with hasty.socket(greet=False) as talk:
        await talk.say(type="ping")
        assert await talk.hear() == {"type": "pong"}
        assert (await talk.end())[0] == 4408


async def test_a_subscription_before_the_hello(site: Site) -> None:
    """Who subscribes before the connection is acknowledged is closed with 4401."""
    async with site.socket(greet=False) as talk:
        await talk.ask("1", COUNT)
        assert await talk.end() == (4401, "Unauthorized")
    assert not site.engine.admitted


async def test_hello_twice(site: Site) -> None:
    """A second hello closes the socket with 4429."""
    async with site.socket() as talk:
        await talk.say(type="connection_init")
        assert await talk.end() == (4429, "Too many initialisation requests")


async def test_hello_twice_at_once(site: Site) -> None:
    """A second hello closes the socket with 4429 also when the first is not answered yet."""
    async with site.socket(greet=False) as talk:
        await talk.say(type="connection_init")
        await talk.say(type="connection_init")
        assert (await talk.end())[0] == 4429


@pytest.mark.parametrize("payload", [None, {}, {"other": 1}])
async def test_hello_without_a_token(site: Site, payload: Any) -> None:
    """The hello's payload may be null, empty or about something else."""
    async with site.socket(greet=False) as talk:
        await talk.say(type="connection_init", payload=payload)
        assert await talk.hear() == {"type": "connection_ack"}
    assert site.engine.admitted[0].token is None


@pytest.mark.parametrize(
    "payload",
    [
        {"Authorization": "Bearer t1"},
        {"authorization": "bearer t1"},
        {"token": "Bearer t1"},
        {"token": "t1"},
    ],
)
async def test_hello_with_a_token(site: Site, payload: Any) -> None:
    """The token may come under the names that clients use."""
    site.engine.issue("t1")
    async with site.socket(greet=payload):
        assert site.engine.admitted[0].token == "t1"


async def test_a_token_in_the_handshake(site: Site) -> None:
    """A client that is no browser may send the token as a header; the payload goes first."""
    site.engine.issue("t1")
    site.engine.issue("t2")
    headers = {"authorization": "Bearer t1"}
    async with (
        site.socket(additional_headers=headers),
        site.socket(additional_headers=headers, greet={"token": "t2"}),
    ):
        assert [c.token for c in site.engine.admitted] == ["t1", "t2"]


async def test_hello_with_a_bad_token(site: Site) -> None:
    """A token that is not valid closes the socket with 4403."""
    async with site.socket(greet=False) as talk:
        await talk.say(type="connection_init", payload={"token": "wrong"})
        assert await talk.end() == (4403, "Forbidden: The token is not valid.")


async def test_hello_to_a_full_house(site: Site) -> None:
    """Who cannot be let in just now is closed with 1013, after which clients come back."""
    site.engine.is_full = True
    async with site.socket(greet=False) as talk:
        await talk.say(type="connection_init")
        assert await talk.end() == (1013, "try again later: too many at once")


async def test_hello_to_a_broken_engine(site: Site) -> None:
    """A failure while somebody is let in closes the socket and is hidden."""
    async with site.socket(greet=False) as talk:
        await talk.say(type="connection_init", payload={"token": "bug"})
        assert await talk.end() == (1011, "Something went wrong on our side")


# Pings


@pytest.mark.parametrize("payload", [{}, {"a": [1, "ü"]}])
async def test_a_ping_with_a_payload(site: Site, payload: Any) -> None:
    """A ping's payload comes back with the pong."""
    async with site.socket() as talk:
        await talk.say(type="ping", payload=payload)
        assert await talk.hear() == {"type": "pong", "payload": payload}


async def test_a_pong_unasked(site: Site) -> None:
    """A pong that nobody asked for is a sign of life and no more."""
    async with site.socket() as talk:
        await talk.say(type="pong", payload={"a": 1})
        await talk.say(type="ping", payload=None)
        assert await talk.hear() == {"type": "pong"}


# Operations


async def test_a_subscription(site: Site) -> None:
    """A subscription gives its items, then `complete`."""
    async with site.socket() as talk:
        await talk.ask("1", COUNT, variables={"to": 2})
        assert await talk.hear_all("1") == [
            item("1", 1),
            item("1", 2),
            {"id": "1", "type": "complete"},
        ]


async def test_items_that_are_handed_over(site: Site) -> None:
    """Items come straight as long as the socket takes them; all come, in order."""
    async with site.socket(max_size=None) as talk:
        much = {"to": 60, "size": 100_000}
        await talk.ask("1", "subscription { pour }", variables=much)
        *items, end = await talk.hear_all("1")
        assert [one["payload"]["data"]["count"] for one in items] == list(range(1, 61))
        assert end == {"id": "1", "type": "complete"}


@pytest.mark.parametrize("kind", ["query", "mutation"])
async def test_a_single_result(site: Site, kind: str) -> None:
    """Queries and mutations give one `next`, then `complete`."""
    async with site.socket() as talk:
        await talk.ask("q", kind + " Q { echo }", variables={"a": 1}, operationName="Q")
        answer, end = await talk.hear_all("q")
        assert answer["payload"]["data"]["__typename"] == kind.title()
        assert answer["payload"]["data"]["variables"] == {"a": 1}
        assert end == {"id": "q", "type": "complete"}


@pytest.mark.parametrize("id", ['"', "\\", "ü€😀", "\n\x00", "x" * 128])
async def test_ids_come_back_as_they_were(site: Site, id: str) -> None:
    """Any id of up to 128 characters comes back as it was sent."""
    async with site.socket() as talk:
        await talk.ask(id, "{ echo }")
        assert [m["id"] for m in await talk.hear_all(id)] == [id, id]


async def test_an_id_in_use(site: Site) -> None:
    """A second subscription under an id that is in use closes the socket with 4409."""
    async with site.socket() as talk:
        await talk.ask("1", WAIT)
        await talk.ask("1", WAIT)
        assert await talk.end() == (4409, "Subscriber for 1 already exists")


async def test_an_id_again(site: Site) -> None:
    """An id whose operation is over, or was cancelled, may be used again."""
    async with site.socket() as talk:
        for _ in range(3):
            await talk.ask("1", COUNT, variables={"to": 1})
            assert (await talk.hear_all("1"))[-1]["type"] == "complete"
        await talk.ask("1", WAIT, variables={"to": 1})
        assert await talk.hear() == item("1", 1)
        await talk.say(id="1", type="complete")
        await talk.ask("1", "{ echo }")
        assert (await talk.hear_all("1"))[-1]["type"] == "complete"


async def test_the_client_cancels(site: Site) -> None:
    """A client's `complete` stops the stream at its source, and nothing more is said of it."""
    async with site.socket() as talk:
        await talk.ask("1", WAIT, variables={"to": 1})
        assert await talk.hear() == item("1", 1)
        await talk.say(id="1", type="complete")
        await site.engine.stream_closed.wait()
        assert site.engine.streams == 0
        await talk.say(type="ping")
        assert await talk.hear() == {"type": "pong"}


async def test_the_client_cancels_what_is_not(site: Site) -> None:
    """A `complete` for an unknown id, which may just be late, changes nothing."""
    async with site.socket() as talk:
        await talk.say(id="nobody", type="complete")
        await talk.ask("1", "{ echo }")
        assert len(await talk.hear_all("1")) == 2


async def test_many_at_once(site: Site) -> None:
    """Operations on one socket run beside each other, each in its own order."""
    async with site.socket() as talk:
        for id in "abc":
            await talk.ask(id, COUNT, variables={"to": 50})
        heard: list[Any] = []
        while sum(m["type"] == "complete" for m in heard) < 3:
            heard.append(await talk.hear())
        for id in "abc":
            mine = [m for m in heard if m["id"] == id and m["type"] == "next"]
            counts = [m["payload"]["data"]["count"] for m in mine]
            assert counts == list(range(1, 51))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "Syntax Error: unexpected."),
        ("", "Syntax Error: unexpected."),
        ("subscription { refuse }", "no"),
        ("subscription { unstreamable }", "no such thing"),
        ("{ incoercible }", "Variable is wrong."),
        ("subscription { lose }", "the permission was taken away"),
        ("{ crash }", "Something went wrong on our side."),
        ("mutation { fail }", "Something went wrong on our side."),
        ("subscription { fail }", "Something went wrong on our side."),
    ],
)
async def test_an_error_stays_with_its_operation(site: Site, document: str, message: str) -> None:
    """Whatever goes wrong with an operation is an `error` for its id; the others go on."""
    async with site.socket() as talk:
        await talk.ask("lives", WAIT, variables={"to": 1})
        assert await talk.hear() == item("lives", 1)
        await talk.ask("dies", document, variables={"to": 0})
        error = await talk.hear()
        assert (error["id"], error["type"]) == ("dies", "error")
        assert [e["message"] for e in error["payload"]] == [message]
        assert error["payload"][0]["extensions"]["code"]
        await talk.ask("dies", "{ echo }")
        assert (await talk.hear_all("dies"))[-1]["type"] == "complete"
        assert site.engine.streams == 1


async def test_too_much_of_a_message(site: Site) -> None:
    """Variables past the limits are an `error` for that id alone."""
    async with site.socket() as talk:
        await talk.ask("1", "{ echo }", variables={"a": [0] * 1_001})
        error = await talk.hear()
        assert (error["id"], error["type"]) == ("1", "error")
        assert error["payload"][0]["extensions"]["code"] == "JSON_TOO_LARGE"


async def test_too_many_operations(hasty: Site) -> None:
    """One more operation than a socket may have is an `error` for that id alone."""
    async with hasty.socket() as talk:
        for id in "ab":
            await talk.ask(id, WAIT, variables={"to": 1})
            assert await talk.hear() == item(id, 1)
        await talk.ask("c", WAIT)
        error = await talk.hear()
        assert (error["id"], error["type"]) == ("c", "error")
        assert error["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        await talk.say(id="a", type="complete")
        await hasty.engine.stream_closed.wait()
        await talk.ask("c", "{ echo }")
        assert (await talk.hear_all("c"))[-1]["type"] == "complete"
