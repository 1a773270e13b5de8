"""Reliability: how often a person kept what was confirmed; late cancels and no-shows tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.db.match_documents import Match, MatchingRules
from app.matching.reputation import fading
from app.matching.states import State
from app.matching.terms import Side


class Ending(StrEnum):
    """What became of a confirmed match, as far as one person answers for it."""

    KEPT = "KEPT"
    LATE_CANCEL = "LATE_CANCEL"
    NO_SHOW = "NO_SHOW"


# How many kept ones it takes to make up for one.
GRAVITY: dict[Ending, float] = {Ending.KEPT: 1.0, Ending.LATE_CANCEL: 1.0, Ending.NO_SHOW: 2.0}
_KEPT = frozenset({State.COMPLETED, State.REVIEWED})


@dataclass(frozen=True, slots=True)
class Reliability:
    """How reliable a person is.

    Attributes:
        score: in [0, 1]; the prior of the space while nothing is known.
        confidence: in [0, 1): how much of the score is evidence.
        kept: how many were completed; `late_cancels` and `no_shows` likewise.
        reasons: the same in words.

    """

    score: float
    confidence: float
    kept: int
    late_cancels: int
    no_shows: int
    reasons: tuple[str, ...]


def reliability(
    person: str, matches: Iterable[Match], rules: MatchingRules, at: datetime
) -> Reliability:
    """Return how reliable a person is at an instant, from their matches; older ones count less.

    Cancelling before the space's limit is free, what is disputed counts when it is resolved, and
    then as the moderators found.
    """
    endings = [
        (ending, fading(match["ended_at"], at, rules))
        for match in matches
        if match["ended_at"] is not None and match["ended_at"] <= at
        if (ending := ending_for(match, person)) is not None
    ]
    good = sum(weight for ending, weight in endings if ending is Ending.KEPT)
    all_in_all = sum(GRAVITY[ending] * weight for ending, weight in endings)
    prior, prior_weight = rules["prior"], rules["prior_weight"]
    count = {one: sum(ending is one for ending, _ in endings) for one in Ending}
    return Reliability(
        score=(prior * prior_weight + good) / (prior_weight + all_in_all),
        confidence=all_in_all / (prior_weight + all_in_all),
        kept=count[Ending.KEPT],
        late_cancels=count[Ending.LATE_CANCEL],
        no_shows=count[Ending.NO_SHOW],
        reasons=_reasons(count, rules),
    )


def ending_for(match: Match, person: str) -> Ending | None:
    """Return what a match says of a person's reliability; None if nothing."""
    sides = {match["need_owner"]: Side.NEED, match["offer_owner"]: Side.OFFER}
    side, state = sides.get(person), State(match["state"])
    if side is None:
        return None
    if state in _KEPT:
        return Ending.KEPT
    if state is State.RESOLVED and match["charged_to"] is None:
        return Ending.KEPT if match["disputed_from"] == State.COMPLETED else None
    if match["charged_to"] != side or state not in {State.CANCELLED, State.NO_SHOW, State.RESOLVED}:
        return None
    if match["disputed_from"] == State.CANCELLED or state is State.CANCELLED:
        return Ending.LATE_CANCEL
    return Ending.NO_SHOW


def _reasons(count: dict[Ending, int], rules: MatchingRules) -> tuple[str, ...]:
    if not any(count.values()):
        return (f"Nothing is known yet: {rules['prior']:.2f} is supposed.",)
    words = {
        Ending.KEPT: "confirmed matches were completed",
        Ending.LATE_CANCEL: "were cancelled late",
        Ending.NO_SHOW: "were missed without a word, or judged so",
    }
    return tuple(f"{number} {words[one]}." for one, number in count.items() if number)
