"""The replay: observations in the order in which they happened, as fast as is asked for."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.demo.client import Client, TooLarge
from app.demo.operations import RECORD
from app.demo.platforms import Reading
from app.demo.stage import Scene

WEEK = timedelta(days=7)  # every platform's time is stretched, so that all last as long as a week
FRAME_SECONDS = 0.2
Advance = Callable[[int, int], None]  # told of observations that are recorded and alerts opened


async def replay(
    client: Client, scene: Scene, *, speed: float, batch: int, advance: Advance
) -> int:
    """Record all readings of a scene and return how many were new.

    Those that were recorded before pass at once.

    Batches go one after the other: each is acknowledged before the next one is sent, so whatever
    repeats or races with it, the series only ever holds a beginning of the replay.

    Args:
        client: where to send them.
        scene: what is replayed.
        speed: how many times faster than it happened a week passes; 0 waits for nothing.
        batch: most observations in one request.
        advance: told of each batch.

    """
    readings = scene.platform.readings()
    loop = asyncio.get_running_loop()
    begun, done, new = loop.time(), 0, 0
    while done < len(readings):
        elapsed = loop.time() - begun
        due = done
        while due < min(done + batch, len(readings)) and (
            speed == 0 or _offset(scene, readings, readings[due]) / speed <= elapsed
        ):
            due += 1
        if due > done:
            recorded, opened = await _record(client, scene, readings[done:due])
            advance(due - done, opened)
            done, new = due, new + recorded
        if speed and done < len(readings):
            wait = _offset(scene, readings, readings[done]) / speed - (loop.time() - begun)
            await asyncio.sleep(max(wait, FRAME_SECONDS) if wait > 0 else 0)
    return new


def _offset(scene: Scene, readings: list[Reading], reading: Reading) -> float:
    """Return how many seconds of the stretched week lie before a reading."""
    first, last = readings[0].at, readings[-1].at
    since = scene.seen_until or first
    return (reading.at - since) / (last - first) * WEEK.total_seconds()


async def _record(client: Client, scene: Scene, readings: list[Reading]) -> tuple[int, int]:
    """Record readings in one request, or in halves if that is too large.

    Return how many were new, and how many alerts they opened.
    """
    given = {"observations": [_input(scene, reading) for reading in readings]}
    try:
        done = await client.do(RECORD, scene.token, input=given)
    except TooLarge:
        if len(readings) == 1:
            raise
        half = len(readings) // 2
        first = await _record(client, scene, readings[:half])
        second = await _record(client, scene, readings[half:])
        return first[0] + second[0], first[1] + second[1]
    return done["recorded"], done["alertsOpened"]


def _input(scene: Scene, reading: Reading) -> dict[str, Any]:
    return {
        "series": scene.series[reading.series],
        "at": f"{reading.at.isoformat(timespec='milliseconds')}Z",
        "value": reading.value,
        "key": reading.key,
        "place": reading.place,
    }
