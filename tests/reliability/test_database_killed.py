"""A database that dies in mid-stream: answers at once, sockets that stay open, and nothing lost."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.db.embedded import await_stop
from tests.db.daemons import pid_of, state_of
from tests.reliability.faults import faults_of_alerts
from tests.reliability.following import Follower
from tests.reliability.gauges import Gauge, leap
from tests.reliability.operations import ALERTS, NEWEST, RECORD
from tests.reliability.scene import Away, Scene, opened

# Looking for the database takes two seconds (app.db.client); an answer may take no longer than
# that, and what a machine needs on which much else runs.
AT_ONCE_SECONDS = 6.0


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short path, and see that no mongod outlives the test."""
    folder = Path(tempfile.mkdtemp(prefix="five-"))
    yield folder
    await_stop(folder)
    shutil.rmtree(folder)


class Mongod:
    """The mongod of a folder, and its guard."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kill(self) -> None:
        """Kill it at once; its guard starts it again."""
        os.kill(self._pid(), signal.SIGKILL)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Kill it, and keep its guard from starting it again until the end of the block."""
        pid = self._pid()
        status = Path(f"/proc/{pid}/status").read_text()
        guard = int(status.partition("PPid:")[2].split()[0])
        os.kill(guard, signal.SIGSTOP)
        try:
            os.kill(pid, signal.SIGKILL)
            yield
        finally:
            os.kill(guard, signal.SIGCONT)

    def _pid(self) -> int:
        socket = state_of(self._folder)["socket"].replace("/", "%2F")
        return pid_of(f"mongodb://{socket}/?directConnection=true")


async def refused(scene: Scene, gauge: Gauge) -> None:
    """Ask and record while the database is away: UNAVAILABLE, and soon."""
    asked = scene.ask(NEWEST), scene.ask(RECORD, observations=[gauge.left[0]])
    began = time.monotonic()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert time.monotonic() - began < AT_ONCE_SECONDS
    assert all(isinstance(answer, Away) for answer in answers), answers
    assert all("UNAVAILABLE" in str(answer) for answer in answers), answers


async def test_a_database_that_dies_loses_nothing_and_hangs_nobody(folder: Path) -> None:
    """It is killed twice while gauges report; streams stay open, and go on when it is back."""
    async with opened(None, 1, data_dir=folder) as scene:
        mongod = Mongod(folder)
        [level] = await scene.series(1)
        gauge = Gauge(level, leap(160))
        async with (
            Follower(scene, ALERTS) as by_socket,
            Follower(scene, ALERTS, by="SSE") as by_events,
        ):
            followers = (by_socket, by_events)
            for follower in followers:
                await follower.connects()
            await report(scene, gauge, 40)
            for follower in followers:
                await follower.has(40)
            reporting = asyncio.create_task(report(scene, gauge, 60))
            await by_socket.has(60)
            mongod.kill()
            await reporting
            with mongod.away():
                await refused(scene, gauge)
            await report(scene, gauge, 60)
            for follower in followers:
                await follower.has(160)
                assert follower.connections == 1
                assert list(faults_of_alerts(follower.items, gauge.told)) == []


async def report(scene: Scene, gauge: Gauge, count: int) -> None:
    """Send so many of a gauge's values, a few at a time."""
    for _ in range(count // 4):
        await scene.record(gauge.take(4))
