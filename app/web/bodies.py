"""Bodies: how much of one is taken, for how long it is waited for, and which JSON is one."""

from time import monotonic
from typing import Any

import orjson

from app.patience import Patience
from app.web.asgi import App, Header, Message, Receive, Scope, Send, headers_of
from app.web.refusals import Refusal

DEEPEST = 64
WIDEST = 1_000
GREATEST_INTEGER = 2**63 - 1
CLOSE: Header = (b"connection", b"close")


class BodyLimits:
    """ASGI middleware: a body that is too large, too slow or encoded is refused while it comes.

    A response that leaves before its request was read to the end closes the connection, but only
    after what is still on its way was taken in for a moment: else the client's system may throw
    the response away with the connection.
    """

    def __init__(
        self, app: App, *, max_bytes: int, seconds: float = 10, linger_seconds: float = 1
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.seconds = seconds
        self.linger_seconds = linger_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; one with a body goes through `_Intake`."""
        if scope["type"] == "http" and _has_body(scope):
            intake = _Intake(self, scope, receive, send)
            receive, send = intake.receive, intake.send
        await self.app(scope, receive, send)


class _Intake:
    """The body of one request on its way in."""

    __slots__ = ("_deadline", "_limits", "_receive", "_scope", "_send", "_taken", "whole")

    def __init__(self, limits: BodyLimits, scope: Scope, receive: Receive, send: Send) -> None:
        self._limits = limits
        self._scope = scope
        self._receive = receive
        self._send = send
        self._deadline = monotonic() + limits.seconds
        self._taken = 0
        self.whole = False

    async def receive(self) -> Message:
        """Return the next part of the body, or whatever comes after it."""
        if self.whole:
            return await self._receive()
        if self._taken == 0:
            self._look_at_headers()
        try:
            with Patience(self._deadline - monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise Refusal(
                408, "REQUEST_TIMEOUT", f"The body did not arrive within {self._limits.seconds} s."
            ) from None
        self._taken += len(message.get("body", b""))
        if self._taken > self._limits.max_bytes:
            raise self._too_large()
        self.whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send the response; see the promise of `BodyLimits` about one that comes early."""
        if not self.whole:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), CLOSE]
            elif not message.get("more_body", False):
                await self._send({**message, "more_body": True})
                await self._take_in_the_rest()
                message = {"type": "http.response.body"}
        await self._send(message)

    async def _take_in_the_rest(self) -> None:
        try:
            with Patience(min(self._limits.linger_seconds, self._deadline - monotonic())):
                while not self.whole:
                    self.whole = not (await self._receive()).get("more_body", False)
        except TimeoutError:
            self.whole = True

    def _look_at_headers(self) -> None:
        headers = headers_of(self._scope)
        if headers.get(b"content-encoding", b"").strip().lower() not in {b"", b"identity"}:
            raise Refusal(
                415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as it is, without an encoding."
            )
        # A header that came twice is one with commas, and some servers let that pass.
        sizes = headers.get(b"content-length", b"0").split(b",")
        if max(map(int, sizes)) > self._limits.max_bytes:
            raise self._too_large()

    def _too_large(self) -> Refusal:
        limit = self._limits.max_bytes
        return Refusal(413, "BODY_TOO_LARGE", f"A body may have up to {limit} bytes.")


async def read_body(receive: Receive) -> bytes:
    """Return the whole body, which `BodyLimits` has bounded."""
    message = await receive()
    if not message.get("more_body", False):
        return bytes(message.get("body", b""))
    parts = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


def read_json(text: bytes | str) -> Any:
    """Return the value of strict JSON: UTF-8, no NaN or Infinity, no half surrogates.

    Raises:
        ValueError: The text is not such JSON; the message says where.
    """
    return orjson.loads(text)


def excess_of(value: Any) -> str | None:
    """Return how a JSON value passes the limits of depth, width or integers; None if it does not.

    Level by level, so that no nesting can exhaust the stack.
    """
    level = [value]
    for _ in range(DEEPEST + 1):
        below: list[Any] = []
        for one in level:
            kind = type(one)
            if kind is int and not -GREATEST_INTEGER <= one <= GREATEST_INTEGER:
                return f"Integers may go up to {GREATEST_INTEGER}."
            if kind is not dict and kind is not list:
                continue
            if len(one) > WIDEST:
                return f"A list or object may have up to {WIDEST} members, not {len(one)}."
            below += one.values() if kind is dict else one
        if not below:
            return None
        level = below
    return f"JSON may be nested up to {DEEPEST} deep."


def _has_body(scope: Scope) -> bool:
    headers = headers_of(scope)
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
