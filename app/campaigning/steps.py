"""What the lives of campaigns and of support have in common: rows of a table, steps, refusals."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar


class Cause(StrEnum):
    """Why a deed is refused.

    STATE, TWICE, EARLY and LATE are of the thing as it is; ACTOR and LACKING of what somebody
    would need; VALUE of what was said with the deed.
    """

    STATE = "STATE"
    ACTOR = "ACTOR"
    EARLY = "EARLY"
    LATE = "LATE"
    TWICE = "TWICE"
    LACKING = "LACKING"
    VALUE = "VALUE"


class Objection(NamedTuple):
    """What speaks against a deed; `about` names what is lacking, or the value that will not do."""

    cause: Cause
    sentence: str
    about: str = ""


class Row(NamedTuple):
    """One row of a table: the states that a deed can lead to, the usual one first; whose it is."""

    to: tuple[StrEnum, ...]
    by: AbstractSet[StrEnum]


@dataclass(frozen=True, slots=True)
class Step:
    """The state that a deed leads to, and the fields that it changes, the state among them."""

    state: StrEnum
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """That a deed is not possible: why, in the state that was found, and what it is about."""

    cause: Cause
    found: StrEnum
    sentence: str
    about: str = ""


S = TypeVar("S", bound=StrEnum)
D = TypeVar("D", bound=StrEnum)


def row(table: Mapping[tuple[S, D], Row], found: S, deed: D, actor: StrEnum) -> Row | Refused:
    """Return the row of a deed in the state found, or why there is none for this actor."""
    one = table.get((found, deed))
    if one is None:
        return Refused(Cause.STATE, found, f"{verb(deed)} is not possible: it is {found}.")
    if actor not in one.by:
        who = ", ".join(sorted(one.by))
        return Refused(Cause.ACTOR, found, f"{verb(deed)} in {found} is for: {who}.", who)
    return one


def refused(found: StrEnum, objection: Objection) -> Refused:
    """Return the refusal that an objection makes in the state found."""
    return Refused(objection.cause, found, objection.sentence, objection.about)


def verb(deed: StrEnum) -> str:
    """Return a deed as a sentence begins with it."""
    return deed.replace("_", " ").capitalize()


def can_be(outcome: Step | Refused) -> bool:
    """Say whether a deed is possible, if need be with other values than were given."""
    return isinstance(outcome, Step) or outcome.cause is Cause.VALUE
