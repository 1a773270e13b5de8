"""The worker: one process that computes, apart from the server's own."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from app.resolvers.workers import Workers
from tests.processes import ROOT, environment

START = """
import asyncio, os, time
from app.resolvers.workers import Workers

async def main():
    print(await Workers().run(os.getpid), flush=True)
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    """A worker that was not wanted yet."""
    workers = Workers()
    yield workers
    await workers.close()


async def test_there_is_none_until_it_is_wanted(workers: Workers) -> None:
    """Then there is one, which does all that comes, each at its time."""
    assert workers.pid is None
    done = await asyncio.gather(*(workers.run(os.getpid) for _ in range(3)))
    assert done == [workers.pid] * 3
    assert workers.pid != os.getpid()
    assert not workers.is_busy


async def test_what_goes_wrong_in_it_is_told(workers: Workers) -> None:
    """And the same worker goes on."""
    pid = await workers.run(os.getpid)
    with pytest.raises(ValueError, match="invalid literal"):
        await workers.run(int, "x")
    assert await workers.run(os.getpid) == pid


async def test_whoever_waits_no_longer_ends_the_work(workers: Workers) -> None:
    """The process goes with the work; others, who wait for their turn, get a fresh one."""
    pid = await workers.run(os.getpid)
    os.kill(pid, signal.SIGSTOP)
    first, second = (asyncio.create_task(workers.run(os.getpid)) for _ in range(2))
    while not workers.is_busy:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == workers.pid != pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_one_that_died_while_idle_is_replaced(workers: Workers) -> None:
    """Nobody is told of it."""
    pid = await workers.run(os.getpid)
    child = workers._child()
    assert child is not None
    child.kill()
    await asyncio.to_thread(child.join, 15)
    assert await workers.run(os.getpid) != pid


async def test_one_that_seems_to_live_is_replaced_too(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another thread takes note of its death, it counts among the living."""
    pid = await workers.run(os.getpid)
    child, pool = workers._child(), workers._pool
    assert child is not None
    assert pool is not None
    child.kill()
    while not pool._broken:  # noqa: ASYNC110 - a thread of the pool finds out
        await asyncio.sleep(0)
    with monkeypatch.context() as patched:
        patched.setattr(Workers, "_child", lambda _self: child)
        assert await workers.run(os.getpid) != pid


async def test_it_is_ended_with_the_server(workers: Workers) -> None:
    """Whatever it does at that moment; and it can be asked to more than once."""
    pid = await workers.run(os.getpid)
    os.kill(pid, signal.SIGSTOP)
    await workers.close()
    await workers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_does_not_outlive_a_server_that_is_killed() -> None:
    """Its end of the pipe is closed, too, as soon as its parent is gone."""
    server = subprocess.Popen(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert server.stdout is not None
    assert int(server.stdout.readline()) > 0
    server.kill()
    said, _ = server.communicate(timeout=15)
    assert said == b""
