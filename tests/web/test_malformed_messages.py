"""Messages that the graphql-transport-ws protocol does not know: the socket is closed with 4400."""

import json
from typing import Any

import pytest

from tests.web.conftest import MAX_BODY, Site

ASKED = {"id": "1", "type": "subscribe", "payload": {"query": "{ echo }"}}


def asked(**payload: Any) -> str:
    """Return a subscribe message with these parameters."""
    return json.dumps(ASKED | {"payload": {"query": "{ echo }"} | payload})


MALFORMED = {
    "nothing": "",
    "no JSON": "hello",
    "half of JSON": '{"type":',
    "NaN": '{"type":"ping","payload":{"a":NaN}}',
    "half a surrogate": '{"type":"ping","payload":{"a":"\\ud800"}}',
    "array": "[]",
    "array of messages": json.dumps([ASKED]),
    "string": '"ping"',
    "null": "null",
    "number": "7",
    "true": "true",
    "nested 10,000 deep": "[" * 10_000,
    "no type": "{}",
    "type null": '{"type":null}',
    "type number": '{"type":1}',
    "type object": '{"type":{}}',
    "type unknown": '{"type":"start","id":"1"}',
    "type of another case": '{"type":"Ping"}',
    "type of the server: ack": '{"type":"connection_ack"}',
    "type of the server: next": '{"type":"next","id":"1","payload":{}}',
    "type of the server: error": '{"type":"error","id":"1","payload":[]}',
    "ping with a string": '{"type":"ping","payload":"x"}',
    "pong with an array": '{"type":"pong","payload":[]}',
    "ping too deep": '{"type":"ping","payload":' + '{"a":' * 300 + "1" + "}" * 301,
    "init with a string": '{"type":"connection_init","payload":"x"}',
    "init with a number": '{"type":"connection_init","payload":0}',
    "complete without id": '{"type":"complete"}',
    "complete with id number": '{"type":"complete","id":1}',
    "id missing": json.dumps({k: v for k, v in ASKED.items() if k != "id"}),
    "id null": json.dumps(ASKED | {"id": None}),
    "id number": json.dumps(ASKED | {"id": 1}),
    "id object": json.dumps(ASKED | {"id": {}}),
    "id empty": json.dumps(ASKED | {"id": ""}),
    "id too long": json.dumps(ASKED | {"id": "x" * 129}),
    "payload missing": '{"type":"subscribe","id":"1"}',
    "payload null": json.dumps(ASKED | {"payload": None}),
    "payload string": json.dumps(ASKED | {"payload": "{ echo }"}),
    "payload array": json.dumps(ASKED | {"payload": []}),
    "query missing": json.dumps(ASKED | {"payload": {}}),
    "query null": asked(query=None),
    "query number": asked(query=7),
    "query object": asked(query={}),
    "variables array": asked(variables=[]),
    "variables string": asked(variables="{}"),
    "operationName number": asked(operationName=1),
    "operationName object": asked(operationName={}),
    "extensions string": asked(extensions="x"),
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_message(site: Site, text: str) -> None:
    """A message that the protocol does not know closes the socket with 4400 and the reason."""
    async with site.socket() as talk:
        await talk.connection.send(text)
        code, reason = await talk.end()
        assert code == 4400
        assert reason.startswith("Invalid message: ")
    await site.engine.until_left(1)


@pytest.mark.parametrize("text", ["[]", '{"type":"soap"}', "", '{"type":"subscribe"}'])
async def test_a_malformed_message_before_the_hello(site: Site, text: str) -> None:
    """What is malformed is so before the hello, too."""
    async with site.socket(greet=False) as talk:
        await talk.connection.send(text)
        assert (await talk.end())[0] == 4400


async def test_a_binary_message(site: Site) -> None:
    """The protocol speaks in text; a binary frame closes the socket with 4400."""
    async with site.socket() as talk:
        await talk.connection.send(b'{"type":"ping"}')
        assert await talk.end() == (4400, "Invalid message: text frames only")


async def test_a_message_of_the_greatest_size(site: Site) -> None:
    """A message may be as large as a body may be."""
    async with site.socket() as talk:
        await talk.connection.send('{"type":"ping"}'.ljust(MAX_BODY))
        assert await talk.hear() == {"type": "pong"}


async def test_a_huge_message(site: Site) -> None:
    """A message that is larger than a body may be closes the socket with 1009."""
    async with site.socket() as talk:
        await talk.connection.send('{"type":"ping"}'.ljust(MAX_BODY + 1))
        assert (await talk.end())[0] == 1009


async def test_a_huge_message_in_pieces(site: Site) -> None:
    """Fragments count together."""
    async with site.socket() as talk:
        await talk.connection.send([" " * 8_000] * 3)
        assert (await talk.end())[0] == 1009


async def test_a_token_that_is_no_text(site: Site) -> None:
    """A token of another type than text is malformed."""
    async with site.socket(greet=False) as talk:
        await talk.say(type="connection_init", payload={"token": 7})
        assert (await talk.end())[0] == 4400


async def test_a_stored_document_is_named(site: Site) -> None:
    """A document may be missing where the extensions may name a stored one."""
    async with site.socket() as talk:
        await talk.connection.send(asked(query=None, extensions={"persistedQuery": {}}))
        assert (await talk.hear_all("1"))[-1]["type"] == "complete"


async def test_unknown_members_are_left_alone(site: Site) -> None:
    """Members that the protocol does not name do not disturb."""
    async with site.socket() as talk:
        await talk.connection.send(json.dumps({"type": "ping", "id": 7, "more": []}))
        assert await talk.hear() == {"type": "pong"}
