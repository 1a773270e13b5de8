"""Bad input of every kind gets its clear error, over HTTP and over sockets, and the server goes on.

The limits under test are those of every day; each case passes exactly one of them.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from tests.clients.place import PATIENCE, Place, Stage

VERSION = {"query": "{ version }"}
RECORD = """mutation M($value: Float!, $at: DateTime!) {
  recordObservations(input: {observations: [{series: "ser_x", at: $at, value: $value}]}) {
    __typename ... on Error { code } } }"""
SIGN_IN = "mutation M($input: SignInInput!) { signIn(input: $input) { __typename } }"
NODE = "query Q($id: ID!) { node(id: $id) { id } }"
AT = "2026-03-01T12:00:00Z"


@dataclass(frozen=True)
class Bad:
    """A request, and how it is refused: before its execution, with this code."""

    query: str
    code: str
    variables: dict[str, Any] | None = None
    operation: str | None = None

    @property
    def payload(self) -> dict[str, Any]:
        """Return the request's parameters."""
        given = {
            "query": self.query, "variables": self.variables, "operationName": self.operation,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value is not None}


def ring(turns: int, copies: int = 1) -> str:
    """Return a query that goes from alert to instance and back, each step so many times."""
    inside = "id"
    for _ in range(turns):
        inside = " ".join([f"instance {{ alert {{ {inside} }} }}"] * copies)
    return f'{{ node(id: "alr_x") {{ ... on Alert {{ {inside} }} }} }}'


FRAGMENTS = " ".join(
    f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(20)
)  # fmt: skip
MANY_OBJECTS = """{ spaces(first: 50) { nodes { members(first: 50) { nodes {
  space { members(first: 50) { nodes { id } } } } } } } }"""

