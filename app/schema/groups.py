"""What is done with the groups of a space in which people ask each other, and with its rules."""

from typing import Annotated, Any

import strawberry

from app.failures import InvalidInput
from app.resolvers import groups
from app.schema.broking_enums import Side
from app.schema.broking_rules import UpdateBrokingRulesInput
from app.schema.context import Info
from app.schema.errors import NotAllowed, NotFound, NotSignedIn, mutation
from app.schema.spaces import Membership, SpaceResult


@strawberry.input(description="Which group of a space to join.")
class JoinGroupInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    side: Side = strawberry.field(description="The group.")


@strawberry.input(description="Which group of a space to leave.")
class LeaveGroupInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    side: Side = strawberry.field(description="The group.")


@strawberry.input(description="To which groups a member belongs.")
class AssignGroupInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    user: strawberry.ID = strawberry.field(description="The member.")
    sides: list[Side] = strawberry.field(description="These groups, and no other.")


GroupResult = Annotated[
    Membership | NotFound | NotAllowed | NotSignedIn,
    strawberry.union("GroupResult", description="The membership as it is now, or why not."),
]


@strawberry.type
class GroupMutation:
    """What is done with groups and rules."""

    @mutation(
        result=GroupResult,
        description="Join a group of a space that you are a member of; whether experts may is the "
        "space's rule.",
    )
    async def join_group(self, info: Info, input: JoinGroupInput) -> Any:
        """Join a group."""
        return await groups.join_group(info.context.ctx, space_id=input.space, side=input.side)

    @mutation(result=GroupResult, description="Leave a group of a space, and stay a member.")
    async def leave_group(self, info: Info, input: LeaveGroupInput) -> Any:
        """Leave a group."""
        return await groups.leave_group(info.context.ctx, space_id=input.space, side=input.side)

    @mutation(
        result=GroupResult,
        description="Say to which groups a member belongs; for moderators.",
    )
    async def assign_group(self, info: Info, input: AssignGroupInput) -> Any:
        """Assign a member to groups."""
        return await groups.assign_group(
            info.context.ctx, space_id=input.space, user=input.user, sides=input.sides
        )

    @mutation(
        result=SpaceResult,
        description="Change what a space decides about its broking; for its owners.",
    )
    async def update_broking_rules(self, info: Info, input: UpdateBrokingRulesInput) -> Any:
        """Update the rules."""
        try:
            return await groups.update_rules(
                info.context.ctx,
                space_id=input.space,
                expected_version=input.expected_version,
                changes=input.changes(),
            )
        except InvalidInput as invalid:
            raise input.as_sent(invalid) from None
