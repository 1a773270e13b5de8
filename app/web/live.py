"""Live connections: sockets and event streams that are open, and how each can be ended."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a live connection ends: a WebSocket close code and a reason for a person."""

    code: int
    reason: str


RESTART = Ending(1012, "service restart: resume from your last cursor")
TOO_SLOW = Ending(1013, "try again later: you read too slowly, resume from your last cursor")


class Gone(Exception):
    """The client is not there any more; nothing can be said to it."""


class Connection:
    """What a socket and an event stream have in common: the task that serves it can be ended.

    In a `with` block, it is among the open ones; the block is left when `end` is called.
    """

    __slots__ = ("_among", "_over", "_task", "blocked_since", "ending")

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = asyncio.current_task()
        self._among: set[Connection] | None = None
        self._over = False
        self.ending: Ending | None = None
        self.blocked_since: float | None = None

    def end(self, ending: Ending) -> None:
        """End the connection from outside of its task; the first ending counts."""
        if self.ending is None and not self._over and self._task is not None:
            self.ending = ending
            self._task.cancel()

    def join(self, others: "set[Connection]") -> None:
        """Be among these until it is over."""
        others.add(self)
        self._among = others

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        """Leave the others; a cancellation that came from `end` goes no further."""
        self._over = True
        if self._among is not None:
            self._among.discard(self)
        if kind is None or not issubclass(kind, asyncio.CancelledError):
            return False
        return self.ending is not None and self._task is not None and self._task.uncancel() == 0


class LiveConnections:
    """All that is open in this process; ends what reads too slowly, and all when asked to."""

    def __init__(self, slow_reader_seconds: float = 15) -> None:
        self.slow_reader_seconds = slow_reader_seconds
        self.closed = False
        self._open: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def count(self) -> int:
        """Return how many are open."""
        return len(self._open)

    def hold(self, connection: Connection) -> Connection:
        """Keep the connection among the open ones for the time of a `with`, or until it ends."""
        connection.join(self._open)
        if self.closed:
            connection.end(RESTART)
        if self._sweep is None:
            self._sweep_later()
        return connection

    async def close_all(self, seconds: float) -> None:
        """End every connection so that clients come back and resume; wait so long at most."""
        self.closed = True
        tasks = {c._task for c in self._open if c._task is not None}  # noqa: SLF001
        for connection in tuple(self._open):
            connection.end(RESTART)
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    def _sweep_later(self) -> None:
        pause = self.slow_reader_seconds / 4
        self._sweep = asyncio.get_running_loop().call_later(pause, self._end_slow_readers)

    def _end_slow_readers(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in tuple(self._open):
            since = connection.blocked_since
            if since is not None and now - since >= self.slow_reader_seconds:
                connection.end(TOO_SLOW)
        self._sweep = None
        if self._open:
            self._sweep_later()
