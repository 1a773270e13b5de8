"""Threshold triggers: which values breach, which have recovered, and between which none matters.

Every question is answered from the closed intervals of floats in which a trigger holds. An open
end is written as the neighbouring float, so a value that rests exactly on a threshold (`GT 0` at
0) is on one side only and wakes nobody. Values are finite: what records them sees to that.
"""

import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypedDict

from app.failures import Problem

INFINITY = math.inf
LONGEST_SECONDS = 366 * 86_400
SHORTEST_NO_DATA_AFTER_SECONDS = 1
SHORTEST_REPEAT_EVERY_SECONDS = 60


class Operator(StrEnum):
    """How a value is compared with the threshold."""

    GT = "GT"
    GTE = "GTE"
    LT = "LT"
    LTE = "LTE"
    EQ = "EQ"
    NE = "NE"
    BETWEEN = "BETWEEN"
    OUTSIDE = "OUTSIDE"


class NoDataPolicy(StrEnum):
    """What silence means: a phase of its own, all is well, as it was, or a breach."""

    NO_DATA = "NO_DATA"
    OK = "OK"
    KEEP = "KEEP"
    FIRING = "FIRING"


class Severity(StrEnum):
    """How grave it is, in the words of CAP 1.2."""

    MINOR = "MINOR"
    MODERATE = "MODERATE"
    SEVERE = "SEVERE"
    EXTREME = "EXTREME"


class Threshold(TypedDict):
    """A threshold as stored in its condition; enums may come back from there as plain text.

    `BETWEEN` includes its bounds `value` and `upper`; `OUTSIDE` excludes them. Durations count to
    the millisecond.
    """

    kind: Literal["THRESHOLD"]
    operator: Operator
    value: float
    upper: float | None
    recovery: float | None
    recovery_upper: float | None
    for_seconds: float
    keep_firing_for_seconds: float
    no_data_after_seconds: float | None
    no_data_policy: NoDataPolicy
    repeat_every_seconds: float | None
    severity: Severity


@dataclass(frozen=True, slots=True)
class Span:
    """Where to look again: at or below, at or above; None: never. Between, nothing changes."""

    below: float | None
    above: float | None


Region = tuple[tuple[float, float], ...]


def _next(value: float) -> float:
    return math.nextafter(value, INFINITY)


def _previous(value: float) -> float:
    return math.nextafter(value, -INFINITY)


_BREACH: dict[str, Callable[[float, float], Region]] = {
    Operator.GT: lambda value, _: ((_next(value), INFINITY),),
    Operator.GTE: lambda value, _: ((value, INFINITY),),
    Operator.LT: lambda value, _: ((-INFINITY, _previous(value)),),
    Operator.LTE: lambda value, _: ((-INFINITY, value),),
    Operator.EQ: lambda value, _: ((value, value),),
    Operator.NE: lambda value, _: ((-INFINITY, _previous(value)), (_next(value), INFINITY)),
    Operator.BETWEEN: lambda value, upper: ((value, upper),),
    Operator.OUTSIDE: lambda value, upper: (
        (-INFINITY, _previous(value)),
        (_next(upper), INFINITY),
    ),
}

# Beyond recovery. The recovery values themselves have recovered, whatever the operator.
_BEYOND: dict[str, Callable[[float, float], Region]] = {
    Operator.GT: _BREACH[Operator.GT],
    Operator.GTE: _BREACH[Operator.GT],
    Operator.LT: _BREACH[Operator.LT],
    Operator.LTE: _BREACH[Operator.LT],
    Operator.BETWEEN: lambda value, upper: ((_next(value), _previous(upper)),),
    Operator.OUTSIDE: _BREACH[Operator.OUTSIDE],
}


def _breach(trigger: Threshold) -> Region:
    upper = trigger["upper"]
    return _BREACH[trigger["operator"]](trigger["value"], INFINITY if upper is None else upper)


def _beyond(trigger: Threshold) -> Region:
    recovery, upper = trigger["recovery"], trigger["recovery_upper"]
    if recovery is None:
        return _breach(trigger)
    return _BEYOND[trigger["operator"]](recovery, INFINITY if upper is None else upper)


def breaches(trigger: Threshold, value: float) -> bool:
    """Say whether a value breaches the threshold."""
    return any(low <= value <= high for low, high in _breach(trigger))


def recovered(trigger: Threshold, value: float) -> bool:
    """Say whether a value is at or within the recovery value; without one, is no breach."""
    return not any(low <= value <= high for low, high in _beyond(trigger))


def quiet_span(trigger: Threshold, firing: bool, value: float) -> Span:
    """Return the span around a value in which the answer stays what it is for that value.

    Args:
        trigger: the threshold.
        firing: whether the question is `recovered` (an alert is open) or `breaches`.
        value: the present value.

    """
    below, above = -INFINITY, INFINITY
    for low, high in _beyond(trigger) if firing else _breach(trigger):
        if low <= value <= high:
            below, above = _previous(low), _next(high)
            break
        if high < value:
            below = max(below, high)
        else:
            above = min(above, low)
    return Span(
        below=None if below == -INFINITY else below,
        above=None if above == INFINITY else above,
    )


