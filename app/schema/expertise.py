"""What people know, and who vouches for it, as the client sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import expertise
from app.schema.broking_enums import Level
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
from app.schema.nodes import Node, SpaceId, ThingId, below, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.spaces import Space
from app.schema.users import User

VERIFIED = frozenset({"VERIFIED", "EXPIRED"})


async def _levels(parents: list[Any], info: Info) -> Any:
    return await expertise.list_levels(info.context.ctx, parents)


async def _reasons(parents: list[Any], info: Info) -> Any:
    return await expertise.list_reasons(info.context.ctx, parents)


def _if_verified(key: str) -> Any:
    return lambda self: self[key] if self["state"] in VERIFIED else None


@strawberry.type(description="That somebody knows a subject, and who vouches for it.")
class Expertise(Node):
    kind = "expertise"

    subject: str = strawberry.field(description="What they know.")
    statement: str = strawberry.field(description="How they come to know it, in their words.")
    endorsements: int = strawberry.field(
        resolver=lambda self: len(self["endorsers"]),
        graphql_type=int,
        description="How many different people vouch for it.",
        metadata={"needs": ("endorsers",)},
    )
    verified_at: datetime | None = strawberry.field(
        resolver=_if_verified("verified_at"),
        graphql_type=datetime | None,
        description="When an operator last verified it.",
        metadata={"needs": ("state", "verified_at")},
    )
    verified_until: datetime | None = strawberry.field(
        resolver=_if_verified("verified_until"),
        graphql_type=datetime | None,
        description="How long that counts, or counted; null: as long as it is not revoked.",
        metadata={"needs": ("state", "verified_until")},
    )
    revoked_at: datetime | None = strawberry.field(
        description="When it was revoked. Then it is there only for the person and for those who "
        "look after the space."
    )
    created_at: datetime = strawberry.field(description="When it was declared.")
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")
    person: User | None = reference("person", "users", type=User | None, description="Who.")
    space: Space | None = reference("space", "spaces", type=Space | None, description="Where.")

    level = below(
        _levels,
        needs=("space", "state", "endorsers", "verified_until"),
        type=Level | None,
        description="How well founded it is at this moment; null once it is revoked.",
    )
    revocation_reason = below(
        _reasons,
        needs=("space", "person", "revoked_because"),
        type=str | None,
        description="Why it was revoked; for the person and those who look after the space.",
    )

    @strawberry.field(
        graphql_type=bool,
        description="Whether you vouch for it.",
        metadata={"needs": ("endorsers",)},
    )
    async def endorsed_by_me(self: Any, info: Info) -> bool:
        """Say whether the viewer endorsed it."""
        return info.context.ctx.viewer.user in self["endorsers"]


@strawberry.input(description="What you know.")
class DeclareExpertiseInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    subject: str = strawberry.field(description="What you know, 1 to 100 characters.")
    statement: str = strawberry.field(
        default="", description="How you come to know it, at most 2,000 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input declare it once, however often."
    )


@strawberry.input(description="What you verify.")
class VerifyExpertInput:
    expertise: strawberry.ID = strawberry.field(description="The expertise.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    until: datetime | None = strawberry.field(
        default=None, description="How long that counts; if left out, until it is revoked."
    )


@strawberry.input(description="What you take back.")
class RevokeExpertiseInput:
    expertise: strawberry.ID = strawberry.field(description="The expertise.")
    reason: str = strawberry.field(
        default="", description="Why; needed unless it is your own, at most 1,000 characters."
    )


ExpertiseResult = Annotated[
    Expertise | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("ExpertiseResult", description="The expertise as it is now, or why not."),
]


@strawberry.type
class ExpertiseQuery:
    """Reading what people know."""

    @strawberry.field(
        graphql_type=Connection[Expertise],
        description="What people know in a space, newest first.",
    )
    async def expertise(
        self,
        info: Info,
        space: SpaceId,
        subject: Annotated[
            str | None,
            strawberry.argument(description="Only in this subject; case and accents do not count."),
        ] = None,
        person: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this person.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return expertise."""
        return await expertise.list_expertise(
            info.context.ctx,
            space_id=space,
            subject=subject,
            person=person,
            window=window(info, first, after, last, before),
        )


@strawberry.type
class ExpertiseMutation:
    """What is done with expertise."""

    @mutation(
        result=ExpertiseResult,
        description="Say that you know a subject; once for each subject of a space.",
    )
    async def declare_expertise(self, info: Info, input: DeclareExpertiseInput) -> Any:
        """Declare an expertise."""
        return await expertise.declare_expertise(
            info.context.ctx,
            space_id=input.space,
            subject=input.subject,
            statement=input.statement,
            idempotency_key=input.idempotency_key,
        )

    @mutation(
        result=ExpertiseResult,
        description="Vouch for what somebody else knows; it counts once. From as many people as "
        "the space asks for on, it is ENDORSED.",
    )
    async def endorse_expert(self, info: Info, id: ThingId) -> Any:
        """Endorse an expertise."""
        return await expertise.endorse_expert(info.context.ctx, id=id)

    @mutation(result=ExpertiseResult, description="Verify what somebody knows; for the operator.")
    async def verify_expert(self, info: Info, input: VerifyExpertInput) -> Any:
        """Verify an expertise."""
        return await expertise.verify_expert(
            info.context.ctx,
            id=input.expertise,
            expected_version=input.expected_version,
            until=input.until,
        )

    @mutation(
        result=ExpertiseResult,
        description="Take an expertise back: your own, or with a reason as moderator or operator. "
        "From now on no reply is marked with it, and only an operator can let it stand again.",
    )
    async def revoke_expertise(self, info: Info, input: RevokeExpertiseInput) -> Any:
        """Revoke an expertise."""
        return await expertise.revoke_expertise(
            info.context.ctx, id=input.expertise, reason=input.reason
        )
