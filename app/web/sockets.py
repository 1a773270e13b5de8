"""Sockets: GraphQL over WebSocket by the letter of the graphql-transport-ws protocol."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from app.ports import (
    Answer,
    Credentials,
    Engine,
    GraphQLRequest,
    Item,
    NotAdmitted,
    Operation,
    Refused,
    Visitor,
)
from app.web.asgi import (
    JSON,
    Message,
    Receive,
    Scope,
    Send,
    address_of,
    bearer_token,
    headers_of,
    request_id_of,
)
from app.web.frames import text_frame, write_frame_of
from app.web.live import Connection, Ending, Gone, LiveConnections
from app.web.messages import (
    ACKNOWLEDGED,
    SUBPROTOCOL,
    Closed,
    Incoming,
    complete_message,
    error_message,
    next_head,
    next_message,
    pong,
    quoted,
    read_message,
)
from app.web.origins import Origins
from app.web.refusals import error_body, error_entry
from app.web.streams import YIELD_EVERY, SessionWatch, reason_of, sent_at_once

log = logging.getLogger(__name__)

LONGEST_REASON_BYTES = 123

TOKEN_NAMES = ("authorization", "token")


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket may take: time in seconds, bytes and operations."""

    init_seconds: float
    max_operations: int
    max_message_bytes: int
    linger_seconds: float = 5


