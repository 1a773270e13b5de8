"""What is known of people in a space, as the client sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import reputation
from app.schema.context import Info
from app.schema.errors import NotAllowed, NotFound, NotSignedIn, mutation
from app.schema.nodes import Node, SpaceId, reference
from app.schema.reviews import PersonId
from app.schema.spaces import Space
from app.schema.users import User


@strawberry.type(description="By which rules of its space a reputation is worked out.")
class ReputationRules:
    prior: float = strawberry.field(description="What is supposed of somebody unknown, 0 to 1.")
    prior_weight: float = strawberry.field(
        description="How many full reviews this supposition is worth."
    )
    half_life_days: float = strawberry.field(
        description="After how many days a review counts half."
    )
    repeat_share: float = strawberry.field(
        description="What a review counts against the one after it between the same two."
    )


@strawberry.type(description="What reviews in one category vouch for.")
class CategoryReputation:
    category: str = strawberry.field(description="The category.")
    score: float = strawberry.field(
        description="From 0 to 1; the rules' `prior` while nothing is known."
    )
    trust: float | None = strawberry.field(
        description="What the evidence alone vouches for, 0 to 1; null while there is none."
    )
    confidence: float = strawberry.field(
        description="How much of the score is evidence and not supposition, 0 to 1."
    )
    count: int = strawberry.field(description="How many reviews there are.")
    evidence: float = strawberry.field(
        description="How many full ones they are worth: older, repeated ones and those of people "
        "who know each other count less."
    )
    reasons: list[str] = strawberry.field(description="The same in words.")


@strawberry.type(
    description="What reviews of completed matches in a space vouch for, and how surely. "
    "Of a newcomer nothing is known, which is not bad."
)
class Reputation:
    score: float = strawberry.field(
        description="From 0 to 1; the rules' `prior` while nothing is known."
    )
    trust: float | None = strawberry.field(
        description="What the evidence alone vouches for, 0 to 1; null while there is none."
    )
    confidence: float = strawberry.field(
        description="How much of the score is evidence and not supposition, 0 to 1."
    )
    count: int = strawberry.field(description="How many reviews there are, of the latest 1,000.")
    evidence: float = strawberry.field(
        description="How many full ones they are worth: older, repeated ones and those of people "
        "who know each other count less."
    )
    reasons: list[str] = strawberry.field(description="The same in words, the most telling first.")
    verified: bool = strawberry.field(
        description="Whether a moderator of the space has verified who the person is."
    )
    categories: list[CategoryReputation] = strawberry.field(
        description="The same by category, in the order of their names; only the one asked for, "
        "if one was."
    )
    rules: ReputationRules = strawberry.field(description="By which rules it was worked out.")
    user: User | None = reference("user", "users", type=User | None, description="The person.")


@strawberry.type(description="How reliably a person keeps what was confirmed, in a space.")
class Reliability:
    score: float = strawberry.field(
        description="From 0 to 1; what the space supposes while nothing is known."
    )
    confidence: float = strawberry.field(
        description="How much of the score is evidence and not supposition, 0 to 1."
    )
    kept: int = strawberry.field(description="How many of the latest 1,000 matches were completed.")
    late_cancels: int = strawberry.field(
        description="How many of them the person cancelled at the space's limit or after it."
    )
    no_shows: int = strawberry.field(description="How many of them the person missed.")
    reasons: list[str] = strawberry.field(description="The same in words.")
    user: User | None = reference("user", "users", type=User | None, description="The person.")


@strawberry.type(
    description="What a space keeps about a person for matching: as it was when last worked out; "
    "`reputation` says how it is now."
)
class MemberStanding(Node):
    kind = "standings"

    verified: bool = strawberry.field(
        description="Whether a moderator of the space has verified who the person is."
    )
    verified_at: datetime | None = strawberry.field(description="Since when, if they are.")
    score: float = strawberry.field(description="The score of their reputation, 0 to 1.")
    trust: float | None = strawberry.field(
        description="What the evidence alone vouches for, 0 to 1; null while there is none."
    )
    computed_at: datetime = strawberry.field(description="When it was worked out.")
    user: User | None = reference("user", "users", type=User | None, description="The person.")
    verified_by: User | None = reference(
        "verified_by", "users", type=User | None, description="The moderator who last said so."
    )
    space: Space | None = reference("space", "spaces", type=Space | None, description="The space.")


@strawberry.input(description="Whether a member is verified.")
class VerifyMemberInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    user: strawberry.ID = strawberry.field(description="The member.")
    verified: bool = strawberry.field(default=True, description="False to take it back.")


VerifyMemberResult = Annotated[
    MemberStanding | NotFound | NotAllowed | NotSignedIn,
    strawberry.union("VerifyMemberResult", description="The member's standing, or why not."),
]


@strawberry.type
class ReputationQuery:
    """Reading what is known of people."""

    @strawberry.field(
        graphql_type=Reputation,
        description="What reviews in a space vouch for about a person, at this moment.",
    )
    async def reputation(
        self,
        info: Info,
        person: PersonId,
        space: SpaceId,
        category: Annotated[
            str | None, strawberry.argument(description="Only reviews in this category.")
        ] = None,
    ) -> Any:
        """Return a reputation."""
        return await reputation.find_reputation(
            info.context.ctx, person=person, space_id=space, category=category
        )

    @strawberry.field(
        graphql_type=Reliability,
        description="How reliably a person keeps what was confirmed in a space.",
    )
    async def reliability(self, info: Info, person: PersonId, space: SpaceId) -> Any:
        """Return a reliability."""
        return await reputation.find_reliability(info.context.ctx, person=person, space_id=space)


@strawberry.type
class ReputationMutation:
    """What moderators say of members."""

    @mutation(
        result=VerifyMemberResult,
        description="Say that a member is who they say they are, or take that back; for "
        "moderators, and not of themselves.",
    )
    async def verify_member(self, info: Info, input: VerifyMemberInput) -> Any:
        """Verify a member."""
        return await reputation.verify_member(
            info.context.ctx, space_id=input.space, user=input.user, verified=input.verified
        )
