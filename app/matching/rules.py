"""The rules by which a space matches: what holds unless it says otherwise, and what is unsound."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from app.db.match_documents import MatchingRules
from app.failures import Problem
from app.matching.terms import Part

DEFAULTS = MatchingRules(
    weights={
        Part.CATEGORY: 3.0,
        Part.SKILLS: 2.0,
        Part.DISTANCE: 2.0,
        Part.TIME: 2.0,
        Part.LANGUAGE: 1.0,
        Part.REPUTATION: 1.0,
    },
    least_score=0.2,
    most_candidates=50,
    shortlist=100,
    far_metres=5_000,
    grid_metres=1_000,
    answer_hours=72,
    hold_minutes=120,
    cancel_limit_hours=24,
    review_days=14,
    low_rating=1,
    prior=0.6,
    prior_weight=4,
    half_life_days=365,
    repeat_share=0.5,
    long_term_trust=0.5,
)
_RANGES: dict[str, tuple[float, float]] = {
    "least_score": (0, 1),
    "most_candidates": (1, 500),
    "shortlist": (1, 1_000),
    "far_metres": (1, 20_100_000),
    "grid_metres": (10, 100_000),
    "answer_hours": (1, 8_784),
    "hold_minutes": (1, 10_080),
    "cancel_limit_hours": (0, 8_784),
    "review_days": (1, 366),
    "low_rating": (0, 5),
    "prior": (0, 1),
    "prior_weight": (0.1, 1_000),
    "half_life_days": (1, 36_600),
    "repeat_share": (0, 1),
    "long_term_trust": (0, 1),
}


def rules_of(stored: Mapping[str, Any] | None) -> MatchingRules:
    """Return a space's rules, with the defaults where it says nothing."""
    given: Any = DEFAULTS | dict(stored or {})
    return given  # type: ignore[no-any-return]


def shares(weights: Mapping[str, float]) -> dict[Part, float]:
    """Return how much each part counts, summing to 1; a part that is not named counts nothing.

    Raises:
        ValueError: no part has any weight; `problems` finds this before it is stored.

    """
    given = {part: float(weights.get(part, 0)) for part in Part}
    total = math.fsum(given.values())
    if not total > 0:
        raise ValueError("no part of the score has any weight")
    return {part: weight / total for part, weight in given.items()}


def problems(rules: MatchingRules, path: str = "matching") -> list[Problem]:
    """Return all that is wrong with a space's rules, each with how to mend it."""
    return [Problem(f"{path}.{field}", message) for field, message in _found(rules)]


def _found(rules: MatchingRules) -> Iterator[tuple[str, str]]:
    for part, weight in rules["weights"].items():
        if part not in set(Part):
            yield f"weights.{part}", f"There is no such part. Use {', '.join(Part)}."
        elif not (math.isfinite(weight) and 0 <= weight <= 1_000):  # noqa: PLR2004 -- said below
            yield f"weights.{part}", "Give a weight from 0 to 1000."
    if not any(rules["weights"].get(part, 0) > 0 for part in Part):
        yield "weights", "Give at least one part some weight."
    values: Mapping[str, Any] = rules
    for field, (least, most) in _RANGES.items():
        if not least <= values[field] <= most:
            yield field, f"Give {least:g} to {most:g}."
