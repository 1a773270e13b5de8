"""Where a value stands in the answer: worked out only for values that failed."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Step(NamedTuple):
    """One step on the way from the root to a value."""

    order: int
    key: str | int
    nullable: bool


class Trail(Protocol):
    """Knows the way to each value of a list that is completed at once."""

    def steps(self, index: int) -> list[Step]:
        """Return the way to the value at an index."""


class Root:
    """The root object of an operation, which nothing leads to."""

    def steps(self, index: int) -> list[Step]:  # noqa: ARG002 - there is but one root
        """Return the way to the root: none."""
        return []


class Down:
    """The values of one field, one for each parent."""

    __slots__ = ("_parents", "_step")

    def __init__(self, parents: Trail, step: Step) -> None:
        self._parents = parents
        self._step = step

    def steps(self, index: int) -> list[Step]:
        """Return the way to the field's value of the parent at an index."""
        return [*self._parents.steps(index), self._step]


class Within:
    """The items of several lists, laid end to end."""

    __slots__ = ("_lengths", "_lists", "_nullable")

    def __init__(self, lists: Trail, lengths: Sequence[int], *, nullable: bool) -> None:
        self._lists = lists
        self._lengths = lengths
        self._nullable = nullable

    def steps(self, index: int) -> list[Step]:
        """Return the way to the item at an index of the whole."""
        for which, length in enumerate(self._lengths):
            if index < length:
                return [*self._lists.steps(which), Step(index, index, self._nullable)]
            index -= length
        raise IndexError(index)


class Picked:
    """Some of the values, such as those that are not null."""

    __slots__ = ("_all", "_picks")

    def __init__(self, all: Trail, picks: Sequence[int]) -> None:
        self._all = all
        self._picks = picks

    def steps(self, index: int) -> list[Step]:
        """Return the way to a picked value."""
        return self._all.steps(self._picks[index])
