"""Plain Strawberry: Fivefold's schema and deeds behind Strawberry's own view, as people use it.

With its caches of parsed and validated documents, and a DataLoader to each kind of reference; not
with limits, costs and refusals, which Fivefold has in an engine of its own.
"""

import argparse
from typing import Any

import uvloop
from graphql import GraphQLObjectType, GraphQLResolveInfo
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types.unset import UNSET

from app.auth.viewer import ANONYMOUS
from app.resolvers.context import Context
from app.resolvers.live import Told
from app.schema import schema
from app.schema.context import GraphContext
from app.server import Running, running
from app.settings import Settings
from app.web.listening import build_server, listening_socket
from app.web.live import LiveConnections
from benchmarks.floor import announce


class PlainContext(GraphContext):
    """A request or a socket; each item of a stream begins with loaders that know nothing."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self.connection_params: dict[str, Any] = {}

    def renew(self) -> None:
        """Begin a new item, of which nothing was loaded yet."""
        self._loaders = {}


def tell_items(root: GraphQLObjectType) -> None:
    """Let each field that is subscribed to give the items that its stream tells."""
    for field in root.fields.values():
        field.subscribe = _items(field.subscribe)


def _items(subscribe: Any) -> Any:
    async def items(source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
        async for told in await subscribe(source, info, **given):
            info.context.renew()
            yield told.item if isinstance(told, Told) else told

    return items


class View(GraphQL[PlainContext, None]):
    """Strawberry's view, which looks up who asks."""

    def __init__(self, process: Running) -> None:
        super().__init__(schema, graphql_ide=None)
        self._process = process

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> PlainContext:
        """Return the context of a request; a socket says later who it is."""
        del response
        return PlainContext(await self._admit(request.headers.get("authorization")))

    async def on_ws_connect(self, context: PlainContext) -> Any:
        """Look up who has opened the socket."""
        context.ctx = await self._admit(context.connection_params.get("token"))
        return UNSET

    async def _admit(self, token: str | None) -> Context:
        viewer = None
        if token is not None:
            found = self._process.engine.identities.find_viewer(token.removeprefix("Bearer "))
            viewer = await found
        return Context(self._process.services, viewer or ANONYMOUS)


async def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    schema.extensions = (ParserCache, ValidationCache)
    root = schema._schema.subscription_type  # noqa: SLF001 - Strawberry does not show it
    if root is not None:
        tell_items(root)
    with listening_socket(settings) as listener:
        async with running(settings, settings.mongodb_uri or "") as process:
            view = View(process)
            routes = [Route("/graphql", view, methods=["POST"]), WebSocketRoute("/graphql", view)]
            server = build_server(Starlette(routes=routes), settings, LiveConnections())
            listener.listen()
            announce(listener)
            await server.serve(sockets=[listener])


def main() -> None:
    """Read the arguments, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--uri", required=True)
    parser.add_argument("--database", required=True)
    given = parser.parse_args()
    uvloop.run(serve(Settings(mongodb_uri=given.uri, database=given.database, port=0)))


if __name__ == "__main__":
    main()
