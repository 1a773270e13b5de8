"""Reputation in one subject: evidence added up by the space's table, capped by day, and explained.

A score is a function of the evidence that stands, whatever the order in which it came or what
stood there in between. So undoing needs no arithmetic: with the evidence gone, the score is what
it would be if it had never been given, also on a day on which the cap was reached.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.broking.words import Act, Code, Lack, conflict
from app.db.thread_documents import Credit, Reply, ReputationTable, Thread, Vote

GIVERS_FOR_HALF = 5  # different people, at which confidence is one half


class Merit(StrEnum):
    """What can give or take points; the space's table says how many."""

    ADVICE_ACCEPTED = "ADVICE_ACCEPTED"
    ADVICE_UP = "ADVICE_UP"
    ADVICE_DOWN = "ADVICE_DOWN"
    CLARIFY_UP = "CLARIFY_UP"
    CLARIFY_DOWN = "CLARIFY_DOWN"
    ACCEPTED_ADVICE = "ACCEPTED_ADVICE"
    EXPERTISE_ENDORSED = "EXPERTISE_ENDORSED"


class Value(StrEnum):
    """What a vote says."""

    UP = "UP"
    DOWN = "DOWN"


SAID = {
    Merit.ADVICE_ACCEPTED: "advice accepted",
    Merit.ADVICE_UP: "advice voted up",
    Merit.ADVICE_DOWN: "advice voted down",
    Merit.CLARIFY_UP: "clarification voted up",
    Merit.CLARIFY_DOWN: "clarification voted down",
    Merit.ACCEPTED_ADVICE: "accepted somebody's advice",
    Merit.EXPERTISE_ENDORSED: "expertise endorsed",
}
_MERIT_OF = {
    (Act.ADVICE, Value.UP): Merit.ADVICE_UP,
    (Act.ADVICE, Value.DOWN): Merit.ADVICE_DOWN,
    (Act.CLARIFY, Value.UP): Merit.CLARIFY_UP,
    (Act.CLARIFY, Value.DOWN): Merit.CLARIFY_DOWN,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one kind of merit brought: how often, and how many points before the day's cap."""

    merit: Merit
    count: int
    points: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's reputation in one subject of one space.

    Attributes:
        score: in points, never below 0.
        confidence: in [0, 1), by how many different people gave it: n / (n + 5).
        count: how many pieces of evidence stand.
        capped: how many points the daily cap kept back.
        evidence: what each kind of merit brought.
        reasons: the same in sentences.

    """

    score: float
    confidence: float
    count: int
    capped: float
    evidence: list[Evidence]
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a vote changes: merits that the reply's author loses or gains, and the reply's sums."""

    undone: Merit | None
    given: Merit | None
    votes_up: int
    votes_down: int


def standing(credits: Iterable[Credit], table: ReputationTable) -> Standing:
    """Return what the evidence of one person in one subject and space amounts to."""
    held = [credit for credit in credits if credit["undone_at"] is None]
    counts = Counter((credit["at"].date(), Merit(credit["act"])) for credit in held)
    return standing_of_days(counts, len({credit["by"] for credit in held}), table)


def standing_of_days(
    counts: Mapping[tuple[date, Merit], int], givers: int, table: ReputationTable
) -> Standing:
    """Return the same from how often each merit was given on each day (UTC), by how many people."""
    gives, cap = table["gives"], table["daily_cap"]
    gains: dict[date, list[float]] = {}
    losses: list[float] = []
    for (day, merit), count in counts.items():
        points = gives.get(merit, 0.0) * count
        (gains.setdefault(day, []) if points > 0 else losses).append(points)
    earned = [math.fsum(of_day) for of_day in gains.values()]
    kept = [min(of_day, cap) for of_day in earned]
    capped = math.fsum(earned) - math.fsum(kept)
    evidence = [
        Evidence(merit, count, gives.get(merit, 0.0) * count)
        for merit in Merit
        if (count := sum(n for (_, given), n in counts.items() if given is merit))
    ]
    return Standing(
        score=max(0.0, math.fsum(kept + losses)),
        confidence=givers / (givers + GIVERS_FOR_HALF),
        count=sum(counts.values()),
        capped=capped,
        evidence=evidence,
        reasons=_reasons(evidence, givers, capped, table),
    )


def by_subject(credits: Iterable[Credit], table: ReputationTable) -> dict[str, Standing]:
    """Return somebody's standing in each subject of one space; one never counts in another."""
    sorted_out: dict[str, list[Credit]] = {}
    for credit in credits:
        sorted_out.setdefault(credit["subject"], []).append(credit)
    return {subject: standing(of, table) for subject, of in sorted(sorted_out.items())}


def vote(reply: Reply, voter: str, before: Vote | None, value: Value | None) -> Ballot | Lack:
    """Return what changes when somebody's vote on a reply becomes `value`, None for no vote.

    There is one vote a person and reply, which can be changed or taken back; the same again
    changes nothing.
    """
    if voter == reply["author"]:
        return Lack(Code.NOT_ALLOWED, "Nobody votes on their own reply.", "another person")
    old = None if before is None else Value(before["value"])
    act = Act(reply["act"])
    if old is value:
        return Ballot(None, None, 0, 0)
    return Ballot(
        undone=None if old is None else _MERIT_OF[act, old],
        given=None if value is None else _MERIT_OF[act, value],
        votes_up=(value is Value.UP) - (old is Value.UP),
        votes_down=(value is Value.DOWN) - (old is Value.DOWN),
    )


def acceptance(thread: Thread, reply: Reply) -> list[tuple[str, Merit]] | Lack:
    """Return whom accepting a reply credits, with what; undoing takes back just these."""
    if reply["thread"] != thread["_id"] or reply["act"] != Act.ADVICE:
        return conflict("Only advice of this thread can be accepted.")
    return [
        (reply["author"], Merit.ADVICE_ACCEPTED),
        (thread["asker"], Merit.ACCEPTED_ADVICE),
    ]


def _reasons(
    evidence: list[Evidence], givers: int, capped: float, table: ReputationTable
) -> list[str]:
    if not evidence:
        return ["There is no evidence yet: unknown, not bad."]
    cap = table["daily_cap"]
    reasons = [f"{one.count} × {SAID[one.merit]}: {one.points:+g}." for one in evidence]
    reasons.append(f"It came from {givers} different {'person' if givers == 1 else 'people'}.")
    if capped > 0:
        reasons.append(f"{capped:g} points are kept back: a day brings {cap:g} at most.")
    return reasons
