"""Patience ends what takes too long just as `asyncio.timeout` does, whoever else cancels it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from app.patience import Patience

LONG = 3_600.0
Limit = Callable[[float], Any]
Scene = Callable[[Limit], Awaitable[str]]


@asynccontextmanager
async def ours(seconds: float) -> AsyncIterator[None]:
    """Limit the block by ours, in the words of Python's own."""
    with Patience(seconds):
        yield


async def for_ever() -> None:
    await asyncio.Event().wait()


async def slow(limit: Limit) -> str:
    async with limit(0):
        await for_ever()
    return "went on"


async def already_over(limit: Limit) -> str:
    async with limit(-1):
        await for_ever()
    return "went on"


async def quick(limit: Limit) -> str:
    async with limit(0):
        pass
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return "went on"


async def slow_within_patient(limit: Limit) -> str:
    async with limit(LONG):
        try:
            await slow(limit)
        except TimeoutError:
            await asyncio.sleep(0)
            return "the inner one ended"
    return "went on"


async def patient_within_slow(limit: Limit) -> str:
    try:
        async with limit(0):
            try:
                async with limit(LONG):
                    await for_ever()
            except TimeoutError:
                return "the inner one ended"
    except TimeoutError:
        return "the outer one ended"
    return "went on"


async def both_over(limit: Limit) -> str:
    try:
        async with limit(0), limit(0):
            await for_ever()
    except TimeoutError:
        return f"ended, {cancellations()} left"
    return "went on"


async def swallowed(limit: Limit) -> str:
    async with limit(0):
        with suppress(asyncio.CancelledError):
            await for_ever()
    await asyncio.sleep(0)
    return f"went on, {cancellations()} left"


async def another_error(limit: Limit) -> str:
    try:
        async with limit(0):
            try:
                await for_ever()
            except asyncio.CancelledError:
                raise ValueError("something else") from None
    except ValueError as error:
        return f"{error}, {cancellations()} left"
    return "went on"


async def cancelled_before(limit: Limit) -> str:
    """Time is over in a task that has swallowed a cancellation, which still counts."""
    own = asyncio.current_task()
    assert own
    own.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
    try:
        await slow(limit)
    except TimeoutError:
        return f"ended, {cancellations()} left"
    return "went on"


async def left_by_an_error(limit: Limit) -> str:
    async with limit(0):
        raise KeyError("gone")
    return "went on"


def cancellations() -> int:
    task = asyncio.current_task()
    assert task
    return task.cancelling()


async def outcome(scene: Scene, limit: Limit) -> str:
    """Play a scene in a task of its own; return what it says, or what ended it."""
    playing = asyncio.ensure_future(scene(limit))
    await asyncio.wait([playing])
    if playing.cancelled():
        return "cancelled"
    error = playing.exception()
    return playing.result() if error is None else type(error).__name__


@pytest.mark.parametrize(
    ("scene", "ends"),
    [
        (slow, "TimeoutError"),
        (already_over, "TimeoutError"),
        (quick, "went on"),
        (slow_within_patient, "the inner one ended"),
        (patient_within_slow, "the outer one ended"),
        (both_over, "ended, 0 left"),
        (swallowed, "went on, 0 left"),
        (another_error, "something else, 0 left"),
        (left_by_an_error, "KeyError"),
    ],
)
async def test_it_ends_as_pythons_own(scene: Scene, ends: str) -> None:
    """Nested, swallowed, turned into another error, or over before it began."""
    assert await outcome(scene, asyncio.timeout) == ends
    assert await outcome(scene, ours) == ends


async def test_what_was_cancelled_before_is_told_of_the_time() -> None:
    """As by Python's own from 3.11.4 on: a cancellation of before is somebody else's."""
    assert await outcome(cancelled_before, ours) == "ended, 1 left"


@pytest.mark.parametrize("over_first", [False, True])
async def test_who_is_cancelled_when_time_is_over_is_cancelled(*, over_first: bool) -> None:
    """A server that stops is not told of a timeout; whichever of both came first."""
    began: list[Patience] = []

    async def wait() -> None:
        with Patience(LONG) as patience:
            began.append(patience)
            await for_ever()

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    end, cancel = began[0]._end, waiting.cancel
    for step in (end, cancel) if over_first else (cancel, end):
        step()
    await asyncio.wait([waiting])
    assert waiting.cancelled()


async def test_time_that_is_over_while_the_wait_ends_is_over() -> None:
    """As with Python's own: what came at the same moment is lost, and the task is as it was."""
    came = asyncio.Event()

    async def wait() -> int:
        try:
            with Patience(LONG) as patience:
                asyncio.get_running_loop().call_soon(came.set)
                asyncio.get_running_loop().call_soon(patience._end)
                await came.wait()
        except TimeoutError:
            await asyncio.sleep(0)
            return cancellations()
        return -1

    assert await asyncio.create_task(wait()) == 0


async def test_it_can_be_longer_but_never_shorter() -> None:
    """Nor does it end later what is over already, or what follows after the block."""
    with Patience(LONG) as patience:
        until = patience.until
        patience.extend(1)
        assert patience.until == until
        patience.extend(2 * LONG)
        assert patience.until > until + LONG / 2
    until = patience.until
    patience.extend(9 * LONG)
    assert patience.until == until
    assert patience._timer.cancelled()
    with pytest.raises(TimeoutError), Patience(LONG) as patience:  # noqa: PT012 - it is over
        patience._end()
        patience.extend(9 * LONG)
        await for_ever()


async def test_nothing_ticks_on_when_whoever_waits_is_closed() -> None:
    """A coroutine that is thrown away leaves no timer that would cancel its task."""
    kept: list[Patience] = []

    async def wait() -> None:
        with Patience(LONG) as patience:
            kept.append(patience)
            await asyncio.sleep(0)

    waiting = wait()
    waiting.send(None)
    waiting.close()
    assert kept[0]._timer.cancelled()


async def test_it_knows_the_task_that_began_it() -> None:
    """What is awaited runs in it; what is gathered runs in others."""
    patience = Patience(LONG)

    async def own() -> bool:
        return patience.is_of_running_task

    with patience:
        assert await own()
        assert not any(await asyncio.gather(own(), own()))


async def test_nobody_but_a_task_is_patient() -> None:
    """There would be nothing to cancel."""
    told = asyncio.get_running_loop().create_future()

    def begin() -> None:
        try:
            Patience(1).__enter__()
        except RuntimeError as error:
            told.set_result(str(error))

    asyncio.get_running_loop().call_soon(begin)
    assert await told == "Only a task can be patient."
