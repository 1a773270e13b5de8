"""By which rules a space matches, as the client sees and changes them; and the parts of a score."""

from typing import Any

import strawberry

from app.matching.terms import Part
from app.resolvers.matchmaking import MATCHMAKER, rules_in
from app.schema.enums import declare
from app.schema.scalars import Duration

HOUR, MINUTE, DAY = 3_600, 60, 86_400

declare(
    Part,
    "What a score is made of.",
    name="MatchPart",
    CATEGORY="How much of the path of their categories is the same.",
    SKILLS="How many of the skills that are needed are offered, and the other way round.",
    DISTANCE="How near they are to each other.",
    TIME="How much time they have in common.",
    LANGUAGE="Whether they have a language in common.",
    REPUTATION="How the other side is reputed in this category.",
)


def rules_if_matchmaker(self: Any) -> Any:
    """Return the rules of a space that matches needs and offers, None of any other."""
    return rules_in(self) if MATCHMAKER in self["enabled_models"] else None


def _weights(self: Any) -> Any:
    return [{"part": part, "weight": self["weights"].get(part, 0)} for part in Part]


def _span(key: str, seconds: int, description: str) -> Any:
    return strawberry.field(
        resolver=lambda self: self[key] * seconds,
        graphql_type=Duration,
        description=description,
        metadata={"needs": (key,)},
    )


@strawberry.type(description="How much a part of the score counts in a space.")
class MatchPartWeight:
    part: Part = strawberry.field(description="The part.")
    weight: float = strawberry.field(description="Only the proportions of the weights matter.")


@strawberry.type(description="One part of a score: for each side by itself, and why.")
class MatchPartScore:
    part: Part = strawberry.field(description="Which part.")
    weight: float = strawberry.field(
        description="Its share of the weight, 0 to 1; those of all parts sum to 1."
    )
    serves: float = strawberry.field(
        description="How well the offer serves the need in this, 0 to 1."
    )
    suits: float = strawberry.field(
        description="How well the need suits the offer in this, 0 to 1."
    )
    reason: str = strawberry.field(description="Why, in words.")


@strawberry.type(description="By which rules a space matches needs and offers.")
class MatchingRules:
    weights: list[MatchPartWeight] = strawberry.field(
        resolver=_weights,
        graphql_type=list[MatchPartWeight],
        description="How much each part of the score counts.",
        metadata={"needs": ("weights",)},
    )
    least_score: float = strawberry.field(
        description="Pairs below it are neither suggested nor paired, 0 to 1."
    )
    most_candidates: int = strawberry.field(
        description="How many of the best partners of a posting are kept."
    )
    shortlist: int = strawberry.field(
        description="How many of the nearest partners of a posting are judged."
    )
    far_m: float = strawberry.field(
        description="The distance in metres that is half as good as none, where a posting names "
        "no radius."
    )
    grid_m: float = strawberry.field(
        description="The grid, in metres, to which places are blurred until a match is confirmed."
    )
    answer_within: Duration = _span(
        "answer_hours", HOUR, "How long a proposal waits for its answers."
    )
    hold_seat_for: Duration = _span(
        "hold_minutes", MINUTE, "How long a seat that became free is held for who waits for it."
    )
    cancel_until: Duration = _span(
        "cancel_limit_hours",
        HOUR,
        "How long before its start, at the latest, a match can be cancelled freely.",
    )
    review_within: Duration = _span(
        "review_days", DAY, "How long after completion reviews can be written."
    )
    low_rating: int = strawberry.field(
        description="Ratings at or below it are reported to the moderators; 0: none is."
    )
    prior: float = strawberry.field(description="What is supposed of somebody unknown, 0 to 1.")
    prior_weight: float = strawberry.field(
        description="How many full reviews this supposition is worth."
    )
    half_life: Duration = _span("half_life_days", DAY, "After which time evidence counts half.")
    repeat_share: float = strawberry.field(
        description="What a review counts against the one after it between the same two, 0 to 1."
    )
    long_term_trust: float = strawberry.field(
        description="The trust that a LONG_TERM match asks of both, 0 to 1."
    )


@strawberry.input(description="How much a part of the score counts from now on.")
class MatchPartWeightInput:
    part: Part = strawberry.field(description="The part.")
    weight: float = strawberry.field(description="0 to 1,000; 0: it does not count.")


@strawberry.input(
    description="What changes in the rules by which a space matches; what is left out stays."
)
class UpdateMatchingRulesInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    expected_version: int = strawberry.field(description="The version of the space that you saw.")
    weights: list[MatchPartWeightInput] | None = strawberry.field(
        default=None, description="What these parts count; the others stay."
    )
    least_score: float | None = strawberry.field(
        default=None, description="Leave out pairs below it, 0 to 1."
    )
    most_candidates: int | None = strawberry.field(
        default=None, description="Keep so many of the best partners, 1 to 500."
    )
    shortlist: int | None = strawberry.field(
        default=None, description="Judge so many of the nearest partners, 1 to 1,000."
    )
    far_m: float | None = strawberry.field(
        default=None, description="So many metres are half as good as none; from 1 on."
    )
    grid_m: float | None = strawberry.field(
        default=None, description="Blur places to a grid of so many metres, 10 to 100,000."
    )
    answer_within: Duration | None = strawberry.field(
        default=None, description="Proposals wait so long, `PT1H` to `P366D`."
    )
    hold_seat_for: Duration | None = strawberry.field(
        default=None, description="Seats are held so long, `PT1M` to `P7D`."
    )
    cancel_until: Duration | None = strawberry.field(
        default=None, description="Cancelling is free until so long before, `PT0S` to `P366D`."
    )
    review_within: Duration | None = strawberry.field(
        default=None, description="Reviews can be written so long, `P1D` to `P366D`."
    )
    low_rating: int | None = strawberry.field(
        default=None, description="Report ratings at or below it, 0 to 5."
    )
    prior: float | None = strawberry.field(
        default=None, description="Suppose this of somebody unknown, 0 to 1."
    )
    prior_weight: float | None = strawberry.field(
        default=None, description="It is worth so many full reviews, 0.1 to 1,000."
    )
    half_life: Duration | None = strawberry.field(
        default=None, description="Evidence counts half after so long, `P1D` to `P36600D`."
    )
    repeat_share: float | None = strawberry.field(
        default=None, description="What a review counts against the next of the same two, 0 to 1."
    )
    long_term_trust: float | None = strawberry.field(
        default=None, description="Ask this trust of both in LONG_TERM matches, 0 to 1."
    )

    def changes(self) -> dict[str, Any]:
        """Return what is named, as the rules have it."""
        changes: dict[str, Any] = {
            "least_score": self.least_score,
            "most_candidates": self.most_candidates,
            "shortlist": self.shortlist,
            "far_metres": self.far_m,
            "grid_metres": self.grid_m,
            "answer_hours": _in(HOUR, self.answer_within),
            "hold_minutes": _in(MINUTE, self.hold_seat_for),
            "cancel_limit_hours": _in(HOUR, self.cancel_until),
            "review_days": _in(DAY, self.review_within),
            "low_rating": self.low_rating,
            "prior": self.prior,
            "prior_weight": self.prior_weight,
            "half_life_days": _in(DAY, self.half_life),
            "repeat_share": self.repeat_share,
            "long_term_trust": self.long_term_trust,
        }
        if self.weights is not None:
            changes["weights"] = {one.part.value: float(one.weight) for one in self.weights}
        return {name: value for name, value in changes.items() if value is not None}


def _in(unit_seconds: int, span: float | None) -> float | None:
    return None if span is None else span / unit_seconds
