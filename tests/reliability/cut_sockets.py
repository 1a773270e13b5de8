"""Connections that are cut at random while much happens: what came is exactly the history."""

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.reliability.faults import faults_of_alerts, faults_of_events
from tests.reliability.following import Follower, read_to
from tests.reliability.gauges import Gauge, leap
from tests.reliability.operations import ALERTS, EVENTS
from tests.reliability.progress import Progress
from tests.reliability.scene import Scene

BATCH = 10


class Outcome:
    """What two followers had who were cut again and again, and what they should have had."""

    def __init__(self, gauge: Gauge) -> None:
        self.expected = gauge.told
        self.cuts = 0
        self.connections = 0
        self.items: dict[str, list[dict[str, Any]]] = {}
        self.history: dict[str, list[dict[str, Any]]] = {}

    def faults(self) -> Iterator[str]:
        """Yield in words whatever is not as it must be."""
        for name, items in self.items.items():
            if items != self.history[name]:
                yield f"{name}: {len(items)} items are not the history of {len(self.history[name])}"
        yield from (f"alerts: {f}" for f in faults_of_alerts(self.items["alerts"], self.expected))
        yield from (f"events: {f}" for f in faults_of_events(self.items["events"], self.expected))


async def run(scene: Scene, events: int, cuts: int, rng: Random) -> Outcome:
    """Let so many events happen while two followers are cut, so many times in all."""
    [level] = await scene.series(1)
    gauge = Gauge(level, leap(events))
    outcome = Outcome(gauge)
    async with (
        Follower(scene, ALERTS) as alerts,
        Follower(scene, EVENTS, by="SSE") as follower,
    ):
        both = {"alerts": alerts, "events": follower}
        progress = Progress()
        writer = asyncio.create_task(write(scene, gauge, progress, cuts / events))
        await asyncio.gather(*(cut(one, cuts // 2, progress, rng) for one in both.values()))
        await writer
        await alerts.has(events)
        last = alerts.cursor
        while follower.cursor != last:
            await follower.has(len(follower.items) + 1)
    for name, one in both.items():
        query = ALERTS if name == "alerts" else EVENTS
        outcome.items[name] = one.items
        outcome.history[name] = await read_to(scene, scene.servers[1].url, query, last)
        outcome.cuts += one.cuts
        outcome.connections += one.connections
    return outcome


async def write(scene: Scene, gauge: Gauge, cuts: Progress, pace: float) -> None:
    """Let the gauge leap, as fast as the followers are cut."""
    written = 0
    while batch := gauge.take(BATCH):
        await cuts.reach((written - BATCH) * pace)
        await scene.record(batch)
        written += BATCH


async def cut(follower: Follower, times: int, cuts: Progress, rng: Random) -> None:
    """Cut so many times: while it connects, while it reads what it missed, while it waits."""
    while follower.cuts < times:
        if rng.random() < 0.5:
            await follower.connects(follower.connections + 1)
        await asyncio.sleep(rng.uniform(0, 0.03))
        if follower.cut():
            cuts.add(1)
