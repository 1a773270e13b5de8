"""Bodies: too large, too slow, encoded, or JSON that is not to be had."""

import json
from typing import Any

import pytest

from app.web.asgi import Message, Receive, Scope, Send
from app.web.bodies import DEEPEST, WIDEST, BodyLimits, excess_of, read_body, read_json
from app.web.refusals import Refusal
from tests.web.conftest import MAX_BODY, Site

QUERY = b'{"query":"{ echo }"}'
POST = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


def head(**headers: str) -> bytes:
    """Return the head of a POST with these headers besides."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return POST + "".join(lines).encode() + b"\r\n"


def chunk(part: bytes) -> bytes:
    """Return a part of a body in chunked transfer coding."""
    return b"%x\r\n%b\r\n" % (len(part), part)


async def post(site: Site, body: bytes) -> tuple[int, str]:
    """Post raw bytes as JSON; return the status and the first error's code."""
    answer = await site.http.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    errors = answer.json().get("errors")
    return answer.status_code, errors[0]["extensions"]["code"] if errors else ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + QUERY,
        b'{"query":"{ echo }","variables":{"a":NaN}}',
        b'{"query":"{ echo }","variables":{"a":Infinity}}',
        b'{"query":"{ echo }","variables":{"a":1e999}}',
        b'{"query":"{ echo }","variables":{"a":"\\ud800"}}',
        b'{"query":"{ echo }","variables":{"a":"\xed\xa0\x80"}}',
        b'{"query":"{ echo }","variables":{"a":"\x00"}}',
        b'{"query":"{ echo }","variables":{"a":' + b"9" * 5_000 + b"}}",
        b'{"query":' + b"[" * 18_000,
        b"{'query':'{ echo }'}",
        QUERY + QUERY,
    ],
)
async def test_broken_json(site: Site, body: bytes) -> None:
    """What is not strict JSON in UTF-8 is 400, whatever is broken in it."""
    assert await post(site, body) == (400, "MALFORMED_JSON")


@pytest.mark.parametrize("body", [b"null", b"7", b'"x"', b"true"])
async def test_json_that_is_no_object(site: Site, body: bytes) -> None:
    """JSON of another kind than an object is 400."""
    assert await post(site, body) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "variables",
    [
        {"a": list(range(WIDEST + 1))},
        {f"a{n}": n for n in range(WIDEST + 1)},
        {"a": 2**63},
        json.loads('{"a":' * 80 + "1" + "}" * 80),
    ],
)
async def test_json_that_is_too_much(site: Site, variables: Any) -> None:
    """JSON that is too wide, too deep or too great is 400 before the engine sees it."""
    body = json.dumps({"query": "{ echo }", "variables": variables}).encode()
    assert await post(site, body) == (400, "JSON_TOO_LARGE")
    assert not site.engine.requests


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("[" * DEEPEST + "1" + "]" * DEEPEST, True),
        ("[" * (DEEPEST + 1) + "1" + "]" * (DEEPEST + 1), False),
        (json.dumps([0] * WIDEST), True),
        (json.dumps([0] * (WIDEST + 1)), False),
        (str(2**63 - 1), True),
        (str(2**63), False),
        (str(-(2**63) + 1), True),
        ("1.5e300", True),
        ('"' + "x" * 5_000 + '"', True),
        ("[]", True),
    ],
)
def test_limits_to_the_digit(text: str, *, is_taken: bool) -> None:
    """Each limit holds exactly."""
    assert (excess_of(read_json(text)) is None) == is_taken


async def test_a_body_of_the_greatest_size(site: Site) -> None:
    """A body may be as large as the setting says, and not one byte larger."""
    for size, expected in ((MAX_BODY, (200, "")), (MAX_BODY + 1, (413, "BODY_TOO_LARGE"))):
        assert await post(site, QUERY.ljust(size)) == expected


async def test_a_large_body_is_refused_by_its_length(hasty: Site) -> None:
    """The announced length is enough to refuse a body that never comes."""
    answer = await hasty.raw(head(content_length="1000000000"))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer


@pytest.mark.parametrize(("second", "expected"), [(b"20", 200), (b"1000000000", 413)])
async def test_a_length_that_is_told_twice(second: bytes, expected: int) -> None:
    """Some servers let that pass: the greater one counts, and nothing breaks."""
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b" " * 20}

    async def send(message: Message) -> None:
        statuses.append(message["status"])

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await read_body(receive)
        except Refusal as refusal:
            await send({"type": "http.response.start", "status": refusal.status})
        else:
            await send({"type": "http.response.start", "status": 200})

    headers = [(b"content-length", b"20"), (b"content-length", second)]
    limits = BodyLimits(app, max_bytes=MAX_BODY)
    await limits({"type": "http", "headers": headers}, receive, send)
    assert statuses == [expected]


async def test_a_large_body_is_refused_while_it_comes(hasty: Site) -> None:
    """A body without a length is counted while it comes."""
    parts = chunk(b" " * 8_000) * 3
    answer = await hasty.raw(head(transfer_encoding="chunked") + parts)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"BODY_TOO_LARGE" in answer


async def test_a_large_body_hears_why(site: Site) -> None:
    """Who sends on after the refusal still gets to read it."""
    answer = await site.raw(head(content_length="3000000") + b" " * 3_000_000)
    assert b"BODY_TOO_LARGE" in answer


async def test_nobody_is_asked_to_go_on(hasty: Site) -> None:
    """A client that asks before it sends a large body is told no at once, and not to go on."""
    answer = await hasty.raw(head(expect="100-continue", content_length="1000000"))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in answer


async def test_a_body_in_chunks(site: Site) -> None:
    """A body may come in parts."""
    parts = chunk(QUERY[:5]) + chunk(QUERY[5:]) + b"0\r\n\r\n"
    answer = await site.raw(head(transfer_encoding="chunked", connection="close") + parts)
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("encoding", "status"), [("gzip", 415), ("br", 415), ("identity", 200), ("", 200)]
)
async def test_bodies_come_as_they_are(site: Site, encoding: str, status: int) -> None:
    """A compressed body, which could hide its size, is 415."""
    headers = {"content-type": "application/json", "content-encoding": encoding}
    answer = await site.http.post("/graphql", content=QUERY, headers=headers)
    assert answer.status_code == status


async def test_a_slow_body(hasty: Site) -> None:
    """A body that does not arrive in time is 408, and the connection is closed."""
    answer = await hasty.raw(head(content_length="100") + b'{"que')
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"REQUEST_TIMEOUT" in answer
    assert b"connection: close" in answer


@pytest.mark.parametrize("sent", [b"", b"POST /gra", POST])
async def test_a_slow_head(hasty: Site, sent: bytes) -> None:
    """Who connects and never finishes the head of a request is hung up on."""
    assert await hasty.raw(sent) == b""


async def test_a_refusal_before_the_body(hasty: Site) -> None:
    """An answer that comes before the body was read closes the connection behind it."""
    answer = await hasty.raw(
        head(content_length="20").replace(b"application/json", b"text/plain") + b"{"
    )
    assert answer.startswith(b"HTTP/1.1 415")
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    "broken",
    [b"\x00\x01\x02\r\n\r\n", b"POST /graphql HTTP/1.1\r\ncontent-length: -1\r\n\r\n"],
)
async def test_what_is_no_http(site: Site, broken: bytes) -> None:
    """What is no HTTP at all is 400."""
    assert (await site.raw(broken)).startswith(b"HTTP/1.1 400")
