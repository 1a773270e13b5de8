"""ASGI words: the types of the protocol, and the few reads and writes that all transports share."""

import secrets
import string
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON = b"application/json; charset=utf-8"
NO_STORE = (b"cache-control", b"no-store")
LONGEST_REQUEST_ID = 128
HEADERS = "fivefold.headers"
_PLAIN = frozenset(string.ascii_letters + string.digits + "-_.:")


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return the request's headers by lower-case name; repeated ones are joined by commas.

    They are kept with the request, since each layer looks at some.
    """
    known: dict[bytes, bytes] | None = scope.get(HEADERS)
    if known is None:
        known = scope[HEADERS] = {}
        for name, value in scope["headers"]:
            known[name] = known[name] + b", " + value if name in known else value
    return known


def request_id_of(scope: Scope) -> str:
    """Return the id of this request: the client's own if it is plain and short, else a new one."""
    state: dict[str, Any] = scope.setdefault("state", {})
    known = state.get("request_id")
    if known is None:
        sent = headers_of(scope).get(b"x-request-id", b"").decode("latin-1")
        plain = 0 < len(sent) <= LONGEST_REQUEST_ID and _PLAIN.issuperset(sent)
        known = state["request_id"] = sent if plain else f"req_{secrets.token_hex(12)}"
    return str(known)


def address_of(scope: Scope) -> str:
    """Return the network address of the client, or an empty text where there is none."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def bearer_token(authorization: str | None) -> str | None:
    """Return the token of `Bearer …`; another scheme is not ours (a proxy's, perhaps)."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def respond(
    send: Send, status: int, body: bytes, media_type: bytes, headers: tuple[Header, ...] = ()
) -> None:
    """Send a complete response."""
    sized = (b"content-type", media_type), (b"content-length", str(len(body)).encode()), NO_STORE
    start = {"type": "http.response.start", "status": status, "headers": [*sized, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
