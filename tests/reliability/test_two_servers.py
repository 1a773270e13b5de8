"""Two server processes on one database are one server: what one causes, the other tells."""

import asyncio
from random import Random

from tests.reliability.faults import faults_of_alerts, faults_of_events
from tests.reliability.following import Follower
from tests.reliability.gauges import Gauge, Told, as_told, gauges, leap
from tests.reliability.operations import ALERTS, EVENTS
from tests.reliability.scene import SEAL, Level, Scene

WRITERS, EACH = 8, 60


def told_of(follower: Follower, level: Level) -> list[Told]:
    """Return what a follower was told of a series."""
    return [told for told in map(as_told, follower.items) if told.series == level.key]


async def test_an_alert_of_one_reaches_the_subscribers_of_the_other(scene: Scene) -> None:
    """Over WebSocket and SSE, in both directions, each crossing is one alert."""
    urls = [scene.servers[0].url, scene.servers[1].url]
    for here, there, by in ((0, 1, "WebSocket"), (1, 0, "SSE"), (0, 1, "SSE")):
        [level] = await scene.series(1)
        async with Follower(scene, ALERTS, at=urls[there], by=by) as follower:
            await follower.connects()
            before = len(follower.items)
            gauge = Gauge(level, [85, 90, 75, 60, 85, 85])
            for _ in range(3):
                await scene.record(gauge.take(2), at=urls[here])
            assert len(gauge.told) == 3
            while told_of(follower, level) != gauge.told:
                before += 1
                await follower.has(before)
            assert list(faults_of_alerts(follower.items[-3:], gauge.told)) == []


async def test_what_both_are_told_at_once_is_told_on_once(scene: Scene) -> None:
    """A source sends each batch to both servers at the same moment, twice: one alert each."""
    [level] = await scene.series(1)
    gauge = Gauge(level, leap(60))
    urls = [scene.servers[0].url, scene.servers[1].url] * 2
    async with Follower(scene, ALERTS) as follower:
        while batch := gauge.take(4):
            done = await asyncio.gather(*(scene.record(batch, at=url) for url in urls))
            assert sum(one["recorded"] for one in done) == len(batch)
            assert sum(one["alertsOpened"] for one in done) == len(batch) // 2
        await follower.has(60)
        assert list(faults_of_alerts(follower.items, gauge.told)) == []


async def test_eight_writers_at_two_servers_are_followed_without_a_gap(scene: Scene) -> None:
    """Each follower, at either server and of either stream, has all, with ascending cursors."""
    chance = Random(5)  # noqa: S311 - no secret
    writers = gauges(await scene.series(WRITERS), WRITERS * EACH, chance)
    expected = [told for gauge in writers for told in gauge.told]
    urls = [scene.servers[0].url, scene.servers[1].url]

    async def write(gauge: Gauge, url: str) -> None:
        while batch := gauge.take(2):
            await scene.record(batch, at=url)

    async with (
        Follower(scene, ALERTS, at=urls[0]) as alerts,
        Follower(scene, ALERTS, at=urls[1], by="SSE") as other_alerts,
        Follower(scene, EVENTS, at=urls[1]) as events,
        Follower(scene, EVENTS, at=urls[0], by="SSE") as other_events,
    ):
        await asyncio.gather(*(write(gauge, urls[n % 2]) for n, gauge in enumerate(writers)))
        for follower in (alerts, other_alerts):
            await follower.has(len(expected))
            assert list(faults_of_alerts(follower.items, expected)) == []
        for follower in (events, other_events):
            while follower.cursor != alerts.cursor:
                await follower.has(len(follower.items) + 1)
            assert list(faults_of_events(follower.items, expected)) == []
            assert SEAL.open(follower.items[-1]["cursor"]), "their order was looked at"
        assert events.items == other_events.items
        assert alerts.items == other_alerts.items
