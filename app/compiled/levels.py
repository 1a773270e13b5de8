"""A level: what is selected of all objects of one type at one place of the document, at once."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from app.compiled.faults import RAISED
from app.compiled.fields import Field, Needs
from app.compiled.info import Run
from app.compiled.leaves import Namespace
from app.compiled.trails import Picked, Trail
from app.compiled.waiting import Suspended, all_of, at_once, begin

# How a leaf is read from a document: its key there, and the expression for its value `v…`.
Reading = tuple[Field, str, str]
Failed = dict[int, int]
# A field, the places of the sources that it was completed for, and what came of it for these.
Column = tuple[Field, Sequence[int], list[Any]]
Waiting = tuple[Field, Sequence[int], Awaitable[list[Any]]]
Slow = Callable[[Any, int], Any]
Make = Callable[[list[Any], Slow], list[Any]]


class Level:
    """What is selected of the objects of one type.

    Leaves are read by a generated function; other fields are filled in afterwards, each for all
    objects together.
    """

    def __init__(
        self,
        keys: Sequence[tuple[str, str | None]],
        readings: Sequence[Reading],
        deferred: Sequence[Field],
        names: Namespace,
    ) -> None:
        self._empty = dict(keys)
        self._leaves = [field for field, _, _ in readings]
        self._deferred = list(deferred)
        self._generate = partial(_generated, keys, readings, names)
        self._make: Make = self._make_first
        self._now = [field for field in deferred if not field.waits_below]
        later = [field for field in deferred if field.waits_below]
        # What asks for something that others ask for further down is told beforehand and comes
        # last: one question serves both.
        below = frozenset[str]().union(*(field.gathers_below for field in later))
        self._last = [field for field in later if field.can_follow(below)]
        self._later = [field for field in later if not field.can_follow(below)]
        # Mostly there is one at the most, which has nobody to be begun or awaited with.
        self._sole = deferred[0] if len(deferred) == 1 else None
        self.waits = bool(later)
        self.gathers = frozenset[str]().union(*(field.gathers for field in deferred))
        self.needs: Needs = frozenset()

    async def complete(self, run: Run, sources: list[Any], trail: Trail) -> list[Any]:
        """Return a dictionary for each source; RAISED where an error takes the object along."""
        failed: Failed = {}
        objects = self._make(sources, partial(self._read_slowly, run, trail, failed))
        if self._sole is not None and not failed:
            column = await self._sole.complete(run, sources, trail)
            _fill(objects, self._sole.key, range(len(sources)), column)
        elif self._deferred:
            for field, picks, column in await self._columns(run, sources, trail, failed):
                _fill(objects, field.key, picks, column)
        return objects

    async def _columns(
        self, run: Run, sources: list[Any], trail: Trail, failed: Failed
    ) -> list[Column]:
        """Return the values of the fields that are no leaves, each for the sources it was asked."""
        columns: list[Column] = []
        waiting: list[Waiting] = []
        for field in self._now:
            picks = _before(field.order, failed, len(sources))
            column = begin(_complete(field, picks, run, sources, trail))
            if isinstance(column, Suspended):
                waiting.append((field, picks, column))
                continue
            columns.append((field, picks, column))
            _note(field, picks, column, failed)
        survivors = _before(-1, failed, len(sources))
        if survivors:
            for field in self._last:
                field.expect(run, [sources[i] for i in survivors])
            waiting += _begun(self._later, survivors, run, sources, trail)
        columns += await _done(waiting)
        if survivors:
            columns += await _done(_begun(self._last, survivors, run, sources, trail))
        return columns

    def _make_first(self, sources: list[Any], slow: Slow) -> list[Any]:
        # Of an interface's many types most never come: a function is generated when one does.
        self._make = self._generate()
        return self._make(sources, slow)

    async def complete_serially(self, run: Run, source: Any, trail: Trail) -> Any:
        """Return the dictionary for the root of a mutation, field after field."""
        failed: Failed = {}
        [made] = self._make([source], partial(self._read_slowly, run, trail, failed))
        for field in self._deferred:
            if made is RAISED:
                break
            [value] = await field.complete(run, [source], trail)
            if value is RAISED:
                return RAISED
            made[field.key] = value
        return made

    def _read_slowly(self, run: Run, trail: Trail, failed: Failed, source: Any, index: int) -> Any:
        """Read the leaves of one source one by one, exactly as graphql-core does."""
        made: dict[str, Any] = dict(self._empty)
        here = Picked(trail, [index])
        for field in self._leaves:
            [value] = at_once(field.complete(run, [source], here))
            if value is RAISED:
                failed[index] = field.order
                return RAISED
            made[field.key] = value
        return made


def _complete(
    field: Field, picks: Sequence[int], run: Run, sources: list[Any], trail: Trail
) -> Coroutine[Any, Any, list[Any]]:
    if len(picks) == len(sources):
        return field.complete(run, sources, trail)
    return field.complete(run, [sources[i] for i in picks], Picked(trail, picks))


def _begun(
    fields: list[Field], picks: Sequence[int], run: Run, sources: list[Any], trail: Trail
) -> list[Waiting]:
    return [(field, picks, _complete(field, picks, run, sources, trail)) for field in fields]


async def _done(waiting: list[Waiting]) -> list[Column]:
    done = await all_of([promise for _, _, promise in waiting])
    return [(field, picks, column) for (field, picks, _), column in zip(waiting, done, strict=True)]


def _before(order: int, failed: Failed, count: int) -> Sequence[int]:
    """Return those of the sources that had not failed when a field's turn came."""
    if not failed:
        return range(count)
    return [i for i in range(count) if i not in failed or (order > -1 and failed[i] > order)]


