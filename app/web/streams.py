"""Streams: what sockets and event streams share in dealing with the engine."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson

from app.ports import Answer, Visitor

YIELD_EVERY = 8


class SessionWatch:
    """Tells, once, that a visitor's session is over; until it is stopped."""

    __slots__ = ("_future", "_is_ours", "_tell")

    def __init__(self, visitor: Visitor, tell: Callable[[str], None]) -> None:
        ended = visitor.ended
        self._tell = tell
        self._future = None if ended is None else asyncio.ensure_future(ended)
        self._is_ours = self._future is not ended
        if self._future is not None:
            self._future.add_done_callback(self._on_end)

    def stop(self) -> None:
        """Stop watching; a future that the engine shares with others is left alone."""
        if self._future is not None:
            self._future.remove_done_callback(self._on_end)
            if self._is_ours:
                self._future.cancel()

    def _on_end(self, ended: asyncio.Future[str]) -> None:
        if not ended.cancelled():
            self._tell("the session is over" if ended.exception() else ended.result())


def sent_at_once(sending: Awaitable[None]) -> bool:
    """Send something if that needs no waiting; say whether it was sent.

    Our server waits, if it must, before it has written anything; then nothing is sent.

    Raises:
        OSError: the client has gone.

    """
    steps = sending.__await__()
    try:
        next(steps)
    except StopIteration:
        return True
    steps.close()
    return False


def reason_of(answer: Answer) -> str:
    """Return the message of the first error of a refused answer, for a person."""
    return str(orjson.loads(answer.body)["errors"][0]["message"])
