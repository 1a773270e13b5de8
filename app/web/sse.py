"""Server-sent events: GraphQL over SSE in distinct connections mode, for phones and proxies.

A stream that is over says `complete`. One that is cut off from here (a restart, a reader that is
too slow) does not: clients take that for a lost connection, come back by themselves and send the
id of the last event, which is the cursor to resume after. When the session ends, the last `next`
says so and `complete` follows, since coming back would not help.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from app.ports import Answer, Item, Items, Operation, Refused, Visitor
from app.web.asgi import Header, Receive, Scope, Send, request_id_of
from app.web.live import Connection, Ending, Gone, LiveConnections
from app.web.refusals import error_body
from app.web.streams import YIELD_EVERY, SessionWatch, sent_at_once

log = logging.getLogger(__name__)

HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
)
OPENING = b"retry: 1000\n\n"
HEARTBEAT = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
CLIENT_GONE = Ending(1001, "the client has gone")
SESSION_OVER_CODE = 4403


@dataclass(frozen=True, slots=True)
class EventLimits:
    """Pauses of an event stream, in seconds."""

    heartbeat_seconds: float
    linger_seconds: float = 5


async def send_answer_as_events(send: Send, answer: Answer) -> None:
    """Answer a query, a mutation or a refusal to a client that reads nothing but events."""
    await _start(send)
    body = _next(Item(answer.body)) + COMPLETE
    await send({"type": "http.response.body", "body": body})


class EventStream(Connection):
    """One subscription over one HTTP response."""

    __slots__ = ("_last", "_limits", "_live", "_loop", "_receive", "_scope", "_send")

    def __init__(
        self, live: LiveConnections, limits: EventLimits, scope: Scope, receive: Receive, send: Send
    ) -> None:
        super().__init__()
        self._limits = limits
        self._live = live
        self._loop = asyncio.get_running_loop()
        self._receive = receive
        self._scope = scope
        self._send = send
        self._last = b""

    async def serve(self, operation: Operation, visitor: Visitor) -> None:
        """Send the operation's items until they end, the client goes or somebody ends it.

        Raises:
            Refused: The subscription did not start, and nothing has been sent.
        """
        items = await operation.stream()
        await _start(self._send)
        with self._live.hold(self):
            session = SessionWatch(visitor, self._end_session)
            attendant = self._loop.create_task(self._attend())
            try:
                self._last = await self._follow(items)
            finally:
                session.stop()
                attendant.cancel()
        await self._finish()

    async def _follow(self, items: Items) -> bytes:
        """Send all items; return what is to be said after them."""
        try:
            await self._send_items(items)
        except Refused as refused:
            return _next(Item(refused.answer.body)) + COMPLETE
        except Gone:
            return b""
        except Exception:
            request_id = request_id_of(self._scope)
            log.exception("An event stream failed: %s", request_id)
            bug = error_body("INTERNAL", "Something went wrong on our side.", request_id)
            return _next(Item(bug)) + COMPLETE
        return COMPLETE

    async def _send_items(self, items: Items) -> None:
        items.pour(self._write_at_once)
        try:
            await self._write(OPENING)
            sent = 0
            async for item in items:
                await self._write(_next(item))
                sent += 1
                if sent % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
        finally:
            await items.aclose()

    async def _attend(self) -> None:
        """Notice that the client goes, and send heartbeats while it stays."""
        while self.ending is None:
            try:
                async with asyncio.timeout(self._limits.heartbeat_seconds):
                    message = await self._receive()
            except TimeoutError:
                with suppress(Gone):
                    await self._write(HEARTBEAT)
            else:
                if message["type"] == "http.disconnect":
                    self.end(CLIENT_GONE)

    def _write_at_once(self, item: Item) -> bool:
        if self.blocked_since is not None or self.ending is not None:
            return False
        message = {"type": "http.response.body", "body": _next(item), "more_body": True}
        try:
            return sent_at_once(self._send(message))
        except OSError:
            return False  # The attendant hears of it too, and ends the stream.

    async def _write(self, chunk: bytes) -> None:
        if self.blocked_since is None:
            self.blocked_since = self._loop.time()
        try:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        except OSError:
            raise Gone from None
        self.blocked_since = None

    def _end_session(self, reason: str) -> None:
        self.end(Ending(SESSION_OVER_CODE, reason))

    async def _finish(self) -> None:
        last = self._last if self.ending is None else b""
        if self.ending is not None and self.ending.code == SESSION_OVER_CODE:
            message = f"The session has ended: {self.ending.reason}"
            over = error_body("NOT_SIGNED_IN", message, request_id_of(self._scope))
            last = _next(Item(over)) + COMPLETE
        if self.ending is not CLIENT_GONE:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._limits.linger_seconds):
                    await self._send({"type": "http.response.body", "body": last})


async def _start(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})


def _next(item: Item) -> bytes:
    if item.cursor is None:
        return b"event: next\ndata: " + item.body + b"\n\n"
    return b"event: next\nid: " + item.cursor.encode() + b"\ndata: " + item.body + b"\n\n"