class SocketEndpoint:
    """ASGI endpoint of the WebSocket route."""

    def __init__(
        self, engine: Engine, live: LiveConnections, origins: Origins, limits: SocketLimits
    ) -> None:
        self.engine = engine
        self.live = live
        self.limits = limits
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from its handshake to its end."""
        request_id = request_id_of(scope)
        await receive()
        if not self._origins.admit(headers_of(scope)):
            await _deny(scope, send, request_id)
            return
        spoken = SUBPROTOCOL in scope.get("subprotocols", ())
        await send(
            {
                "type": "websocket.accept",
                "subprotocol": SUBPROTOCOL if spoken else None,
                "headers": [(b"x-request-id", request_id.encode())],
            }
        )
        if spoken:
            await Socket(self, scope, receive, send).serve(scope)
        else:
            await send(_close(Ending(4406, "Subprotocol not acceptable")))


class Socket(Connection):
    """One accepted socket, its visitor, and the operations that run on it."""

    __slots__ = (
        "_endpoint",
        "_loop",
        "_operations",
        "_receive",
        "_request_id",
        "_send",
        "_session",
        "_stopping",
        "_visitor",
        "_write_frame",
    )

    def __init__(
        self, endpoint: SocketEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._request_id = request_id_of(scope)
        self._receive = receive
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._stopping: set[asyncio.Task[None]] | None = None
        self._write_frame: Callable[[bytes], bool] | None = write_frame_of(scope)
        self._visitor: Visitor | None = None
        self._session: SessionWatch | None = None

    async def serve(self, scope: Scope) -> None:
        """Converse until somebody ends it; then stop what runs, say why, and let go."""
        try:
            with self._endpoint.live.hold(self):
                try:
                    await self._converse(scope)
                except Closed as closed:
                    self.ending = closed.ending
                except Gone:
                    self.ending = None
                except Exception:
                    log.exception("A socket failed: %s", self._request_id)
                    self.ending = Ending(1011, "Something went wrong on our side")
        finally:
            await self._let_go()

    async def _converse(self, scope: Scope) -> None:
        """Follow the protocol: initialisation first, then operations, in the order they come."""
        self._visitor = visitor = await self._admit(await self._initialisation(), scope)
        await self._say(ACKNOWLEDGED)
        self._session = SessionWatch(visitor, self._end_session)
        scope["headers"] = ()  # Not needed any more, and kept as long as the socket.
        while True:
            # No message is kept here while the next one is waited for.
            await self._obey(visitor, await self._hear())

    async def _obey(self, visitor: Visitor, incoming: Incoming) -> None:
        match incoming.type:
            case "subscribe":
                await self._subscribe(visitor, incoming)
            case "complete":
                self._stop(incoming.id)
            case "connection_init":
                raise Closed(4429, "Too many initialisation requests")
            case "ping":
                await self._say(pong(incoming.payload))

    async def _initialisation(self) -> Incoming:
        try:
            async with asyncio.timeout(self._endpoint.limits.init_seconds):
                return await self._first_initialisation()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None

    async def _first_initialisation(self) -> Incoming:
        while True:
            incoming = await self._hear()
            match incoming.type:
                case "connection_init":
                    return incoming
                case "subscribe":
                    raise Closed(4401, "Unauthorized")
                case "ping":
                    await self._say(pong(incoming.payload))

    async def _admit(self, incoming: Incoming, scope: Scope) -> Visitor:
        token = _token_of(incoming.payload)
        if token is None:
            header = headers_of(scope).get(b"authorization", b"")
            token = bearer_token(header.decode("latin-1"))
        credentials = Credentials(token, address_of(scope), self._request_id)
        try:
            return await self._endpoint.engine.admit(credentials)
        except NotAdmitted as reason:
            raise Closed(4403, f"Forbidden: {reason}") from None
        except Refused as refused:
            raise Closed(1013, f"try again later: {reason_of(refused.answer)}") from None

    async def _subscribe(self, visitor: Visitor, incoming: Incoming) -> None:
        id, request = incoming.id, incoming.request
        most = self._endpoint.limits.max_operations
        if id in self._operations:
            raise Closed(4409, f"Subscriber for {id} already exists")
        if incoming.excess is not None or request is None:
            await self._refuse(id, "JSON_TOO_LARGE", incoming.excess or "")
        elif len(self._operations) + len(self._stopping or ()) >= most:
            await self._refuse(
                id, "TOO_MANY_OPERATIONS", f"One socket may have {most} operations at a time."
            )
        else:
            task = self._loop.create_task(self._operate(visitor, id, request))
            self._operations[id] = task

    def _stop(self, id: str) -> None:
        if task := self._operations.pop(id, None):
            if self._stopping is None:
                self._stopping = set()
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)
            task.cancel()

    async def _operate(self, visitor: Visitor, id: str, request: GraphQLRequest) -> None:
        """Run one operation to its end; whatever happens to it stays with it."""
        name = quoted(id)
        try:
            operation = await visitor.prepare(request)
            del request  # It would be kept as long as a stream lasts.
            if operation.kind == "subscription":
                await self._stream(operation, name)
            else:
                await self._tell(name, await operation.run())
        except Gone:
            pass  # The reading side hears of it too, and ends the socket.
        except Refused as refused:
            with suppress(Gone):
                await self._tell(name, refused.answer)
        except Exception:
            log.exception("An operation failed: %s", self._request_id)
            with suppress(Gone):
                await self._refuse(id, "INTERNAL", "Something went wrong on our side.")
        finally:
            if self._operations.get(id) is asyncio.current_task():
                del self._operations[id]

    async def _stream(self, operation: Operation, name: str) -> None:
        items = await operation.stream()
        items.pour(partial(self._pour, next_head(name).encode()))
        try:
            sent = 0
            async for item in items:
                await self._say(next_message(name, item.body))
                sent += 1
                if sent % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
        finally:
            await items.aclose()
        await self._say(complete_message(name))

    async def _tell(self, name: str, answer: Answer) -> None:
        if answer.started:
            await self._say(next_message(name, answer.body))
            await self._say(complete_message(name))
        else:
            await self._say(error_message(name, orjson.loads(answer.body)["errors"]))

    async def _refuse(self, id: str, code: str, message: str) -> None:
        entry = error_entry(code, message, self._request_id)
        await self._say(error_message(quoted(id), [entry]))

    def _pour(self, head: bytes, item: Item) -> bool:
        """Say an item at once if that needs no waiting; say whether it was said."""
        if self.blocked_since is not None or self.ending is not None:
            return False
        text = b"%b%b}" % (head, item.body)
        if self._write_frame is not None:
            return self._write_frame(text_frame(text))
        message = {"type": "websocket.send", "text": text.decode()}
        try:
            return sent_at_once(self._send(message))
        except OSError:
            return False  # The reading side hears of it too, and ends the socket.

    async def _say(self, text: str) -> None:
        if self.blocked_since is None:
            self.blocked_since = self._loop.time()
        try:
            await self._send({"type": "websocket.send", "text": text})
        except OSError:
            raise Gone from None
        self.blocked_since = None

    async def _hear(self) -> Incoming:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise Gone
        text = message.get("text")
        if text is None:
            raise Closed(4400, "Invalid message: text frames only")
        if len(text) > self._endpoint.limits.max_message_bytes:
            raise Closed(1009, "Message too big")
        return read_message(text)

    def _end_session(self, reason: str) -> None:
        self.end(Ending(4403, f"Forbidden: {reason}"))

    async def _let_go(self) -> None:
        """1. Stop the operations. 2. Close, if anybody is there. 3. Let the visitor leave."""
        for id in tuple(self._operations):
            self._stop(id)
        if self._session is not None:
            self._session.stop()
        if self.ending is not None:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._endpoint.limits.linger_seconds):
                    await self._send(_close(self.ending))
        if self._stopping:
            await asyncio.wait(tuple(self._stopping))
        if self._visitor is not None:
            await self._visitor.leave()


def _token_of(payload: dict[str, Any] | None) -> str | None:
    """Return the token that `connection_init` brings, as `Bearer …` or bare."""
    for name, value in (payload or {}).items():
        if name.lower() in TOKEN_NAMES and value is not None:
            if not isinstance(value, str):
                raise Closed(4400, f"Invalid message: `{name}` must be a string")
            return bearer_token(value) or value.strip() or None
    return None


def _close(ending: Ending) -> Message:
    reason = ending.reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore")
    return {"type": "websocket.close", "code": ending.code, "reason": reason}


async def _deny(scope: Scope, send: Send, request_id: str) -> None:
    """Refuse the handshake with 403, with a body where the server can send one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    body = error_body("ORIGIN_NOT_ALLOWED", "Pages of this origin may not talk to us.", request_id)
    headers = [(b"content-type", JSON), (b"x-request-id", request_id.encode())]
    await send({"type": "websocket.http.response.start", "status": 403, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