REQUESTS = {
    "nothing": Bad("", "GRAPHQL_PARSE_FAILED"),
    "a depth of 20": Bad(ring(10), "QUERY_TOO_DEEP"),
    "a depth of 160": Bad(ring(80), "QUERY_TOO_DEEP"),
    "a depth of 500": Bad("{ a " * 500 + "}" * 500, "QUERY_TOO_DEEP"),
    "100 aliases": Bad(
        f"{{ {' '.join(f'a{n}: version' for n in range(100))} }}", "QUERY_TOO_COMPLEX"
    ),
    "10,000 aliases": Bad(
        f"{{ {' '.join(f'a{n}:me{{id}}' for n in range(10_000))} }}", "QUERY_TOO_COMPLEX"
    ),
    "a bomb of fragments": Bad(
        f"{{ ...f0 }} {FRAGMENTS} fragment f20 on Query {{ version }}", "QUERY_TOO_COMPLEX"
    ),
    "a ring of fragments": Bad(
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "fields that overlap 2^7 times": Bad(ring(7, copies=2), "QUERY_TOO_COMPLEX"),
    "fields that overlap 300 times": Bad(f"{{ {'me { id } ' * 600} }}", "QUERY_TOO_COMPLEX"),
    "125,000 objects": Bad(MANY_OBJECTS, "QUERY_TOO_COMPLEX"),
    "100 operations": Bad(
        " ".join(f"query Q{n} {{ version }}" for n in range(100)), "QUERY_TOO_COMPLEX", None, "Q7"
    ),
    "1,000 operations": Bad(
        " ".join(f"query Q{n} {{ version }}" for n in range(1_000)), "QUERY_TOO_COMPLEX", None, "Q7"
    ),
    "10 directives in one place": Bad(
        f"{{ version {'@skip(if: false) ' * 10} }}", "QUERY_TOO_COMPLEX"
    ),
    "2,000 directives": Bad(f"{{ version {'@skip(if: false) ' * 2_000} }}", "QUERY_TOO_COMPLEX"),
    "an unknown operation": Bad("query A { version }", "OPERATION_RESOLUTION_FAILURE", None, "B"),
    "no operation of several": Bad(
        "query A { version } query B { version }", "OPERATION_RESOLUTION_FAILURE"
    ),
    "an unknown field": Bad("{ versions }", "GRAPHQL_VALIDATION_FAILED"),
    "the year 10000": Bad(RECORD, "BAD_USER_INPUT", {"value": 1, "at": "10000-01-01T00:00:00Z"}),
    "an instant that is year 10000 in UTC": Bad(
        RECORD, "BAD_USER_INPUT", {"value": 1, "at": "9999-12-31T23:59:59-23:00"}
    ),
    "an instant before the year 1 in UTC": Bad(
        RECORD, "BAD_USER_INPUT", {"value": 1, "at": "0001-01-01T00:00:00+14:00"}
    ),
    "the 30th of February": Bad(
        RECORD, "BAD_USER_INPUT", {"value": 1, "at": "2026-02-30T00:00:00Z"}
    ),
    "NaN as text": Bad(RECORD, "BAD_USER_INPUT", {"value": "NaN", "at": AT}),
    "operators for texts": Bad(
        SIGN_IN, "BAD_USER_INPUT", {"input": {"email": {"$gt": ""}, "password": {"$ne": None}}}
    ),
    "an operator for an identifier": Bad(NODE, "BAD_USER_INPUT", {"id": {"$gt": ""}}),
    "a list for an identifier": Bad(NODE, "BAD_USER_INPUT", {"id": ["a"]}),
    "half a surrogate in the document": Bad(
        r'{ node(id: "\uD800") { id } }', "GRAPHQL_PARSE_FAILED"
    ),
    "an integer of 20 digits": Bad(
        "{ spaces(first: 99999999999999999999) { nodes { id } } }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a list of 2,000": Bad(NODE, "JSON_TOO_LARGE", {"id": "a", "more": [0] * 2_000}),
    "JSON 100 deep": Bad(
        NODE, "JSON_TOO_LARGE", {"id": "a", "more": json.loads("[" * 100 + "]" * 100)}
    ),
}

# Bytes that are no request at all: the status and code by HTTP, the close code of a socket.
BYTES = {
    "half an object": (b'{"query":', 400, "MALFORMED_JSON", 4400),
    "no JSON": (b"{ version }", 400, "MALFORMED_JSON", 4400),
    "NaN": (b'{"query": "{ version }", "variables": {"a": NaN}}', 400, "MALFORMED_JSON", 4400),
    "Infinity": (
        b'{"query": "{ version }", "variables": {"a": -Infinity}}', 400, "MALFORMED_JSON", 4400,
    ),
    "1e999": (b'{"query": "{ version }", "variables": {"a": 1e999}}', 400, "MALFORMED_JSON", 4400),
    "half a surrogate": (
        rb'{"query": "{ version }", "variables": {"a": "\ud800"}}', 400, "MALFORMED_JSON", 4400,
    ),
    "half a surrogate in UTF-8": (
        b'{"query": "{ version }", "variables": {"a": "\xed\xa0\x80"}}', 400, "MALFORMED_JSON",
        1007,
    ),
    "100,000 brackets": (b"[" * 100_000, 400, "MALFORMED_JSON", 4400),
    "a list": (b"[]", 400, "BATCHING_NOT_SUPPORTED", 4400),
    "null": (b"null", 400, "BAD_REQUEST", 4400),
    "an operator for the query": (b'{"query": {"$gt": ""}}', 400, "BAD_REQUEST", 4400),
    "5 MB": (
        b'{"query": "{ version }", "more": "' + b"a" * 5_000_000 + b'"}', 413, "BODY_TOO_LARGE",
        1009,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_bad_request_is_refused_with_its_code(place: Place, name: str) -> None:
    """By HTTP and by socket alike it gets errors with its code and no data; then others are served.

    The socket stays open, and so do the other operations on it.
    """
    bad = REQUESTS[name]
    async with place.http() as client:
        accept = {"accept": "application/graphql-response+json"}
        response = await client.post(place.url, json=bad.payload, headers=accept)
        body = response.json()
        assert (response.status_code, _codes(body["errors"])) == (400, {bad.code})
        assert "data" not in body
        assert (await client.post(place.url, json=VERSION)).json()["data"]["version"]
    async with place.socket() as socket, asyncio.timeout(PATIENCE):
        await socket.hear()
        await socket.say(id="1", type="subscribe", payload=bad.payload)
        refusal = await socket.hear()
        assert (refusal["type"], _codes(refusal["payload"])) == ("error", {bad.code})
        await socket.say(id="2", type="subscribe", payload=VERSION)
        assert (await socket.hear())["payload"]["data"]["version"]


@pytest.mark.parametrize("name", BYTES)
async def test_what_is_no_request_is_refused(place: Place, name: str) -> None:
    """HTTP answers with a status and a code, a socket closes; then others are served."""
    sent, status, code, close_code = BYTES[name]
    async with place.http() as client:
        headers = {"content-type": "application/json"}
        response = await client.post(place.url, content=sent, headers=headers)
        assert (response.status_code, _codes(response.json()["errors"])) == (status, {code})
    async with place.socket() as socket, asyncio.timeout(PATIENCE):
        await socket.hear()
        with suppress(ConnectionClosed):  # It may not wait for the end of 5 MB.
            await socket.connection.send(sent, text=True)
        assert (await socket.end())[0] == close_code
    assert await _answers(place)


async def test_a_value_beyond_all_numbers_is_refused_with_its_path(
    place: Place, stage: Stage
) -> None:
    """`1e999` in a document is infinite: the input is refused, and nothing is recorded."""
    document = RECORD.replace("$value: Float!, ", "").replace("$value", "1e999")
    document = document.replace("ser_x", stage.series).replace(
        "code", "code ... on InvalidInput { problems { path } }"
    )
    async with place.http(stage.ada) as client:
        sent = {"query": document, "variables": {"at": AT}}
        result = (await client.post(place.url, json=sent)).json()["data"]["recordObservations"]
    assert result["__typename"] == "InvalidInput"
    assert [problem["path"] for problem in result["problems"]] == ["observations.0.value"]
    assert await _answers(place)


async def test_text_that_is_no_text_of_ours_finds_nothing(place: Place, stage: Stage) -> None:
    """A zero byte, an operator as text and a path are names like any other, of nothing."""
    async with place.http(stage.ada) as client:
        for id in ("\0", '{"$gt": ""}', "$where", "../../etc/passwd", "ser_" + "a" * 100_000):
            sent = {"query": NODE, "variables": {"id": id}}
            assert (await client.post(place.url, json=sent)).json()["data"] == {"node": None}


async def test_bad_input_of_many_at_once_stops_nobody(place: Place) -> None:
    """While all of it comes at once, a question in between is answered."""
    async with place.http() as client:
        flood = [
            client.post(place.url, json=bad.payload, timeout=PATIENCE) for bad in REQUESTS.values()
        ]
        answers = await asyncio.gather(*flood, client.post(place.url, json=VERSION))
        assert answers[-1].json()["data"]["version"]
        assert not any(httpx2.codes.is_server_error(answer.status_code) for answer in answers)


def _codes(errors: list[dict[str, Any]]) -> set[str]:
    return {error["extensions"]["code"] for error in errors}


async def _answers(place: Place) -> bool:
    async with place.http() as client:
        answer = await client.post(place.url, json=VERSION)
    return "version" in answer.json()["data"]
