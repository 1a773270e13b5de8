"""Webhooks: what payment providers tell by themselves, handed on as it came."""

from collections.abc import Awaitable, Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.ports import Webhooks
from app.web.asgi import Header, headers_of
from app.web.bodies import read_body
from app.web.refusals import Refusal

OK = 200
CODES = {400: "BAD_REQUEST", 404: "NOT_FOUND", 413: "BODY_TOO_LARGE", 503: "UNAVAILABLE"}


def payment_messages(webhooks: Webhooks) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that takes in webhooks; it raises `Refusal` for what cannot be taken."""

    async def page(request: Request) -> Response:
        sent = headers_of(request.scope)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent.items()}
        body = await read_body(request.receive)
        answer = await webhooks.receive(request.path_params["provider"], headers, body)
        if answer.status == OK:
            said = orjson.dumps({"status": answer.text})
            return Response(
                said, media_type="application/json", headers={"cache-control": "no-store"}
            )
        later: tuple[Header, ...] = ()
        if answer.retry_after_seconds is not None:
            later = ((b"retry-after", str(answer.retry_after_seconds).encode()),)
        raise Refusal(answer.status, CODES[answer.status], answer.text, later)

    return page
