"""What a space decides about its broking: the rules at first, changes, and what is wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.broking.reputation import Merit
from app.broking.words import Direction, Joining, Level, Purpose, Side
from app.db.thread_documents import (
    BrokingRules,
    ConsentText,
    LeastTrust,
    ReputationTable,
    RoutingTimes,
)
from app.failures import Problem

HOUR, DAY = 3_600.0, 86_400.0
LONGEST_SECONDS = 366 * DAY
MOST_ENDORSEMENTS, MOST_EXPERTS, MOST_LOAD = 100, 20, 1_000
MOST_POINTS = 1_000_000.0
WEIGHTS = {
    "similarity_weights": ("text", "facets", "tags", "meaning"),
    "expert_weights": ("subject", "level", "acceptance", "load", "language"),
    "ranking_weights": ("text", "ngrams", "meaning"),
}
TABLES = {"groups", "routing", *WEIGHTS}


def default_rules() -> BrokingRules:
    """Return the rules that a space begins with."""
    return BrokingRules(
        groups={Side.SEEKERS: "seekers", Side.EXPERTS: "experts"},
        direction=Direction.SEEKERS_TO_EXPERTS,
        experts_join=Joining.BY_MODERATOR,
        least_trust=LeastTrust(score=0.0, or_level=None),
        endorsements_needed=3,
        similarity_weights={"text": 0.5, "facets": 0.3, "tags": 0.2, "meaning": 0.3},
        similarity_threshold=0.2,
        expert_weights={
            "subject": 0.35,
            "level": 0.25,
            "acceptance": 0.15,
            "load": 0.15,
            "language": 0.1,
        },
        most_load=10,
        ranking_weights={"text": 1.0, "ngrams": 1.0, "meaning": 1.0},
        routing=RoutingTimes(
            first_seconds=12 * HOUR, expert_seconds=DAY, group_seconds=2 * DAY, most_experts=3
        ),
        reputation=ReputationTable(
            gives={
                Merit.ADVICE_ACCEPTED: 15.0,
                Merit.ADVICE_UP: 5.0,
                Merit.ADVICE_DOWN: -2.0,
                Merit.CLARIFY_UP: 1.0,
                Merit.CLARIFY_DOWN: 0.0,
                Merit.ACCEPTED_ADVICE: 2.0,
                Merit.EXPERTISE_ENDORSED: 5.0,
            },
            daily_cap=100.0,
        ),
        consents={
            Purpose.RESEARCH: ConsentText(
                text="I let researchers of this space use my case, without my name.",
                version=1,
                least_version=1,
            )
        },
        version=1,
    )


def amend(rules: BrokingRules, changes: Mapping[str, Any]) -> BrokingRules:
    """Return a space's rules with these changes: tables line by line, all else as a whole.

    A text of consent that reads otherwise than before is a new version of it.
    """
    amended: Any = {**rules, **changes, "version": rules["version"] + 1}
    given: Mapping[str, Any] = rules
    for field in TABLES & changes.keys():
        amended[field] = given[field] | changes[field]
    if "reputation" in changes:
        table, change = rules["reputation"], changes["reputation"]
        amended["reputation"] = {
            **table,
            **change,
            "gives": table["gives"] | change.get("gives", {}),
        }
    if "consents" in changes:
        amended["consents"] = rules["consents"] | {
            purpose: _amended_text(rules["consents"].get(purpose), change)
            for purpose, change in changes["consents"].items()
        }
    return amended  # type: ignore[no-any-return]


def _amended_text(before: ConsentText | None, change: Mapping[str, Any]) -> ConsentText:
    if before is None:
        return ConsentText(
            text=change.get("text", ""), version=1, least_version=change.get("least_version", 1)
        )
    text = change.get("text", before["text"])
    return ConsentText(
        text=text,
        version=before["version"] + (text != before["text"]),
        least_version=change.get("least_version", before["least_version"]),
    )


def problems(rules: BrokingRules, path: str = "rules") -> list[Problem]:
    """Return all that is wrong with a space's rules, each with how to mend it; empty if sound."""
    found = [*_words(rules), *_weights(rules), *_numbers(rules), *_consents(rules)]
    return [Problem(f"{path}.{field}", message) for field, message in found]


Found = Iterator[tuple[str, str]]


def _words(rules: BrokingRules) -> Found:
    if set(rules["groups"]) != set(Side) or not all(map(str.strip, rules["groups"].values())):
        yield "groups", "Name the two groups, SEEKERS and EXPERTS."
    if rules["direction"] not in set(Direction):
        yield "direction", f"Give one of {', '.join(Direction)}."
    if rules["experts_join"] not in set(Joining):
        yield "experts_join", f"Give one of {', '.join(Joining)}."
    level = rules["least_trust"]["or_level"]
    if level is not None and level not in set(Level):
        yield "least_trust.or_level", f"Give one of {', '.join(Level)}, or leave it out."
    unknown = sorted(rules["reputation"]["gives"].keys() - set(Merit))
    if unknown:
        message = f"There is no {unknown[0]}. There are {', '.join(Merit)}."
        yield f"reputation.gives.{unknown[0]}", message


def _weights(rules: BrokingRules) -> Found:
    given: Mapping[str, Any] = rules
    for field, names in WEIGHTS.items():
        weights: Mapping[str, float] = given[field]
        if set(weights) != set(names):
            yield field, f"Give a weight for each of {', '.join(names)}, and for nothing else."
        elif not all(0 <= weight <= MOST_POINTS for weight in weights.values()):
            yield field, "A weight is at least 0."
        elif not any(weights.values()):
            yield field, "At least one weight must be more than 0."


def _numbers(rules: BrokingRules) -> Found:
    times, table = rules["routing"], rules["reputation"]
    bounds: dict[str, tuple[float, float, float]] = {
        "similarity_threshold": (rules["similarity_threshold"], 0, 1),
        "endorsements_needed": (rules["endorsements_needed"], 1, MOST_ENDORSEMENTS),
        "most_load": (rules["most_load"], 1, MOST_LOAD),
        "least_trust.score": (rules["least_trust"]["score"], 0, MOST_POINTS),
        "routing.first_seconds": (times["first_seconds"], 0, LONGEST_SECONDS),
        "routing.expert_seconds": (times["expert_seconds"], 60, LONGEST_SECONDS),
        "routing.group_seconds": (times["group_seconds"], 60, LONGEST_SECONDS),
        "routing.most_experts": (times["most_experts"], 0, MOST_EXPERTS),
    }
    gives = {f"gives.{act}": (n, -MOST_POINTS, MOST_POINTS) for act, n in table["gives"].items()}
    of_table = {"daily_cap": (table["daily_cap"], 0.0, MOST_POINTS), **gives}
    bounds |= {f"reputation.{field}": bound for field, bound in of_table.items()}
    for field, (number, low, high) in bounds.items():
        if not low <= number <= high:  # so written, it catches what is no number too
            yield field, f"Give a number from {low:g} to {high:g}."


def _consents(rules: BrokingRules) -> Found:
    for purpose, asked in rules["consents"].items():
        if purpose not in set(Purpose):
            yield f"consents.{purpose}", f"Give one of {', '.join(Purpose)}."
        if not asked["text"].strip():
            yield f"consents.{purpose}.text", "Write what people consent to."
        if not 1 <= asked["least_version"] <= asked["version"]:
            yield f"consents.{purpose}.least_version", "Give a version from 1 to the present one."