def _note(field: Field, picks: Sequence[int], column: list[Any], failed: Failed) -> None:
    for i, value in zip(picks, column, strict=True):
        if value is RAISED:
            failed[i] = field.order


def _fill(objects: list[Any], key: str, picks: Sequence[int], column: list[Any]) -> None:
    for i, value in zip(picks, column, strict=True):
        made = objects[i]
        if value is RAISED:
            objects[i] = RAISED
        elif made is not RAISED:
            made[key] = value


def _generated(
    keys: Sequence[tuple[str, str | None]], readings: Sequence[Reading], names: Namespace
) -> Make:
    """Return the function that reads the leaves of every source.

    A source that is no dictionary, or has a value that is not of the exact type, is left to `slow`.
    """
    texts = {field.key: f"v{n}" for n, (field, _, _) in enumerate(readings)}
    values = {field.key: text for field, _, text in readings}
    shown = ", ".join(f"{key!r}: {values.get(key, repr(typename))}" for key, typename in keys)
    if not readings:
        text = f"def make(sources, slow):\n    return [{{{shown}}} for _ in sources]"
    else:
        reads = "\n                ".join(
            f"{texts[field.key]} = {_read(field, stored)}" for field, stored, _ in readings
        )
        text = TEMPLATE.format(reads=reads, shown=shown)
    # A plain dictionary: Python looks names up far quicker there than in one of our own kind.
    scope: dict[str, Any] = dict(names)
    exec(text, scope)  # noqa: S102 - the text is ours: keys are quoted, values are named
    make: Make = scope["make"]
    return make


def _read(field: Field, stored: str) -> str:
    # What may not be null is there, or the object is read slowly.
    return f"get({stored!r})" if field.nullable else f"source[{stored!r}]"


TEMPLATE = """
def make(sources, slow):
    made = []
    add = made.append
    for source in sources:
        if type(source) is dict:
            try:
                get = source.get
                {reads}
                add({{{shown}}})
                continue
            except Exception:
                pass
        add(slow(source, len(made)))
    return made
"""
