"""Refusals: how a transport says no, always as a GraphQL error body with a code."""

from typing import Any

import orjson

from app.web.asgi import JSON, Header, Send, respond


class Refusal(Exception):
    """A request that a transport turns away by itself, before the engine sees it."""

    def __init__(
        self, status: int, code: str, message: str, headers: tuple[Header, ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def error_entry(code: str, message: str, request_id: str) -> dict[str, Any]:
    """Return one member of `errors`, in the form that every refusal here has."""
    return {"message": message, "extensions": {"code": code, "requestId": request_id}}


def error_body(code: str, message: str, request_id: str) -> bytes:
    """Return a JSON body that holds this one error and no `data`."""
    return orjson.dumps({"errors": [error_entry(code, message, request_id)]})


async def send_refusal(send: Send, refusal: Refusal, request_id: str) -> None:
    """Answer with the refusal's status, headers and error body."""
    body = error_body(refusal.code, refusal.message, request_id)
    await respond(send, refusal.status, body, JSON, refusal.headers)
