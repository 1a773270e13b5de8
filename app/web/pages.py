"""Plain pages: health, figures and the schema for machines, and static files for people."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.ports import Readiness
from app.web.asgi import request_id_of
from app.web.refusals import error_body

STATIC = Path(__file__).parent / "static"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
JSON = "application/json"
UNCHANGING = "public, max-age=31536000, immutable"
CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 401: "NOT_FOUND"}

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The explorer's editor writes styles, and runs its language workers, by itself.
GRAPHIQL_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; connect-src 'self' ws: wss:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class StaticPages(StaticFiles):
    """Static files under one content security policy; hashed assets are kept for ever."""

    def __init__(self, folder: str, policy: str = PAGE_POLICY) -> None:
        super().__init__(directory=STATIC / folder, html=True)
        self._policy = policy

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file's response with its policy and how long it may be kept."""
        response = await super().get_response(path, scope)
        hashed = path.replace("\\", "/").startswith("assets/")
        response.headers["cache-control"] = UNCHANGING if hashed else "no-cache"
        response.headers["content-security-policy"] = self._policy
        return response


def redirect_to(target: str) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that sends the browser on to a target relative to the path."""

    async def redirect(_: Request) -> Response:
        return RedirectResponse(target)

    return redirect


async def front_page(_: Request) -> Response:
    """Show what runs here and where to go from it."""
    headers = {"cache-control": "no-cache", "content-security-policy": PAGE_POLICY}
    return FileResponse(STATIC / "home" / "index.html", headers=headers)


async def health(_: Request) -> Response:
    """Say that the process answers."""
    return Response(orjson.dumps({"status": "ok"}), media_type=JSON, headers=_fresh())


def readiness(
    ready: Callable[[], Awaitable[Readiness]],
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that says whether work can be taken, or with 503 what is lacking."""

    async def page(_: Request) -> Response:
        lacking = (await ready()).lacking
        said = {"status": "not ready", "lacking": lacking} if lacking else {"status": "ready"}
        status = 503 if lacking else 200
        return Response(orjson.dumps(said), status, media_type=JSON, headers=_fresh())

    return page


def figures(metrics: Callable[[], bytes]) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that hands out figures in Prometheus' text form."""

    async def page(_: Request) -> Response:
        return Response(metrics(), headers={"content-type": PROMETHEUS, **_fresh()})

    return page


def schema_text(sdl: str) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that hands out the schema in its own language."""
    body = sdl.encode()

    async def page(_: Request) -> Response:
        headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-cache"}
        return Response(body, headers=headers)

    return page


async def http_error(request: Request, error: Exception) -> Response:
    """Answer in JSON for what no route takes."""
    if not isinstance(error, HTTPException):
        raise error
    status = 404 if error.status_code == 401 else error.status_code  # noqa: PLR2004
    message = {404: "There is nothing here.", 405: "Not with this method."}.get(
        status, error.detail
    )
    body = error_body(CODES.get(status, "BAD_REQUEST"), message, request_id_of(request.scope))
    return Response(body, status, headers=error.headers, media_type=JSON)


def _fresh() -> dict[str, str]:
    return {"cache-control": "no-store"}
