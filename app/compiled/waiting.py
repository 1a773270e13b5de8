"""Waiting: for what resolvers promised, and for coroutines that mostly need no waiting at all."""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from graphql.pyutils import gather_with_cancel

T = TypeVar("T")


class Suspended(Generic[T]):
    """A coroutine that was begun and had to wait; awaiting it goes on where it stopped."""

    def __init__(self, coroutine: Coroutine[Any, Any, T], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        try:
            yield self._waits_for
        except BaseException as error:  # noqa: BLE001 - all are for the coroutine to meet
            try:
                self._waits_for = self._coroutine.throw(error)
            except StopIteration as end:
                value: T = end.value
                return value
            return (yield from Suspended(self._coroutine, self._waits_for).__await__())
        return (yield from self._coroutine.__await__())


def begin(coroutine: Coroutine[Any, Any, T]) -> "T | Suspended[T]":
    """Run a coroutine that probably never waits; return its value."""
    try:
        waits_for = coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    return Suspended(coroutine, waits_for)


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that cannot wait; return its value.

    Raises:
        TypeError: it waits nevertheless.

    """
    begun = begin(coroutine)
    if isinstance(begun, Suspended):
        coroutine.close()
        raise TypeError("A stored value cannot be awaitable.")
    return begun


async def all_of(coroutines: list[Awaitable[Any]]) -> list[Any]:
    """Await all at once; one alone needs no task of its own."""
    if len(coroutines) > 1:
        return await gather_with_cancel(*coroutines)
    return [await coroutine for coroutine in coroutines]


def any_awaitable(kinds: Iterable[type]) -> bool:
    """Say whether values of these types can be awaited."""
    return any(map(_can_be_awaited, kinds))


@lru_cache(maxsize=1024)
def _has_await(kind: Hashable) -> bool:
    return hasattr(kind, "__await__")


# Asked for each value, of which there are many, of few types.
_can_be_awaited = cast("Callable[[type[Any]], bool]", _has_await)


async def arrived(values: list[Any], *, foreseen: bool) -> list[Any]:
    """Return the values with what came of those that were promised: a value or an exception.

    Args:
        values: some awaitable, some not.
        foreseen: whether the caller may be suspended in the task that began it.

    """
    if foreseen and len(values) == 1:
        return [await settled(values[0])]
    promised = [i for i, value in enumerate(values) if _can_be_awaited(type(value))]
    came = list(values)
    if len(promised) == 1 and foreseen:
        [i] = promised
        came[i] = await settled(values[i])
        return came
    results = await gather_with_cancel(*(settled(values[i]) for i in promised))
    for i, result in zip(promised, results, strict=True):
        came[i] = result
    return came


async def settled(value: Any) -> Any:
    """Return a value, or what it promises, or the exception that came instead."""
    try:
        return await value if _can_be_awaited(type(value)) else value
    except Exception as error:  # noqa: BLE001 - each becomes an error of its field
        return error
