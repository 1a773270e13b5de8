"""What is done with matches, as the client sees it."""

from enum import Enum
from typing import Annotated, Any

import strawberry

from app.matching.terms import Side
from app.resolvers import match_deeds, proposals
from app.schema.context import Info
from app.schema.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    WrongState,
    mutation,
)
from app.schema.matches import Match
from app.schema.nodes import ThingId
from app.schema.postings import TimeWindowInput, window_document
from app.schema.spaces import value


@strawberry.enum(description="What a side says to a match.")
class MatchAnswer(Enum):
    ACCEPT = value("ACCEPT", "Yes.")
    DECLINE = value("DECLINE", "No: it ends.")


@strawberry.input(description="Which need and which offer to bring together; one is yours.")
class ProposeMatchInput:
    need: strawberry.ID = strawberry.field(description="The need.")
    offer: strawberry.ID = strawberry.field(description="The offer.")
    window: TimeWindowInput | None = strawberry.field(
        default=None,
        description="When, within the times of both; if left out, the first time to come that both "
        "have.",
    )
    joint_objective: str | None = strawberry.field(
        default=None,
        description="What you want to reach together, at most 1,000 characters; for what is "
        "LONG_TERM.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input propose one match, however often."
    )


@strawberry.input(description="Your answer to a match.")
class RespondToMatchInput:
    match: strawberry.ID = strawberry.field(description="The match.")
    answer: MatchAnswer = strawberry.field(description="What you say to it.")


@strawberry.input(description="What you object to.")
class DisputeMatchInput:
    match: strawberry.ID = strawberry.field(description="The match.")
    reason: str = strawberry.field(
        description="Why, in 1 to 2,000 characters; the moderators read it, the other side does "
        "not."
    )


@strawberry.input(description="How a dispute is decided.")
class ResolveDisputeInput:
    match: strawberry.ID = strawberry.field(description="The match.")
    charged_to: Side | None = strawberry.field(
        default=None, description="On whose reliability its end counts; null: on nobody's."
    )
    note: str = strawberry.field(
        default="", description="What you say to both sides, at most 2,000 characters."
    )


@strawberry.input(description="What the two want, and on which terms; what is left out stays.")
class WriteAgreementInput:
    match: strawberry.ID = strawberry.field(description="The match.")
    joint_objective: str | None = strawberry.field(
        default=None, description="What you want to reach together, at most 1,000 characters."
    )
    agreement: str | None = strawberry.field(
        default=None, description="On which terms, at most 20,000 characters."
    )
    expected_version: int = strawberry.field(description="The version that you saw.")


@strawberry.input(description="Which agreement you accept, as you saw it.")
class AcceptAgreementInput:
    match: strawberry.ID = strawberry.field(description="The match.")
    expected_version: int = strawberry.field(description="The version that you saw.")


MatchResult = Annotated[
    Match | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("MatchResult", description="The match as it is now, or why not."),
]


@strawberry.type
class MatchMutation:
    """What is done with matches."""

    @mutation(
        result=MatchResult,
        description="Propose a match; you accept it by that. Where all seats are taken it can wait "
        "for one. `InvalidInput` names every constraint that forbids the pair.",
    )
    async def propose_match(self, info: Info, input: ProposeMatchInput) -> Any:
        """Propose a match."""
        return await proposals.propose_match(
            info.context.ctx,
            need=input.need,
            offer=input.offer,
            window=window_document(input.window) if input.window else None,
            joint_objective=input.joint_objective,
            idempotency_key=input.idempotency_key,
        )

    @mutation(
        result=MatchResult,
        description="Accept a match or decline it. The second acceptance confirms it, or lets it "
        "wait for a seat; a held seat is taken by accepting once more.",
    )
    async def respond_to_match(self, info: Info, input: RespondToMatchInput) -> Any:
        """Answer a match."""
        accepts = input.answer is MatchAnswer.ACCEPT
        return await match_deeds.respond_to_match(info.context.ctx, id=input.match, accepts=accepts)

    @mutation(
        result=MatchResult,
        description="Take your acceptance back before a match is confirmed; it ends.",
    )
    async def withdraw_match(self, info: Info, id: ThingId) -> Any:
        """Withdraw from a match."""
        return await match_deeds.withdraw_match(info.context.ctx, id=id)

    @mutation(
        result=MatchResult,
        description="Cancel a confirmed match: freely before the space's limit; after it, it "
        "counts as late on your reliability.",
    )
    async def cancel_match(self, info: Info, id: ThingId) -> Any:
        """Cancel a match."""
        return await match_deeds.cancel_match(info.context.ctx, id=id)

    @mutation(
        result=MatchResult,
        description="Say that a confirmed match is under way: at the earliest an hour before its "
        "window begins.",
    )
    async def start_match(self, info: Info, id: ThingId) -> Any:
        """Start a match."""
        return await match_deeds.start_match(info.context.ctx, id=id)

    @mutation(result=MatchResult, description="Say that a match is done.")
    async def complete_match(self, info: Info, id: ThingId) -> Any:
        """Complete a match."""
        return await match_deeds.complete_match(info.context.ctx, id=id)

    @mutation(
        result=MatchResult,
        description="Say that the other side was not there, of a match that is confirmed or said "
        "to be under way; its places are free again, and it counts on their reliability.",
    )
    async def report_no_show(self, info: Info, id: ThingId) -> Any:
        """Report that the other was absent."""
        return await match_deeds.report_no_show(info.context.ctx, id=id)

    @mutation(
        result=MatchResult,
        description="Object to how a match went or ended; the moderators will decide.",
    )
    async def dispute_match(self, info: Info, input: DisputeMatchInput) -> Any:
        """Dispute a match."""
        return await match_deeds.dispute_match(
            info.context.ctx, id=input.match, reason=input.reason
        )

    @mutation(
        result=MatchResult,
        description="Decide a dispute; for moderators of the space who are not one of the two.",
    )
    async def resolve_dispute(self, info: Info, input: ResolveDisputeInput) -> Any:
        """Resolve a dispute."""
        return await match_deeds.resolve_dispute(
            info.context.ctx, id=input.match, charged_to=input.charged_to, note=input.note
        )

    @mutation(
        result=MatchResult,
        description="Write the joint objective or the agreement of a match that is not confirmed "
        "yet. Whoever had accepted another text has not accepted this one.",
    )
    async def write_agreement(self, info: Info, input: WriteAgreementInput) -> Any:
        """Write an agreement."""
        return await match_deeds.write_agreement(
            info.context.ctx,
            id=input.match,
            joint_objective=input.joint_objective,
            agreement=input.agreement,
            expected_version=input.expected_version,
        )

    @mutation(
        result=MatchResult,
        description="Accept the agreement of a match as it is written; both must before a "
        "LONG_TERM match can be confirmed.",
    )
    async def accept_agreement(self, info: Info, input: AcceptAgreementInput) -> Any:
        """Accept an agreement."""
        return await match_deeds.accept_agreement(
            info.context.ctx, id=input.match, expected_version=input.expected_version
        )
