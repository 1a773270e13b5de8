"""A whole space paired at once, as its moderators see it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.matching.terms import Mode, Part
from app.resolvers import pairing
from app.schema.context import Info
from app.schema.enums import declare
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    mutation,
)
from app.schema.matching_rules import MatchPartWeight
from app.schema.nodes import reference
from app.schema.postings import Need, Offer
from app.schema.spaces import Space

declare(
    Mode,
    "What is best for a whole space.",
    name="MatchingMode",
    STABLE="No need and offer would both rather have each other than what they were given.",
    OPTIMAL="The sum of all scores is as great as can be; needs the server's extra `matching`.",
    FAIR="Whoever comes off worst comes off as well as can be; needs the same.",
)


@strawberry.type(description="A need and an offer that were paired.")
class MatchedPair:
    score: float = strawberry.field(description="How well both fit together, 0 to 1.")
    serves: float = strawberry.field(description="How well the offer serves the need, 0 to 1.")
    suits: float = strawberry.field(description="How well the need suits the offer, 0 to 1.")
    need: Need | None = reference("need", "needs", type=Need | None, description="The need.")
    offer: Offer | None = reference("offer", "offers", type=Offer | None, description="The offer.")


def _pairs(
    self: Any,
    first: Annotated[
        int, strawberry.argument(description="At most so many of the best, 0–100.")
    ] = 20,
) -> Any:
    return pairing.list_pairs(self, first)


def _weights(self: Any) -> Any:
    return [{"part": part, "weight": self["weights"].get(part, 0)} for part in Part]


@strawberry.type(
    description="What came of pairing a space. Pairs are judged by the blurred places, as in all "
    "suggestions."
)
class MatchingRun:
    mode: Mode = strawberry.field(description="What was to be best.")
    dry_run: bool = strawberry.field(description="Whether nothing was changed.")
    at: datetime = strawberry.field(description="For which instant it was worked out.")
    pairs: list[MatchedPair] = strawberry.field(
        resolver=_pairs, description="The best of the pairs, best first."
    )
    pair_count: int = strawberry.field(description="How many pairs there are.")
    proposed: int = strawberry.field(
        description="How many of them became matches; the others changed in the meantime."
    )
    considered: int = strawberry.field(description="How many pairs could have been.")
    total: float = strawberry.field(description="The sum of the scores.")
    lowest: float | None = strawberry.field(description="The least of them, if there are any.")
    lone_needs: int = strawberry.field(
        description="How many of the needs that were free to be paired have no partner."
    )
    lone_offers: int = strawberry.field(description="How many of the offers have none.")
    weights: list[MatchPartWeight] = strawberry.field(
        resolver=_weights,
        graphql_type=list[MatchPartWeight],
        description="How much each part of the score counted.",
        metadata={"needs": ("weights",)},
    )
    space: Space | None = reference("space", "spaces", type=Space | None, description="The space.")

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a source is a run."""
        return type(source) is dict and "pair_count" in source


@strawberry.input(description="How to pair a space.")
class RunMatchingInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    mode: Mode = strawberry.field(default=Mode.STABLE, description="What is to be best.")
    dry_run: bool = strawberry.field(
        default=False, description="Whether to change nothing, and only see what would come of it."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input are one run, however often."
    )


RunMatchingResult = Annotated[
    MatchingRun | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict,
    strawberry.union("RunMatchingResult", description="What came of it, or why nothing did."),
]


@strawberry.type
class PairingMutation:
    """What is done with a whole space."""

    @mutation(
        result=RunMatchingResult,
        description="Pair the open needs and offers of a space, and propose each pair to both; for "
        "its moderators. Pairs that have met are left out, unless their match expired unanswered, "
        "and what the space has proposed before keeps its seats until it is answered. It may take "
        "longer than other operations; one that breaks off can be sent again.",
    )
    async def run_matching(self, info: Info, input: RunMatchingInput) -> Any:
        """Pair a space."""
        return await pairing.run_matching(
            info.context.ctx,
            space_id=input.space,
            mode=input.mode,
            dry_run=input.dry_run,
            idempotency_key=input.idempotency_key,
        )