def problems(trigger: Threshold, path: str = "trigger") -> list[Problem]:
    """Return all that is wrong with a threshold, each with how to mend it; empty if it is sound."""
    found = [*_numbers(trigger), *_bounds(trigger), *_recovery(trigger), *_durations(trigger)]
    return [Problem(f"{path}.{field}", message) for field, message in found]


Found = Iterator[tuple[str, str]]

_TWO_SIDED = (Operator.BETWEEN, Operator.OUTSIDE)


def _numbers(trigger: Threshold) -> Found:
    numbers = {
        "value": trigger["value"],
        "upper": trigger["upper"],
        "recovery": trigger["recovery"],
        "recovery_upper": trigger["recovery_upper"],
    }
    for field, number in numbers.items():
        if number is not None and not math.isfinite(number):
            yield field, "Give a finite number."


def _bounds(trigger: Threshold) -> Found:
    kind, value, upper = trigger["operator"], trigger["value"], trigger["upper"]
    if kind not in _TWO_SIDED:
        if upper is not None:
            yield "upper", f"{kind} has no upper bound. Leave it out, or use BETWEEN or OUTSIDE."
    elif upper is None:
        yield "upper", f"{kind} needs the upper end of its range. Give one greater than {value:g}."
    elif upper <= value:
        yield "upper", f"The upper end must be greater than the value. Give more than {value:g}."


def _recovery(trigger: Threshold) -> Found:
    kind, recovery, upper = trigger["operator"], trigger["recovery"], trigger["recovery_upper"]
    if kind in (Operator.EQ, Operator.NE):
        for field, number in (("recovery", recovery), ("recovery_upper", upper)):
            if number is not None:
                yield field, f"{kind} has no recovery value. Leave it out."
    elif kind in _TWO_SIDED:
        yield from _recovery_of_range(trigger)
    else:
        if recovery is not None:
            yield from _on_safe_side(trigger, "recovery", recovery)
        if upper is not None:
            yield "recovery_upper", f"{kind} recovers on one side only. Leave it out."


def _recovery_of_range(trigger: Threshold) -> Found:
    recovery, upper = trigger["recovery"], trigger["recovery_upper"]
    if recovery is not None:
        yield from _on_safe_side(trigger, "recovery", recovery)
    elif upper is not None:
        yield "recovery", "A range recovers on both sides. Give this one as well, or neither."
    if upper is not None:
        yield from _on_safe_side(trigger, "recovery_upper", upper)
    elif recovery is not None:
        yield "recovery_upper", "A range recovers on both sides. Give this one as well, or neither."
    if recovery is not None and upper is not None and upper < recovery:
        yield "recovery_upper", f"The band is upside down. Give at least {recovery:g}."


# (operator, field): the bound it is held against, what it must not be, and what to give instead.
_SAFE_SIDE: dict[
    tuple[str, str],
    tuple[Literal["value", "upper"], Callable[[float, float], bool], str],
] = {
    (Operator.GT, "recovery"): ("value", operator.gt, "at most"),
    (Operator.GTE, "recovery"): ("value", operator.ge, "less than"),
    (Operator.LT, "recovery"): ("value", operator.lt, "at least"),
    (Operator.LTE, "recovery"): ("value", operator.le, "more than"),
    (Operator.BETWEEN, "recovery"): ("value", operator.ge, "less than"),
    (Operator.BETWEEN, "recovery_upper"): ("upper", operator.le, "more than"),
    (Operator.OUTSIDE, "recovery"): ("value", operator.lt, "at least"),
    (Operator.OUTSIDE, "recovery_upper"): ("upper", operator.gt, "at most"),
}


def _on_safe_side(trigger: Threshold, field: str, number: float) -> Found:
    against, wrong, instead = _SAFE_SIDE[trigger["operator"], field]
    bound = trigger[against]
    if bound is not None and wrong(number, bound):
        yield field, f"Recovery lies on the safe side of the threshold. Give {instead} {bound:g}."


def _durations(trigger: Threshold) -> Found:
    durations: tuple[tuple[str, float | None, int], ...] = (
        ("for_seconds", trigger["for_seconds"], 0),
        ("keep_firing_for_seconds", trigger["keep_firing_for_seconds"], 0),
        (
            "no_data_after_seconds",
            trigger["no_data_after_seconds"],
            SHORTEST_NO_DATA_AFTER_SECONDS,
        ),
        ("repeat_every_seconds", trigger["repeat_every_seconds"], SHORTEST_REPEAT_EVERY_SECONDS),
    )
    for field, seconds, least in durations:
        if seconds is not None and not least <= seconds <= LONGEST_SECONDS:
            yield field, f"Give from {least} to {LONGEST_SECONDS} seconds (366 days)."
