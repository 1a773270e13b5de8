"""Reputation: what reviews vouch for, how surely, and why; unknown is not bad.

A mean with a prior (P. D. Hoff, "A First Course in Bayesian Statistical Methods", 2009, 5.3):
what is supposed of a stranger counts as so many reviews, and gives way as evidence comes. Evidence
fades with time. Reviews that are not independent of each other count less and less: the second,
third, … between the same two people, and those of people who know each other (as in a ring that
praises itself), of whom the n-th counts one n-th.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db.match_documents import MatchingRules, Review

LOWEST_RATING, HIGHEST_RATING = 1, 5
RING_STEPS = 2
FULL_WEIGHT = 0.995

Ties = Mapping[str, AbstractSet[str]]


@dataclass(frozen=True, slots=True)
class Reputation:
    """What is known of a person, in one category or in all.

    Attributes:
        score: in [0, 1]; the prior of the space while nothing is known.
        trust: in [0, 1]: what the evidence alone vouches for; None while there is none.
        confidence: in [0, 1): how much of the score is evidence and not supposition.
        count: how many reviews there are, before anything is discounted.
        evidence: how many full reviews they are worth.
        reasons: all of it in words, the most telling first.

    """

    score: float
    trust: float | None
    confidence: float
    count: int
    evidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """One review with what it counts: the product of the three factors, each in [0, 1]."""

    review: Review
    age: float
    repeat: float
    ring: float

    @property
    def weight(self) -> float:
        """Return what it counts, in full reviews."""
        return self.age * self.repeat * self.ring

    @property
    def value(self) -> float:
        """Return the rating in [0, 1]."""
        return (self.review["rating"] - LOWEST_RATING) / (HIGHEST_RATING - LOWEST_RATING)


def reputation(
    reviews: Iterable[Review],
    ties: Ties,
    rules: MatchingRules,
    at: datetime,
    category: str | None = None,
) -> Reputation:
    """Return what reviews of one person vouch for.

    Args:
        reviews: those of this person, from completed and reviewed matches; hidden ones, and those
            of the future, are passed over.
        ties: with whom each of the reviewers has been in reviewed matches, and these in turn.
        rules: those of the space (prior, half-life, repeats).
        at: the instant for which it is asked.
        category: only reviews in this one; None: in all.

    """
    weighed = weigh(
        [one for one in reviews if _counts(one, at) and category in {None, one["category"]}],
        ties,
        rules,
        at,
    )
    evidence = sum(one.weight for one in weighed)
    praise = sum(one.weight * one.value for one in weighed)
    prior, prior_weight = rules["prior"], rules["prior_weight"]
    return Reputation(
        score=(prior * prior_weight + praise) / (prior_weight + evidence),
        trust=praise / (prior_weight + evidence) if weighed else None,
        confidence=evidence / (prior_weight + evidence),
        count=len(weighed),
        evidence=evidence,
        reasons=_reasons(weighed, rules, category),
    )


def weigh(
    reviews: Sequence[Review], ties: Ties, rules: MatchingRules, at: datetime
) -> list[Weighed]:
    """Return what each review counts, the latest first."""
    latest_first = sorted(reviews, key=lambda one: (one["written_at"], one["_id"]), reverse=True)
    rings = _ring_factors(latest_first, ties)
    seen: defaultdict[str, int] = defaultdict(int)
    weighed = []
    for review in latest_first:
        reviewer = review["reviewer"]
        weighed.append(
            Weighed(
                review=review,
                age=fading(review["written_at"], at, rules),
                repeat=rules["repeat_share"] ** seen[reviewer],
                ring=rings[reviewer],
            )
        )
        seen[reviewer] += 1
    return weighed


def fading(then: datetime, at: datetime, rules: MatchingRules) -> float:
    """Return what evidence counts after a time: a half after each half-life."""
    return float(0.5 ** (max(at - then, timedelta(0)) / timedelta(days=rules["half_life_days"])))


def _counts(review: Review, at: datetime) -> bool:
    return review["shown_at"] is not None and review["shown_at"] <= at


def _ring_factors(latest_first: Sequence[Review], ties: Ties) -> dict[str, float]:
    """Return for each reviewer 1 over their place among those reviewers whom they know.

    Two know each other if at most `RING_STEPS` matches lead from one to the other without the
    person who is reviewed: this finds rings of up to four.
    """
    reviewers = list(dict.fromkeys(review["reviewer"] for review in latest_first))
    subjects = {review["subject"] for review in latest_first}
    groups = _groups(reviewers, subjects, ties)
    return {one: 1 / (place + 1) for group in groups for place, one in enumerate(group)}


def _groups(reviewers: Sequence[str], without: set[str], ties: Ties) -> list[list[str]]:
    """Return the reviewers in groups of those who know each other, directly or by others."""
    left, groups = dict.fromkeys(reviewers), list[list[str]]()
    while left:
        group, fresh = set[str](), {next(iter(left))}
        while fresh:
            group |= fresh
            known = set().union(*(_around(one, without, ties) for one in fresh))
            fresh = (known & left.keys()) - group
        groups.append([one for one in reviewers if one in group])
        for one in group:
            del left[one]
    return groups


def _around(person: str, without: set[str], ties: Ties) -> set[str]:
    """Return who can be reached from a person in a few steps, not by those left out."""
    seen = edge = {person}
    for _ in range(RING_STEPS):
        edge = set().union(*(ties.get(one, frozenset()) for one in edge)) - seen - without
        seen = seen | edge
    return seen


def _reasons(
    weighed: Sequence[Weighed], rules: MatchingRules, category: str | None
) -> tuple[str, ...]:
    where = "" if category is None else f" in {category}"
    prior = f"{rules['prior']:.2f}"
    if not weighed:
        return (
            f"Nothing is known{where} yet: {prior} is supposed, which is neither good nor bad.",
        )
    mean = sum(one.review["rating"] for one in weighed) / len(weighed)
    evidence = sum(one.weight for one in weighed)
    reasons = [
        f"{len(weighed)} reviews{where}, {mean:.1f} of {HIGHEST_RATING} on average.",
        f"They are worth {evidence:.1f} full ones; {rules['prior_weight']:g} suppose {prior}.",
    ]
    counted = {
        "are older and count less": sum(one.age < FULL_WEIGHT for one in weighed),
        "are repeated ones of the same person": sum(one.repeat < 1 for one in weighed),
        "come from people who know each other": sum(one.ring < 1 for one in weighed),
    }
    reasons += [f"{count} {what}." for what, count in counted.items() if count]
    return tuple(reasons)
