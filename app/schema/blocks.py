"""Blocks, as the client sees them: whom they want nothing to do with."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import blocks
from app.schema.context import Info
from app.schema.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn, mutation
from app.schema.nodes import Node, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.users import User


@strawberry.type(description="That you want nothing to do with somebody; only you see it.")
class Block(Node):
    kind = "blocks"

    created_at: datetime = strawberry.field(description="Since when.")
    blocked: User | None = reference("blocked", "users", type=User | None, description="Whom.")


@strawberry.type(description="You have no block of this person any more.")
class UnblockedUser:
    user: User = strawberry.field(description="The person.")


@strawberry.input(description="Whom to block.")
class BlockUserInput:
    user: strawberry.ID = strawberry.field(description="The person; not yourself.")


@strawberry.input(description="Whose block to take back.")
class UnblockUserInput:
    user: strawberry.ID = strawberry.field(description="The person.")


BlockUserResult = Annotated[
    Block | NotFound | NotSignedIn | NotAllowed | InvalidInput,
    strawberry.union("BlockUserResult", description="The block, or why there is none."),
]
UnblockUserResult = Annotated[
    UnblockedUser | NotFound | NotSignedIn | InvalidInput,
    strawberry.union("UnblockUserResult", description="What came of taking a block back."),
]


@strawberry.type
class BlockQuery:
    """Reading blocks."""

    @strawberry.field(
        graphql_type=Connection[Block],
        description="Whom you blocked, newest first. Nobody learns who blocked them.",
    )
    async def blocks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the viewer's blocks."""
        return await blocks.list_my_blocks(
            info.context.ctx, window(info, first, after, last, before)
        )


@strawberry.type
class BlockMutation:
    """What is done with blocks."""

    @mutation(
        result=BlockUserResult,
        description="Want nothing to do with somebody: neither of you sees needs and offers of the "
        "other, is suggested to or matched with the other, or can write to the other; at once, in "
        "open streams too. What was open between you ends. Nobody is told why. You can block 1,000 "
        "people.",
    )
    async def block_user(self, info: Info, input: BlockUserInput) -> Any:
        """Block a person."""
        return await blocks.block_user(info.context.ctx, user=input.user)

    @mutation(
        result=UnblockUserResult,
        description="Take a block of yours back. What it ended stays ended.",
    )
    async def unblock_user(self, info: Info, input: UnblockUserInput) -> Any:
        """Unblock a person."""
        ctx = info.context.ctx
        user = await blocks.unblock_user(ctx, user=input.user)
        return UnblockedUser(user=await info.context.load("users").load(user))
