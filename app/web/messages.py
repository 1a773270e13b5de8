"""Messages of the graphql-transport-ws protocol: those that come in, checked; those that go out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from app.ports import GraphQLRequest
from app.web.bodies import excess_of, read_json
from app.web.live import Ending
from app.web.requests import graphql_request

SUBPROTOCOL = "graphql-transport-ws"
LONGEST_ID = 128
ACKNOWLEDGED = '{"type":"connection_ack"}'
PONG = '{"type":"pong"}'
FROM_SERVER_ONLY = frozenset({"connection_ack", "next", "error"})


class Closed(Exception):
    """The conversation cannot go on; the socket is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.ending = Ending(code, reason)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as the protocol allows it; `excess` says what of its JSON is too much for us."""

    type: Literal["connection_init", "ping", "pong", "subscribe", "complete"]
    id: str = ""
    payload: dict[str, Any] | None = None
    request: GraphQLRequest | None = None
    excess: str | None = None


def read_message(text: str) -> Incoming:
    """Return the message that the text holds.

    Raises:
        Closed: With 4400, where the protocol does not know such a message.
    """
    try:
        message = read_json(text)
    except ValueError:
        raise Closed(4400, "Invalid message: not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Closed(4400, "Invalid message: an object with a `type` is expected")
    match message["type"]:
        case "subscribe":
            return _subscribe(message)
        case "complete":
            return Incoming("complete", id=_id(message))
        case "connection_init" | "ping" | "pong" as kind:
            return Incoming(kind, payload=_payload(message))
        case kind if kind in FROM_SERVER_ONLY:
            raise Closed(4400, f"Invalid message: `{kind}` is for the server to send")
        case _:
            raise Closed(4400, "Invalid message: unknown type")


def pong(payload: dict[str, Any] | None) -> str:
    """Return the answer to a ping, with the ping's own payload."""
    if payload is None:
        return PONG
    return orjson.dumps({"type": "pong", "payload": payload}).decode()


def quoted(id: str) -> str:
    """Return an operation's id as JSON, ready to be put into many messages."""
    return orjson.dumps(id).decode()


def next_message(quoted_id: str, body: bytes) -> str:
    """Return a `next` around a body that is JSON already."""
    return f"{next_head(quoted_id)}{body.decode()}}}"


def next_head(quoted_id: str) -> str:
    """Return what stands before the body in every `next` of an operation."""
    return f'{{"id":{quoted_id},"type":"next","payload":'


def error_message(quoted_id: str, errors: Sequence[Any]) -> str:
    """Return an `error`, which ends this one operation."""
    return f'{{"id":{quoted_id},"type":"error","payload":{orjson.dumps(errors).decode()}}}'


def complete_message(quoted_id: str) -> str:
    """Return a `complete`."""
    return f'{{"id":{quoted_id},"type":"complete"}}'


def _subscribe(message: dict[str, Any]) -> Incoming:
    id = _id(message)
    payload = message.get("payload")
    if not isinstance(payload, dict):
        raise Closed(4400, "Invalid message: `payload` must be an object")
    try:
        request = graphql_request(payload)
    except ValueError as fault:
        raise Closed(4400, f"Invalid message: {fault}") from None
    return Incoming("subscribe", id=id, request=request, excess=excess_of(payload))


def _id(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
        raise Closed(
            4400, f"Invalid message: `id` must be a string of 1 to {LONGEST_ID} characters"
        )
    return id


def _payload(message: dict[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Closed(4400, "Invalid message: `payload` must be an object")
    if excess := excess_of(payload):
        raise Closed(4400, f"Invalid message: {excess}")
    return payload
