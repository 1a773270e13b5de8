"""Who sees a thread, and whether they see who asked: one table, and the filter that means it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.broking.states import State
from app.broking.tables import cells
from app.broking.words import Tier
from app.db.thread_documents import Thread


class Look(StrEnum):
    """How somebody sees a thread, the least first."""

    ABSENT = "ABSENT"
    PSEUDONYM = "PSEUDONYM"
    NAME = "NAME"


class Position(StrEnum):
    """How a viewer stands to a thread; somebody can have several, and sees what the best sees."""

    ANONYMOUS = "ANONYMOUS"
    STRANGER = "STRANGER"
    SEEKER = "SEEKER"
    EXPERT = "EXPERT"
    INVITED = "INVITED"
    ASKER = "ASKER"
    MODERATOR = "MODERATOR"
    OPERATOR = "OPERATOR"
    CALLED_OPERATOR = "CALLED_OPERATOR"  # the operator, once nobody else answered


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Somebody who looks, with the standing of this moment; nobody known if `person` is None."""

    person: str | None = None
    is_operator: bool = False
    seeks_in: frozenset[str] = field(default_factory=frozenset)
    expert_in: frozenset[str] = field(default_factory=frozenset)
    moderates: frozenset[str] = field(default_factory=frozenset)


# A seeker sees a pseudonym: where anybody may join, fellow seekers are the public. Moderators and
# operators stay out of what is for experts or for two; the operator to whom a thread came, as the
# last who can find somebody, reads it without the name.
TABLE = """
                | PUBLIC    | SPACE     | EXPERTS_ONLY | PAIR
ANONYMOUS       | PSEUDONYM | ABSENT    | ABSENT       | ABSENT
STRANGER        | PSEUDONYM | ABSENT    | ABSENT       | ABSENT
SEEKER          | PSEUDONYM | PSEUDONYM | ABSENT       | ABSENT
EXPERT          | NAME      | NAME      | NAME         | ABSENT
INVITED         | NAME      | NAME      | NAME         | NAME
ASKER           | NAME      | NAME      | NAME         | NAME
MODERATOR       | NAME      | NAME      | ABSENT       | ABSENT
OPERATOR        | NAME      | NAME      | ABSENT       | ABSENT
CALLED_OPERATOR | NAME      | NAME      | PSEUDONYM    | PSEUDONYM
"""


MATRIX: Mapping[tuple[Position, Tier], Look] = {
    (Position(row), Tier(tier)): Look(cell) for row, tier, cell in cells(TABLE)
}
LOOKS = tuple(Look)


def positions(thread: Thread, onlooker: Onlooker) -> frozenset[Position]:
    """Return every position that somebody has towards a thread.

    An invitation counts only for an expert of the space: whoever leaves the group loses it.
    """
    person, space = onlooker.person, thread["space"]
    if person is None:
        return frozenset({Position.ANONYMOUS})
    is_expert = space in onlooker.expert_in
    holds = {
        Position.STRANGER: True,
        Position.SEEKER: space in onlooker.seeks_in,
        Position.EXPERT: is_expert,
        Position.INVITED: is_expert and person in thread["invited"],
        Position.ASKER: person == thread["asker"],
        Position.MODERATOR: space in onlooker.moderates,
        Position.OPERATOR: onlooker.is_operator,
        Position.CALLED_OPERATOR: onlooker.is_operator and thread["escalated_at"] is not None,
    }
    return frozenset(position for position, held in holds.items() if held)


def look(thread: Thread, onlooker: Onlooker) -> Look:
    """Return how somebody sees a thread of a space that they may read.

    What was withdrawn is there for its asker alone. Whether the space itself may be read is asked
    before, by the permission matrix: a PUBLIC thread is no more public than its space.
    """
    found = positions(thread, onlooker)
    if thread["state"] == State.WITHDRAWN and Position.ASKER not in found:
        return Look.ABSENT
    tier = Tier(thread["visibility"])
    return max((MATRIX[position, tier] for position in found), key=LOOKS.index)


def asker_shown(thread: Thread, onlooker: Onlooker) -> str | None:
    """Return the id of the asker if somebody may know it; None: show the pseudonym."""
    return thread["asker"] if look(thread, onlooker) is Look.NAME else None


def filter_for(onlooker: Onlooker) -> dict[str, Any]:
    """Return the MongoDB filter of exactly the threads that `look` does not call ABSENT.

    Every list, search, count and live item of threads goes through it. Whoever asks adds the
    spaces that the onlooker may read.
    """
    ways: list[dict[str, Any]] = [
        {"state": {"$ne": State.WITHDRAWN.value}, **where, "visibility": {"$in": tiers}}
        for position, where in _ways(onlooker)
        if (tiers := [tier.value for tier in Tier if MATRIX[position, tier] is not Look.ABSENT])
    ]
    if onlooker.person is not None:
        ways.append({"asker": onlooker.person})
    return {"$or": ways}


def _ways(onlooker: Onlooker) -> list[tuple[Position, dict[str, Any]]]:
    """Return the positions that somebody can have, each with what a thread must be for it."""
    person = onlooker.person
    if person is None:
        return [(Position.ANONYMOUS, {})]
    ways: list[tuple[Position, dict[str, Any]]] = [(Position.STRANGER, {})]
    if onlooker.seeks_in:
        ways.append((Position.SEEKER, _in(onlooker.seeks_in)))
    if onlooker.expert_in:
        ways.append((Position.EXPERT, _in(onlooker.expert_in)))
        ways.append((Position.INVITED, _in(onlooker.expert_in) | {"invited": person}))
    if onlooker.moderates:
        ways.append((Position.MODERATOR, _in(onlooker.moderates)))
    if onlooker.is_operator:
        ways.append((Position.OPERATOR, {}))
        ways.append((Position.CALLED_OPERATOR, {"escalated_at": {"$ne": None}}))
    return ways


def _in(spaces: frozenset[str]) -> dict[str, Any]:
    return {"space": {"$in": sorted(spaces)}}
