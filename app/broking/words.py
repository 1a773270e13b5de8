"""The words of the knowledge broker, as documents keep them, and what somebody lacks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

DIGITS = 9  # of a score: what two machines agree on


class Side(StrEnum):
    """The two groups of a space."""

    SEEKERS = "SEEKERS"
    EXPERTS = "EXPERTS"


class Direction(StrEnum):
    """Which way advice flows: from experts to seekers only, or both ways."""

    SEEKERS_TO_EXPERTS = "SEEKERS_TO_EXPERTS"
    MUTUAL = "MUTUAL"


class Joining(StrEnum):
    """How somebody becomes one of the experts of a space."""

    FREELY = "FREELY"
    BY_MODERATOR = "BY_MODERATOR"


class Kind(StrEnum):
    """What is asked: something that many could ask, or somebody's own case."""

    QUESTION = "QUESTION"
    CASE = "CASE"


class Behalf(StrEnum):
    """On whose behalf somebody asks."""

    SELF = "SELF"
    RELATIVE = "RELATIVE"
    OTHER = "OTHER"


class Presence(StrEnum):
    """Whether a trait of a case is there."""

    PRESENT = "PRESENT"
    ABSENT = "ABSENT"
    UNKNOWN = "UNKNOWN"


class Tier(StrEnum):
    """Who sees a thread: everybody, its space, experts and the asker, or the two of a pair."""

    PUBLIC = "PUBLIC"
    SPACE = "SPACE"
    EXPERTS_ONLY = "EXPERTS_ONLY"
    PAIR = "PAIR"


class Act(StrEnum):
    """What a reply does: it advises, or it asks for or gives what was unclear."""

    ADVICE = "ADVICE"
    CLARIFY = "CLARIFY"


class Basis(StrEnum):
    """What a reply rests on."""

    EXPERIENCE = "EXPERIENCE"
    EXPERTISE = "EXPERTISE"


class Level(StrEnum):
    """How well founded somebody's expertise is, the least first."""

    SELF_DECLARED = "SELF_DECLARED"
    ENDORSED = "ENDORSED"
    VERIFIED = "VERIFIED"


class Purpose(StrEnum):
    """What consent is given for."""

    RESEARCH = "RESEARCH"
    TEACHING = "TEACHING"
    PUBLICATION = "PUBLICATION"


class Code(StrEnum):
    """How a program tells one lack from another."""

    WRONG_DIRECTION = "WRONG_DIRECTION"
    NOT_ALLOWED = "NOT_ALLOWED"
    CONFLICT = "CONFLICT"


class Followed(StrEnum):
    """What somebody can follow."""

    THREAD = "THREAD"
    TAG = "TAG"
    SUBJECT = "SUBJECT"


@dataclass(frozen=True, slots=True)
class Lack:
    """Why something cannot be done.

    Attributes:
        code: what a program goes by.
        message: a sentence for a person.
        missing: what somebody would need to be or to have; empty if nothing would help.
        points: how many points of reputation are missing, None if it is not points.

    """

    code: Code
    message: str
    missing: str = ""
    points: float | None = None


def conflict(message: str) -> Lack:
    """Return that a thing does not stand as a deed needs it to."""
    return Lack(Code.CONFLICT, message)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: its value in [0, 1], None if nothing is known; and its weight."""

    value: float | None
    weight: float


def share(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Return parts with weights as shares, which add up to 1 over the parts that are known.

    A part about which nothing is known gets no share, so the parts explain the score by themselves.
    """
    total = math.fsum(part.weight for part in parts.values() if part.value is not None)
    return {
        name: Part(part.value, part.weight / total if total and part.value is not None else 0.0)
        for name, part in parts.items()
    }


def score_of(parts: Mapping[str, Part]) -> float:
    """Return the weighted mean of shared-out parts, in [0, 1], to 9 digits; 0 if none is known."""
    total = math.fsum(part.weight * (part.value or 0.0) for part in parts.values())
    return round(min(1.0, max(0.0, total)), DIGITS)
