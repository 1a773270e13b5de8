"""GraphQL over HTTP: POST and GET on one path, answered in JSON or as server-sent events."""

from dataclasses import dataclass
from typing import NamedTuple

from app.ports import Answer, Credentials, Engine, GraphQLRequest, NotAdmitted, Refused, Visitor
from app.web.asgi import (
    JSON,
    Header,
    Receive,
    Scope,
    Send,
    address_of,
    bearer_token,
    headers_of,
    request_id_of,
    respond,
)
from app.web.bodies import read_body
from app.web.live import LiveConnections
from app.web.negotiation import Accepted, accepted_by
from app.web.origins import Origins
from app.web.refusals import Refusal
from app.web.requests import last_event_id_of, request_of_get, request_of_post
from app.web.sse import EventLimits, EventStream, send_answer_as_events

BAD_REQUEST = 400
METHOD_NOT_ALLOWED = 405
ALLOW_POST: Header = (b"allow", b"POST")
STREAMS = (
    "Subscriptions need a stream: `graphql-transport-ws` over a WebSocket on this path, "
    "or GraphQL over SSE with `Accept: text/event-stream`."
)
# These tell a client what to do next, so they stay HTTP statuses even for an event stream.
LOUD_STATUSES = frozenset({401, 403, 405, 429, 503})


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bytes of a URL's parameters, and the pauses of event streams."""

    max_url_bytes: int
    events: EventLimits


class _Exchange(NamedTuple):
    """One HTTP request on its way, and how its sender wants to be answered."""

    scope: Scope
    receive: Receive
    send: Send
    headers: dict[bytes, bytes]
    accepted: Accepted


class GraphQLEndpoint:
    """ASGI endpoint of the HTTP route."""

    def __init__(
        self, engine: Engine, live: LiveConnections, origins: Origins, limits: HttpLimits
    ) -> None:
        self._engine = engine
        self._live = live
        self._origins = origins
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises `Refusal` for what is no GraphQL request."""
        headers = headers_of(scope)
        accepted = accepted_by(_text(headers.get(b"accept")))
        exchange = _Exchange(scope, receive, send, headers, accepted)
        request = await self._read(exchange)
        try:
            visitor = await self._admit(exchange)
        except Refused as refused:
            await _send_answer(exchange, refused.answer)
            return
        try:
            await self._execute(exchange, visitor, request)
        except Refused as refused:
            await _send_answer(exchange, refused.answer)
        finally:
            await visitor.leave()

    async def _read(self, exchange: _Exchange) -> GraphQLRequest:
        method, headers, accepted = exchange.scope["method"], exchange.headers, exchange.accepted
        if method not in {"GET", "POST"}:
            message = f"GraphQL is asked by POST or GET, not {method}."
            raise Refusal(
                METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message, ((b"allow", b"GET, POST"),)
            )
        if method == "GET":
            self._origins.refuse_forged_get(headers, accepted)
        if accepted.json is None and not accepted.events:
            raise Refusal(
                406,
                "NOT_ACCEPTABLE",
                "We answer in application/graphql-response+json, application/json "
                "or text/event-stream.",
            )
        cursor = last_event_id_of(headers)
        if method == "POST":
            return await request_of_post(exchange.receive, headers, cursor)
        await read_body(exchange.receive)
        return request_of_get(exchange.scope, self._limits.max_url_bytes, cursor)

    async def _admit(self, exchange: _Exchange) -> Visitor:
        token = bearer_token(_text(exchange.headers.get(b"authorization")))
        scope = exchange.scope
        credentials = Credentials(token, address_of(scope), request_id_of(scope))
        try:
            return await self._engine.admit(credentials)
        except NotAdmitted as reason:
            challenge: Header = (b"www-authenticate", b'Bearer error="invalid_token"')
            raise Refusal(401, "NOT_SIGNED_IN", str(reason), (challenge,)) from None

    async def _execute(
        self, exchange: _Exchange, visitor: Visitor, request: GraphQLRequest
    ) -> None:
        operation = await visitor.prepare(request)
        if operation.kind == "mutation" and request.is_get:
            message = "A GET changes nothing: send mutations by POST."
            raise Refusal(METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message, (ALLOW_POST,))
        if operation.kind != "subscription":
            await _send_answer(exchange, await operation.run())
        elif not exchange.accepted.events:
            raise Refusal(406, "SUBSCRIPTION_NEEDS_STREAM", STREAMS)
        elif self._live.closed:
            raise Refusal(
                503, "UNAVAILABLE", "The service restarts; come back.", ((b"retry-after", b"1"),)
            )
        else:
            limits, scope = self._limits.events, exchange.scope
            stream = EventStream(self._live, limits, scope, exchange.receive, exchange.send)
            await stream.serve(operation, visitor)


async def _send_answer(exchange: _Exchange, answer: Answer) -> None:
    """Send a complete answer in the form that was asked for."""
    accepted, status = exchange.accepted, answer.status
    if accepted.json is None and status not in LOUD_STATUSES:
        await send_answer_as_events(exchange.send, answer)
        return
    if status == BAD_REQUEST and not accepted.strict:
        status = 200
    headers: list[Header] = []
    if answer.retry_after_seconds is not None:
        headers.append((b"retry-after", str(answer.retry_after_seconds).encode()))
    if status == METHOD_NOT_ALLOWED:
        headers.append(ALLOW_POST)
    await respond(exchange.send, status, answer.body, accepted.json or JSON, tuple(headers))


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")
