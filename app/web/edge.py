"""The edge: what every HTTP request passes on its way in and out, whatever it asks for."""

import logging

from app.web.asgi import App, Header, Message, Receive, Scope, Send, request_id_of
from app.web.refusals import Refusal, send_refusal

log = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = b"content-security-policy"
CLOSED_POLICY = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
SAFE_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Edge:
    """ASGI middleware: request ids, safe headers, refusals as JSON, and nothing of a bug shown."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and answer for it if what is inside cannot."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(scope)
        started = False

        async def send_safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = _with_safe_headers(message.get("headers", ()), request_id)
            await send(message)

        try:
            await self.app(scope, receive, send_safely)
        except Refusal as refusal:
            if started:
                raise
            await send_refusal(send_safely, refusal, request_id)
        except Exception:
            log.exception("A request failed: %s", request_id, extra={"request_id": request_id})
            if started:
                raise
            bug = Refusal(500, "INTERNAL", "Something went wrong on our side.")
            await send_refusal(send_safely, bug, request_id)


def _with_safe_headers(headers: tuple[Header, ...] | list[Header], request_id: str) -> list[Header]:
    safe = [*headers, *SAFE_HEADERS, (b"x-request-id", request_id.encode())]
    if CONTENT_SECURITY_POLICY not in dict(headers):
        safe.append((CONTENT_SECURITY_POLICY, CLOSED_POLICY))
    return safe
