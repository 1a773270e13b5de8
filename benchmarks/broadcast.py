"""The floor of live: bytes that are ready already, sent to every socket, and nothing else.

The same HTTP server with the same settings as Fivefold's. `POST /` takes the bytes; every socket
that has subscribed gets them as they are.
"""

import asyncio
from typing import Any

import uvloop

from app.settings import Settings
from app.web.asgi import Receive, Scope, Send, respond
from app.web.bodies import read_body
from app.web.listening import build_server, listening_socket
from app.web.live import LiveConnections
from app.web.messages import ACKNOWLEDGED, SUBPROTOCOL
from benchmarks.floor import announce

YIELD_EVERY = 200


class Broadcast:
    """The whole application."""

    def __init__(self) -> None:
        self._sends: set[Send] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket":
            await self._hold(receive, send)
        elif scope["type"] == "http":
            item = await read_body(receive)
            await respond(send, 200, b'{"data":{}}', b"application/json")
            await self._tell({"type": "websocket.send", "text": item.decode()})
        else:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

    async def _hold(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        await receive()
        await send({"type": "websocket.send", "text": ACKNOWLEDGED})
        await receive()
        self._sends.add(send)
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            self._sends.discard(send)

    async def _tell(self, message: dict[str, Any]) -> None:
        for number, send in enumerate(list(self._sends)):
            await send(message)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)


async def serve() -> None:
    """Serve until told to stop."""
    settings = Settings(port=0)
    with listening_socket(settings) as listener:
        server = build_server(Broadcast(), settings, LiveConnections())
        listener.listen()
        announce(listener)
        await server.serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(serve())
