"""Routes: every path of the server on one page, and what each request passes on its way."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import StatelessLifespan

from app.ports import Engine, Readiness, Webhooks
from app.settings import Settings
from app.web.asgi import App, Receive, Scope, Send
from app.web.bodies import BodyLimits
from app.web.edge import Edge
from app.web.http import GraphQLEndpoint, HttpLimits
from app.web.live import LiveConnections
from app.web.origins import PREFLIGHTED, Origins
from app.web.pages import (
    GRAPHIQL_POLICY,
    StaticPages,
    figures,
    front_page,
    health,
    http_error,
    readiness,
    redirect_to,
    schema_text,
)
from app.web.sockets import SocketEndpoint, SocketLimits
from app.web.sse import EventLimits
from app.web.webhooks import payment_messages


@dataclass(frozen=True, slots=True)
class WebParts:
    """What the web is built from; the server hands it in."""

    engine: Engine
    settings: Settings
    ready: Callable[[], Awaitable[Readiness]]
    metrics: Callable[[], bytes]
    sdl: str | None
    live: LiveConnections = field(default_factory=LiveConnections)
    body_seconds: float = 10
    webhooks: Webhooks | None = None


class Web(Starlette):
    """The whole web as one ASGI application.

    Sockets pass no middleware and no router: each layer would hold memory for each of them as
    long as it is open, and take time from each message. What is asked most passes the middleware,
    but none of Starlette's own layers, which would only look at it and let it through.
    """

    sockets: Mapping[str, App]
    busiest: Mapping[str, App]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or the lifespan."""
        known = {"websocket": self.sockets, "http": self.busiest}.get(scope["type"])
        if known:
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if endpoint := known.get(path):
                await endpoint(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def build_app(parts: WebParts, lifespan: StatelessLifespan[Starlette] | None = None) -> Web:
    """Return the web that is built from these parts."""
    routes, middleware = build_routes(parts), build_middleware(parts)
    web = Web(
        routes=routes,
        middleware=middleware,
        exception_handlers={HTTPException: http_error},
        lifespan=lifespan,
    )
    web.sockets = build_sockets(parts)
    web.busiest = {
        route.path: _within(middleware, route.app)
        for route in routes
        if isinstance(route, Route) and isinstance(route.endpoint, GraphQLEndpoint)
    }
    return web


def build_routes(parts: WebParts) -> list[BaseRoute]:
    """Return all routes of HTTP, the busiest first."""
    settings = parts.settings
    limits = HttpLimits(settings.max_body_bytes, EventLimits(settings.heartbeat_seconds))
    routes: list[BaseRoute] = [
        Route("/graphql", GraphQLEndpoint(parts.engine, parts.live, _origins(parts), limits)),
        Route("/healthz", health),
        Route("/readyz", readiness(parts.ready)),
        Route("/metrics", figures(parts.metrics)),
        Route("/graphiql", redirect_to("graphiql/")),
        Mount("/graphiql", StaticPages("graphiql", GRAPHIQL_POLICY)),
        Route("/operator", redirect_to("operator/")),
        Mount("/operator", StaticPages("operator")),
        Route("/", front_page),
        Mount("/home", StaticPages("home")),
    ]
    if parts.webhooks is not None:
        endpoint = payment_messages(parts.webhooks)
        routes.append(Route("/payments/{provider}", endpoint, methods=["POST"]))
    if parts.sdl is not None:
        routes.append(Route("/schema.graphql", schema_text(parts.sdl)))
    return routes


def build_sockets(parts: WebParts) -> dict[str, App]:
    """Return all paths that take WebSockets."""
    settings = parts.settings
    limits = SocketLimits(
        settings.connection_init_seconds,
        settings.max_subscriptions_per_socket,
        settings.max_body_bytes,
    )
    return {"/graphql": SocketEndpoint(parts.engine, parts.live, _origins(parts), limits)}


def build_middleware(parts: WebParts) -> list[Middleware]:
    """Return what every HTTP request passes, from the outside in."""
    limits = Middleware(
        BodyLimits, max_bytes=parts.settings.max_body_bytes, seconds=parts.body_seconds
    )
    cors = Middleware(
        CORSMiddleware,
        allow_origins=parts.settings.allowed_origins,
        allow_methods=("GET", "POST"),
        allow_headers=("content-type", "last-event-id", "x-request-id", *_names(PREFLIGHTED)),
        expose_headers=("retry-after", "x-request-id"),
        max_age=7200,
    )
    return [limits, *([cors] if parts.settings.allowed_origins else []), Middleware(Edge)]


def _within(middleware: list[Middleware], app: App) -> App:
    """Return an app behind all of the middleware, the first outermost."""
    for cls, args, kwargs in reversed(middleware):
        app = cls(app, *args, **kwargs)
    return app


def _origins(parts: WebParts) -> Origins:
    return Origins(parts.settings.allowed_origins, parts.settings.public_url)


def _names(headers: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(name.decode() for name in headers)
