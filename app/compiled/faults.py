"""Errors of one execution: gathered level by level, told as a depth-first execution tells them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from graphql import FieldNode, GraphQLError, located_error

from app.compiled.trails import Trail


class _Raised(Enum):
    RAISED = "an error, which is recorded, must take the parent along"


RAISED: Final = _Raised.RAISED
Raised = Literal[_Raised.RAISED]


@dataclass(frozen=True, slots=True)
class _Fault:
    # Where it arose, as positions in selections and lists: the order of depth-first execution.
    place: tuple[int, ...]
    # How much of the place is left when the error has bubbled up to something nullable.
    nulled: tuple[int, ...]
    error: GraphQLError


class Faults:
    """The errors of one execution."""

    def __init__(self) -> None:
        self.found: list[_Fault] = []

    def add(self, cause: Exception, nodes: Sequence[FieldNode], trail: Trail, index: int) -> None:
        """Record what went wrong with the value at an index."""
        steps = trail.steps(index)
        error = located_error(cause, list(nodes), [step.key for step in steps])
        place = tuple(step.order for step in steps)
        kept = max((n for n, step in enumerate(steps, 1) if step.nullable), default=0)
        self.found.append(_Fault(place, place[:kept], error))

    def errors(self) -> list[GraphQLError] | None:
        """Return the errors in order, without those below what an earlier one made null."""
        if len(self.found) <= 1:
            return [fault.error for fault in self.found] or None
        nulled: set[tuple[int, ...]] = set()
        told: list[GraphQLError] = []
        for fault in sorted(self.found, key=lambda fault: fault.place):
            above = (fault.nulled[:n] for n in range(len(fault.nulled) + 1))
            if nulled.isdisjoint(above):
                nulled.add(fault.nulled)
                told.append(fault.error)
        return told
