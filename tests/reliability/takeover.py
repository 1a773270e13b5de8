"""Takeover: how long after a kill -9 the other server tells what the dead one left behind."""

import asyncio
import time
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from typing import Any

from pymongo import AsyncMongoClient

from tests.reliability.following import Follower
from tests.reliability.gauges import Gauge, leap
from tests.reliability.operations import ALERTS, RECORD
from tests.reliability.scene import PATIENCE_SECONDS, Away, Level, Scene

WRITERS = 8
DUE = 24


async def stall(scene: Scene, rng: Random) -> float:
    """Return the longest silence at the other server after a kill in the midst of writing.

    All the while writers at the other server cause alerts. These wait, as everything does that
    stands in the log above numbers which the dead server took and never used.
    """
    victim, survivor = rng.sample(range(2), 2)
    levels = await scene.series(2 * WRITERS)
    away = asyncio.Event()
    await scene.begin()
    async with Follower(scene, ALERTS, at=scene.servers[survivor].url) as follower:
        tasks = [
            asyncio.create_task(keep_writing(scene, level, scene.servers[n].url, away))
            for half, n in ((levels[:WRITERS], victim), (levels[WRITERS:], survivor))
            for level in half
        ]
        await follower.has(300)
        await asyncio.sleep(rng.uniform(0, 0.2))
        killed = time.monotonic()
        scene.servers.kill(victim)
        await follower.has(len(follower.items) + 500)
        await asyncio.sleep(5)
        away.set()
        await asyncio.gather(*tasks)
        came = [killed, *(at for at in follower.came_at if at > killed)]
    await scene.servers.revive(victim)
    return max(later - earlier for earlier, later in pairwise(came))


async def keep_writing(scene: Scene, level: Level, url: str, away: asyncio.Event) -> None:
    """Cause alerts at one server until it is killed, or until the end."""
    gauge = Gauge(level, leap(20_000))
    while not away.is_set() and (batch := gauge.take(2)):
        try:
            await scene.ask(RECORD, at=url, observations=batch, key=None)
        except Away:
            return


async def judged_by_the_other(scene: Scene, uri: str) -> float:
    """Return how long after the kill of the server that judges the other has told everybody.

    Some conditions have been met for long enough at the same moment; the server that has taken
    their judgement on dies in the midst of it.
    """
    levels = await scene.series(DUE, **{"for": "PT2S"})
    await scene.begin()
    urls = [scene.servers[n].url for n in range(2)]
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(uri)
    async with (
        client,
        Follower(scene, ALERTS, at=urls[0]) as one,
        Follower(scene, ALERTS, at=urls[1]) as other,
    ):
        at = datetime.now(UTC).isoformat()  # noqa: TID251 - the servers' clock
        await scene.record([{"series": level.id, "at": at, "value": 90} for level in levels])
        leases = client[scene.servers.database]["leases"]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                held = await leases.find_one({"_id": "alerts", "owner": {"$ne": None}})
                if held is not None:
                    break
                await asyncio.sleep(0.001)
        pid = int(held["owner"].split("-")[-2])
        victim = [scene.servers[n].pid for n in range(2)].index(pid)
        killed = time.monotonic()
        scene.servers.kill(victim)
        survivor = (other, one)[victim]
        await survivor.has(DUE)
        took = time.monotonic() - killed
        await scene.servers.revive(victim)
        told = [item["alert"]["series"]["key"] for item in survivor.items]
    assert sorted(told) == sorted(level.key for level in levels)
    return took
