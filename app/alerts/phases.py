"""The words of the state machine: phases, reasons, what an instance remembers, its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Phase(StrEnum):
    """Where an instance stands."""

    NORMAL = "NORMAL"
    PENDING = "PENDING"
    FIRING = "FIRING"
    RECOVERING = "RECOVERING"
    NO_DATA = "NO_DATA"
    ERROR = "ERROR"


class Reason(StrEnum):
    """Why somebody is told."""

    FIRST = "FIRST"
    REPEAT = "REPEAT"
    RESOLVED = "RESOLVED"
    NO_DATA = "NO_DATA"
    DATA_RESUMED = "DATA_RESUMED"
    ERROR = "ERROR"
    RULE_CHANGED = "RULE_CHANGED"
    SEVERITY_RAISED = "SEVERITY_RAISED"
    ESCALATION = "ESCALATION"
    CORRECTION = "CORRECTION"
    TEST = "TEST"
    DIGEST = "DIGEST"


ALERTING = frozenset({Phase.FIRING, Phase.RECOVERING})
BLIND = frozenset({Phase.NO_DATA, Phase.ERROR})


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of the series that the instance watches, and when it was measured."""

    at: datetime
    value: float


_KINDS: dict[str, Any] = {
    "since": datetime,
    "watched_since": datetime,
    "alerts_opened": int,
    "told_at": datetime | None,
    "repeats": int,
    "frozen_at": datetime | None,
    "failures": int,
}


@dataclass(frozen=True, slots=True)
class State:
    """All that an instance remembers.

    Attributes:
        phase: where it stands.
        since: when it came there.
        watched_since: when watching began, moved on by pauses; silence counts from here at least.
        alerts_opened: how many alerts there have been; the number of the latest.
        phase_before: FIRING or RECOVERING, if NO_DATA or ERROR came over an open alert.
        no_data_told: whether NO_DATA was told and the end of the silence was not.
        told_at: when the last notice to subscribers was due; REPEAT counts from here.
        repeats: how many intervals of REPEAT the latest alert has seen.
        acknowledged: whether somebody took the latest alert on, which stops REPEAT.
        frozen_at: when it was paused, if it is.
        failures: how many evaluations in a row have failed.

    """

    phase: Phase
    since: datetime
    watched_since: datetime
    alerts_opened: int = 0
    phase_before: Phase | None = None
    no_data_told: bool = False
    told_at: datetime | None = None
    repeats: int = 0
    acknowledged: bool = False
    frozen_at: datetime | None = None
    failures: int = 0

    @classmethod
    def fresh(cls, at: datetime) -> Self:
        """Return the state of an instance that is watched from this instant on."""
        return cls(phase=Phase.NORMAL, since=at, watched_since=at)

    @property
    def alert_open(self) -> bool:
        """Whether an alert is open; its number is `alerts_opened`."""
        return self.phase in ALERTING or self.phase_before is not None

    def to_document(self) -> dict[str, Any]:
        """Return the state as MongoDB keeps it, with `alert_open` for queries."""
        document = {field.name: getattr(self, field.name) for field in fields(self)}
        before = self.phase_before
        document["phase"] = self.phase.value
        document["phase_before"] = None if before is None else before.value
        return document | {"alert_open": self.alert_open}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the state that `to_document` wrote, whatever else the document holds.

        Raises:
            TypeError, KeyError, ValueError: it did not write this.

        """
        known = {field.name: document[field.name] for field in fields(cls)}
        for name, kind in _KINDS.items():
            if not isinstance(known[name], kind):
                raise TypeError(f"{name} is {known[name]!r}")
        before = known["phase_before"]
        known["phase"] = Phase(known["phase"])
        known["phase_before"] = None if before is None else Phase(before)
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Transition:
    """One entry of an instance's timeline.

    Attributes:
        at: when it was due.
        value: the value that caused it or stood at the time; None if there was none.
        before: the phase that was left.
        after: the phase that was entered; the same for REPEAT.
        reason: why somebody is to be told, or None if nobody is.
        opens: whether an alert opens.
        closes: whether an alert closes.
        ordinal: the number of the alert concerned, from 1; 0 if none is.

    """

    at: datetime
    value: float | None
    before: Phase
    after: Phase
    reason: Reason | None
    opens: bool
    closes: bool
    ordinal: int
