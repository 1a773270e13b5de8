"""A reader that does not read is cut off, holds up nobody, and misses nothing when it returns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.server import running
from app.settings import Settings
from app.web.listening import build_server, listening_socket
from app.web.live import LiveConnections
from app.web.routes import WebParts, build_app
from tests.reliability.scene import Scene
from tests.reliability.slow_reader import run


@asynccontextmanager
async def impatient_server(uri: str, database: str) -> AsyncIterator[str]:
    """Run one more server on the database, which waits half a second for a reader, not thirty."""
    settings = Settings(mongodb_uri=uri, database=database, port=0, log_level="warning")
    live = LiveConnections(slow_reader_seconds=0.5)
    async with running(settings, uri) as process:
        parts = WebParts(process.engine, settings, process.readiness, process.figures, None, live)
        with listening_socket(settings) as listener:
            listener.listen()
            server = build_server(build_app(parts), settings, live)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                await serving


async def test_who_does_not_read_comes_back_and_has_everything(
    scene: Scene, mongodb_uri: str
) -> None:
    """It is closed with 1013 and told to resume; meanwhile others have each alert as ever.

    `benchmarks/cut_sockets.py` does the same with the patience of every day.
    """
    async with impatient_server(mongodb_uri, scene.servers.database) as url:
        outcome = await run(scene, url)
    assert list(outcome.faults()) == []
