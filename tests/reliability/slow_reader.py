"""A reader that does not read: how it is cut off, what others have meanwhile, how it comes back."""

import asyncio
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.reliability.faults import faults_of_alerts
from tests.reliability.following import Follower, item_of, socket
from tests.reliability.gauges import Gauge, leap
from tests.reliability.operations import ALERTS, LARGE_ALERTS
from tests.reliability.scene import PATIENCE_SECONDS, Scene

ALERTS_IN_ALL = 300
TAGS = [f"{n:02}{'.' * 58}" for n in range(20)]
ENDING = (1013, "try again later: you read too slowly, resume from your last cursor")


class Outcome:
    """What the slow reader had before it was cut off and after, and the others meanwhile."""

    def __init__(self, gauge: Gauge) -> None:
        self.expected = gauge.told
        self.had: list[dict[str, Any]] = []
        self.rest: list[dict[str, Any]] = []
        self.others: list[dict[str, Any]] = []
        self.others_connections = 0
        self.patience_seconds = 0.0
        self.code = 0
        self.reason = ""

    def faults(self) -> Iterator[str]:
        """Yield in words whatever is not as it must be."""
        if (self.code, self.reason) != ENDING:
            yield f"it was told {self.code} {self.reason!r}"
        if not 0 < len(self.had) < ALERTS_IN_ALL:
            yield "it was never slow"
        if self.others_connections != 1:
            yield "others were cut off, too"
        yield from (f"others: {fault}" for fault in faults_of_alerts(self.others, self.expected))
        items = self.had + self.rest
        yield from (f"slow reader: {fault}" for fault in faults_of_alerts(items, self.expected))


async def run(scene: Scene, url: str, *, idle_seconds: float = 0) -> Outcome:
    """Let alerts happen that one socket does not read, and come back when it is cut off.

    Before, nothing happens for a while: the server's pings are then at any point of their round.
    """
    [level] = await scene.series(1, tags=TAGS)
    await scene.begin()
    gauge = Gauge(level, leap(ALERTS_IN_ALL))
    outcome = Outcome(gauge)
    size: dict[str, Any] = {"max_size": None}
    # Once much waits to be read, it answers no pings either, which come behind that.
    deaf = {"max_queue": 1, "ping_interval": None, **size}
    async with (
        Follower(scene, ALERTS, at=url) as quick,
        socket(scene, url, LARGE_ALERTS, scene.beginning, **deaf) as slow,
    ):
        await asyncio.sleep(idle_seconds)
        while batch := gauge.take(20):
            await scene.record(batch)
        began = time.monotonic()
        outcome.others = await quick.has(ALERTS_IN_ALL)
        outcome.others_connections = quick.connections
        await until_cut_off(url)
        outcome.patience_seconds = time.monotonic() - began
        outcome.had = await read_to_the_end(slow)
        outcome.code, outcome.reason = slow.close_code or 0, slow.close_reason or ""
    async with socket(scene, url, LARGE_ALERTS, outcome.had[-1]["cursor"], **size) as again:
        lacking = ALERTS_IN_ALL - len(outcome.had)
        outcome.rest = [item_of(await again.recv()) for _ in range(lacking)]
    return outcome


async def until_cut_off(url: str) -> None:
    """Wait until only one stream is left at the server."""
    async with asyncio.timeout(PATIENCE_SECONDS), httpx2.AsyncClient() as client:
        while True:
            figures = (await client.get(f"{url}/metrics")).text
            found = re.search(r"^fivefold_streams (\S+)$", figures, re.MULTILINE)
            assert found, figures
            if float(found[1]) <= 1:
                return
            await asyncio.sleep(0.1)


async def read_to_the_end(connection: ClientConnection) -> list[dict[str, Any]]:
    """Return what still comes."""
    items = []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                items.append(item_of(await connection.recv()))
    except ConnectionClosed:
        return items
