"""Enums of the lower rooms, as the client sees them: each value with what it means."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry

from app.alerts.phases import Phase, Reason
from app.alerts.triggers import NoDataPolicy, Operator, Severity
from app.auth.roles import Openness, Role, Scope
from app.resolvers.live import DiscontinuityCause

__all__ = [
    "DiscontinuityCause",
    "NoDataPolicy",
    "Openness",
    "Operator",
    "Phase",
    "Reason",
    "Role",
    "Scope",
    "Severity",
]


def declare(enum: type[Enum], description: str, *, name: str | None = None, **values: str) -> None:
    """Show an enum, with a description for each of its values."""
    strawberry.enum(enum, name=name, description=description)
    definition: Any = enum.__dict__["__strawberry_definition__"]
    for value in definition.values:
        value.description = values[value.name]


def values_of(given: Sequence[Enum] | None) -> list[str] | None:
    """Return words as the resolvers take them; None if none are named."""
    return None if given is None else [one.value for one in given]


declare(
    Openness,
    "Who finds and reads a space.",
    OPEN="Everybody finds it and reads what is in it; who is signed in may join.",
    MEMBERS="Everybody finds it; only its members read what is in it.",
    HIDDEN="Only its members know that it exists.",
)
declare(
    Role,
    "What a person is in a space; each role can do what the ones before it can.",
    MEMBER="Takes part.",
    MODERATOR="Looks after what is in it: series, observations, open alerts.",
    OWNER="Looks after the space itself: texts, roles, API keys.",
)
declare(
    Scope,
    "What an API key may be used for.",
    OBSERVATIONS_WRITE="To create series and to record observations.",
    OBSERVATIONS_READ="To read series and their observations.",
)
declare(
    Operator,
    "How a value is compared with the threshold.",
    GT="Greater than.",
    GTE="Greater than or equal.",
    LT="Less than.",
    LTE="Less than or equal.",
    EQ="Equal.",
    NE="Not equal.",
    BETWEEN="Within `value` and `upper`, both included.",
    OUTSIDE="Below `value` or above `upper`.",
)
declare(
    NoDataPolicy,
    "What silence means.",
    NO_DATA="It is told as such.",
    OK="All is well: an open alert closes.",
    KEEP="Nothing: all stays as it was.",
    FIRING="A breach: an alert opens.",
)
declare(
    Severity,
    "How grave it is, in the words of CAP 1.2.",
    MINOR="Little or no threat to life or property.",
    MODERATE="Possible threat to life or property.",
    SEVERE="Significant threat to life or property.",
    EXTREME="Extraordinary threat to life or property.",
)
declare(
    Phase,
    "Where an instance stands.",
    name="AlertPhase",
    NORMAL="The condition is not met.",
    PENDING="It is met, but not yet for long enough.",
    FIRING="It is met: an alert is open.",
    RECOVERING="The value is back, but not yet for long enough.",
    NO_DATA="Nothing was heard for too long.",
    ERROR="It could not be evaluated, several times in a row.",
)
declare(
    Reason,
    "Why somebody is told.",
    name="NoticeReason",
    FIRST="An alert has opened.",
    REPEAT="It is still open, and nobody has acknowledged it.",
    RESOLVED="It is over.",
    NO_DATA="Nothing was heard for too long.",
    DATA_RESUMED="Something was heard again.",
    ERROR="Your rule could not be evaluated.",
    RULE_CHANGED="It closed because its rule was changed or taken back.",
    SEVERITY_RAISED="It became graver.",
    ESCALATION="Nobody before you has answered.",
    CORRECTION="What was told before was wrong.",
    TEST="Only a test.",
    DIGEST="Several notices in one.",
)
declare(
    DiscontinuityCause,
    "Why a part of history is gone.",
    HISTORY_TRIMMED="It was older than the server keeps.",
    RIGHTS_CHANGED="For a while it was not for you to see.",
)
