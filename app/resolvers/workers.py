"""The worker: one other process for what would take all of a core for seconds."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import ParamSpec, TypeVar

from app.failures import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

# The server's own process comes first where there is one core for both.
NICENESS = 5


class Workers:
    """One process, made when it is first wanted, which does one piece of work at a time."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()
        self.pid: int | None = None

    @property
    def is_busy(self) -> bool:
        """Whether somebody's work is being done."""
        return self._turn.locked()

    async def run(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Return what a function returns in the other process; others wait for their turn.

        Function, arguments and result are pickled, each at once: pass much as bytes. Whoever is
        cancelled ends the work, by ending the process.

        Raises:
            Unavailable: the process ended before its work did; the next work gets a fresh one.

        """
        loop = asyncio.get_running_loop()
        async with self._turn:
            try:
                pool = await self._ready(loop)
                try:
                    doing = loop.run_in_executor(pool, _do, work, given, named)
                except BrokenProcessPool:  # it was ended before: nothing has begun
                    await self._end()
                    pool = await self._ready(loop)
                    doing = loop.run_in_executor(pool, _do, work, given, named)
                return await doing
            except BrokenProcessPool as error:
                await self._end()
                message = "The process that computes this was ended. Send the same request again."
                raise Unavailable(message) from error
            except asyncio.CancelledError:
                await self._end()
                raise

    async def close(self) -> None:
        """End the process, whatever it does."""
        await self._end()

    async def _ready(self, loop: asyncio.AbstractEventLoop) -> ProcessPoolExecutor:
        if self._child() is None:
            await self._end()  # it was ended while nobody asked anything of it
        if self._pool is None:
            # Not forked: a copy would share the database's sockets with this process.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_settle)
            self.pid = await loop.run_in_executor(self._pool, os.getpid)
        return self._pool

    async def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        child, self.pid = self._child(), None
        if child is not None:
            child.kill()
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    def _child(self) -> BaseProcess | None:
        children = multiprocessing.active_children()
        return next((child for child in children if child.pid == self.pid), None)


def _do(work: Callable[..., T], given: tuple[object, ...], named: dict[str, object]) -> T:
    return work(*given, **named)


def _settle() -> None:
    """Make a fresh worker stay in the background, and end with its server however that ends."""
    # Ctrl-C goes to all processes of a terminal; the server decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
