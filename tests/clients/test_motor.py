"""A server on the other driver, Motor; how the two differ is looked at in `tests/db`."""

import asyncio
import secrets
from typing import Any

from tests.clients.place import opened


async def test_an_alert_passes_two_processes_on_motor(mongodb_uri: str) -> None:
    """One records the values, the other's socket tells of them, and stops as it should."""
    database = f"motor_{secrets.token_hex(6)}"
    async with opened(mongodb_uri, database, mongo_driver="motor") as place:
        stage = await place.stage()
        async with place.watching(stage.ada) as watching:
            value = await stage.raise_alert()
            told = [await watching.hear() for _ in range(2)]
        assert [_notice(message) for message in told] == [("RESOLVED", 1.0), ("FIRST", value)]
        assert await asyncio.to_thread(place.server.stop) == 0, place.server.log()


def _notice(message: dict[str, Any]) -> tuple[str, float]:
    notice = message["payload"]["data"]["alerts"]
    return notice["reason"], notice["value"]
