"""Who fits whom, as the client sees it: suggestions, and why a need and an offer fit or do not."""

from typing import Annotated, Any

import strawberry

from app.failures import InvalidInput, Problem
from app.matching.constraints import Constraint
from app.resolvers import suggestions
from app.schema.context import Info
from app.schema.enums import declare
from app.schema.matching_rules import MatchPartScore
from app.schema.nodes import reference
from app.schema.postings import Need, Offer

declare(
    Constraint,
    "What forbids a pair, however well it would score.",
    name="MatchConstraint",
    SPACE="They belong to different spaces.",
    OWNER="They are of the same person.",
    BLOCKED="One has blocked the other; nobody is told so.",
    CLOSED="One of them is not open any more.",
    EXPIRED="The time of one of them is over.",
    KIND="One asks for something else than the other gives.",
    CAPACITY="All that one of them has room for is taken.",
    TIME="They have no time in common.",
    DISTANCE="They are farther apart than one of them reaches.",
    TRUST="One asks for more trust than is known of the other.",
    VERIFICATION="One is for verified people only, and the other is not verified.",
)


@strawberry.type(
    description="How well a need and an offer fit: the geometric mean of both directions, so that "
    "both must be good."
)
class MatchScore:
    total: float = strawberry.field(description="Together, 0 to 1.")
    serves: float = strawberry.field(
        description="How well the offer serves the need, 0 to 1: the weighted mean of its parts."
    )
    suits: float = strawberry.field(
        description="How well the need suits the offer, 0 to 1: likewise."
    )
    parts: list[MatchPartScore] = strawberry.field(
        description="What it is made of, with the weights of the space."
    )


@strawberry.type(description="A need and an offer that fit.")
class Suggestion:
    score: MatchScore = strawberry.field(description="How well, and why.")
    need: Need | None = reference("need", "needs", type=Need | None, description="The need.")
    offer: Offer | None = reference("offer", "offers", type=Offer | None, description="The offer.")


@strawberry.type(description="A constraint that a pair does not meet.")
class BrokenConstraint:
    constraint: Constraint = strawberry.field(description="Which one.")
    sentence: str = strawberry.field(description="How, in words.")


@strawberry.type(description="Why a need and an offer fit, or do not.")
class MatchExplanation:
    permitted: bool = strawberry.field(description="Whether no constraint forbids the pair.")
    broken: list[BrokenConstraint] = strawberry.field(description="The constraints that do.")
    score: MatchScore = strawberry.field(
        description="What it scores, even if it may not be. Distances are taken between blurred "
        "places."
    )
    sentences: list[str] = strawberry.field(description="All of it in words, most telling first.")


@strawberry.type
class SuggestionQuery:
    """Who fits whom."""

    @strawberry.field(
        graphql_type=list[Suggestion],
        description="What could go with a need or an offer of yours, best first. The nearest are "
        "judged, those of its own category before others: as many as the space's `shortlist`, and "
        "as many that have no place. Nothing, if it is not open.",
    )
    async def suggest_matches(
        self,
        info: Info,
        need: Annotated[
            strawberry.ID | None, strawberry.argument(description="The need; or else an offer.")
        ] = None,
        offer: Annotated[
            strawberry.ID | None, strawberry.argument(description="The offer; or else a need.")
        ] = None,
        first: Annotated[
            int, strawberry.argument(description="At most so many of the best, 0–100.")
        ] = 20,
    ) -> Any:
        """Suggest matches."""
        if (need is None) == (offer is None):
            raise InvalidInput(Problem("need", "Name a need or an offer, and not both."))
        ctx = info.context.ctx
        if need is not None:
            return await suggestions.suggest_matches(ctx, "needs", id=need, first=first)
        return await suggestions.suggest_matches(ctx, "offers", id=offer or "", first=first)

    @strawberry.field(
        graphql_type=MatchExplanation,
        description="Why a need and an offer fit, or which constraints forbid it; for the owner of "
        "either.",
    )
    async def explain_match(
        self,
        info: Info,
        need: Annotated[strawberry.ID, strawberry.argument(description="The need.")],
        offer: Annotated[strawberry.ID, strawberry.argument(description="The offer.")],
    ) -> Any:
        """Explain a match."""
        return await suggestions.explain_match(info.context.ctx, need=need, offer=offer)
