"""Kill -9 of either server, again and again, while gauges report: the alerts are exact."""

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.reliability.faults import faults_of_alerts
from tests.reliability.following import Follower, read_to
from tests.reliability.gauges import Gauge, gauges
from tests.reliability.operations import ALERTS, KEPT
from tests.reliability.progress import Progress
from tests.reliability.scene import Scene, opened

GAUGES = 8


class Outcome:
    """What the run came to, beside what it must come to."""

    def __init__(self, reporting: list[Gauge]) -> None:
        self.expected = [told for gauge in reporting for told in gauge.told]
        self.followed: dict[str, list[dict[str, Any]]] = {}
        self.kept: list[tuple[int, int]] = []
        self.wanted: list[int] = [len(gauge.left) for gauge in reporting]
        self.repeats = 0
        self.connections = 0

    def faults(self) -> Iterator[str]:
        """Yield in words whatever is not as it must be."""
        if self.kept != [(count, count) for count in self.wanted]:
            yield f"observations: {self.kept} are kept, not {self.wanted}"
        for name, items in self.followed.items():
            yield from (f"{name}: {fault}" for fault in faults_of_alerts(items, self.expected))


async def run(mongodb_uri: str, observations: int, kills: int, rng: Random) -> Outcome:
    """Let gauges report to two servers, of which one or the other is killed so many times."""
    async with opened(mongodb_uri) as scene:
        levels = await scene.series(GAUGES)
        reporting = gauges(levels, observations, rng)
        outcome = Outcome(reporting)
        progress = Progress()
        points = [observations * (n + 1) // (kills + 1) for n in range(kills)]
        async with (
            Follower(scene, ALERTS) as by_socket,
            Follower(scene, ALERTS, by="SSE") as by_events,
        ):
            killer = asyncio.create_task(kill(scene, progress, points, rng))
            await asyncio.gather(*(report(scene, gauge, progress, rng) for gauge in reporting))
            await killer
            for name, follower in {"WebSocket": by_socket, "SSE": by_events}.items():
                outcome.followed[name] = await follower.has(len(outcome.expected))
                outcome.connections += follower.connections
        history = await read_to(scene, scene.servers[0].url, ALERTS, by_socket.cursor)
        outcome.followed["history"] = history
        for level in levels:
            kept = await scene.insist(KEPT, series=level.id)
            outcome.kept.append((kept["count"], kept["observations"]["totalCount"]))
        outcome.repeats = scene.repeats
        return outcome


async def report(scene: Scene, gauge: Gauge, progress: Progress, rng: Random) -> None:
    """Send a gauge's values in batches, each until it is acknowledged; some carry a key."""
    while batch := gauge.take(rng.randint(1, 5)):
        key = f"{gauge.series} {batch[0]['at']}" if rng.random() < 0.5 else None
        await scene.record(batch, key)
        progress.add(len(batch))


async def kill(scene: Scene, progress: Progress, points: list[int], rng: Random) -> None:
    """Kill one server or the other at each point, in the midst of whatever it does."""
    first = rng.randrange(2)
    for n, point in enumerate(points):
        await progress.reach(point)
        await asyncio.sleep(rng.uniform(0, 0.03))
        # Each of them at least once, so that whoever follows loses a connection.
        number = rng.randrange(2) if n > 1 else (first, 1 - first)[n]
        scene.servers.kill(number)
        await scene.servers.revive(number)
