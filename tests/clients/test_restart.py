"""A server that stops says so; its clients come back to another one and have missed nothing."""

import asyncio
import secrets
import socket
from contextlib import AsyncExitStack
from pathlib import Path

from tests.api import PASSWORD
from tests.clients.place import BEGINNING, Place, Stage, opened
from tests.clients.scripts import Script, run
from tests.processes import ServerProcess

CLIENTS = {
    "graphql-ws": ["javascript/graphql-ws.mjs"],
    "graphql-sse": ["javascript/graphql-sse.mjs"],
    "Apollo Client": ["javascript/apollo.mjs"],
    "urql with graphql-ws": ["javascript/urql.mjs"],
    "gql": ["python/watch_alerts.py"],
    "curl": ["shell/sse.sh"],
}


async def test_clients_resume_on_a_restarted_server_without_loss(
    mongodb_uri: str, programs: Path
) -> None:
    """SIGTERM closes sockets with 1012; what happens meanwhile comes after the restart, once."""
    port = _free_port()
    database = f"restart_{secrets.token_hex(6)}"
    async with opened(mongodb_uri, database, port=port) as place, AsyncExitStack() as stack:
        stage = await place.stage()
        clients = {
            name: await stack.enter_async_context(
                run(programs / script[0], place.server.url, stage.email, PASSWORD, BEGINNING)
            )
            for name, script in CLIENTS.items()
        }
        for client in clients.values():
            await client.hear_until(5.02)
        before = await stage.raise_alert()
        for client in clients.values():
            await client.hear_until(before)
        await _stop(place, stage)
        missed = [await stage.raise_alert() for _ in range(3)]
        with ServerProcess(mongodb_uri=mongodb_uri, database=database, port=port):
            told = {name: await _values(client, missed[-1]) for name, client in clients.items()}
    expected = [value for alert in missed for value in (1.0, alert)]
    assert told == dict.fromkeys(CLIENTS, expected)


async def _stop(place: Place, stage: Stage) -> None:
    """Stop the server while a socket is open, and look how it says good-bye."""
    async with place.watching(stage.ada) as watching:
        code = await asyncio.to_thread(place.server.stop)
        assert await watching.end() == (1012, "service restart: resume from your last cursor")
    assert code == 0, place.server.log()


async def _values(client: Script, last: float) -> list[float]:
    return [item["value"] for item in await client.hear_until(last)]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
