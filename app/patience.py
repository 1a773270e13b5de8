"""Patience: how long something may last, counted as by `asyncio.timeout`, for half of its cost.

Every request is waited for with patience twice, so that its cost is a part of every answer.
"""

import asyncio
from time import monotonic
from types import TracebackType
from typing import Self


class Patience:
    """Use it by `with`: when its time is over, what the block waits for ends with TimeoutError."""

    __slots__ = ("_cancelling", "_left", "_loop", "_over", "_seconds", "_task", "_timer", "until")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._over = self._left = False

    def __enter__(self) -> Self:
        """Begin to count, in the running task."""
        loop = self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("Only a task can be patient.")
        self._task = task
        self.until = monotonic() + self._seconds
        self._cancelling = task.cancelling()
        self._timer = loop.call_later(self._seconds, self._end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop counting.

        Raises:
            TimeoutError: the time was over, and nobody else cancelled the task besides.

        """
        self._timer.cancel()
        self._left = True
        if self._over and self._task.uncancel() <= self._cancelling and _is_cancellation(kind):
            raise TimeoutError from error

    @property
    def is_of_running_task(self) -> bool:
        """Whether the task that began the block is the one that runs at this moment."""
        return self._task is asyncio.current_task(self._loop)

    def extend(self, seconds: float) -> None:
        """Wait so long from now on, if the time would be over before and is not over yet.

        After the block it does nothing: the task goes on to what has nothing to do with this.
        """
        until = monotonic() + seconds
        if self.until < until and not self._over and not self._left:
            self.until = until
            self._timer.cancel()
            self._timer = self._loop.call_later(seconds, self._end)

    def _end(self) -> None:
        self._over = True
        self._task.cancel()


def _is_cancellation(kind: type[BaseException] | None) -> bool:
    return kind is not None and issubclass(kind, asyncio.CancelledError)
