"""What somebody follows, as the client sees it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import follows
from app.schema.broking_enums import Followed
from app.schema.context import Info
from app.schema.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn, mutation
from app.schema.nodes import Node, ThingId, below, own_field, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.spaces import Space
from app.schema.threads import Thread


async def _threads(parents: list[Any], info: Info) -> Any:
    ids = [one["target"] for one in parents if one["kind"] == Followed.THREAD]
    found = await info.context.load("threads").load_many(ids) if ids else []
    threads = dict(zip(ids, found, strict=True))
    return [threads.get(one["target"]) for one in parents]


@strawberry.type(description="That you follow something; only you see it.")
class Follow(Node):
    kind = "follows"

    follow_kind: Followed = own_field("kind", Followed, "What you follow.")
    name: str = strawberry.field(description="The tag or the subject; empty for a thread.")
    created_at: datetime = strawberry.field(description="Since when.")
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="In which space; null if you see it not."
    )
    thread: Thread | None = below(
        _threads,
        needs=("kind", "target"),
        type=Thread | None,
        description="The thread; null if it is none that you follow, or if you see it not.",
    )


@strawberry.type(description="You do not follow this any more.")
class EndedFollow:
    follow: Follow = strawberry.field(description="What you followed.")


@strawberry.input(description="What to follow.")
class FollowInput:
    kind: Followed = strawberry.field(description="What it is.")
    target: str = strawberry.field(
        description="The identifier of a thread; or a tag or a subject, whatever its case and "
        "accents."
    )
    space: strawberry.ID | None = strawberry.field(
        default=None, description="In which space; a tag and a subject ask for it."
    )


FollowResult = Annotated[
    Follow | NotFound | NotAllowed | NotSignedIn | InvalidInput,
    strawberry.union("FollowResult", description="What you follow, or why not."),
]
UnfollowResult = Annotated[
    EndedFollow | NotFound | NotSignedIn,
    strawberry.union("UnfollowResult", description="What came of following no more."),
]


@strawberry.type
class FollowQuery:
    """Reading follows."""

    @strawberry.field(graphql_type=Connection[Follow], description="What you follow, newest first.")
    async def follows(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return follows."""
        asked = window(info, first, after, last, before)
        return await follows.list_follows(info.context.ctx, asked)


@strawberry.type
class FollowMutation:
    """Following, and following no more."""

    @mutation(
        result=FollowResult,
        description="Follow a thread, or all threads of a space with a tag or about a subject: "
        "`followed` tells what happens in them. Following twice is following once; at most 200.",
    )
    async def follow(self, info: Info, input: FollowInput) -> Any:
        """Follow something."""
        return await follows.follow(
            info.context.ctx, kind=input.kind, target=input.target, space_id=input.space
        )

    @mutation(result=UnfollowResult, description="Follow something no more.")
    async def unfollow(self, info: Info, id: ThingId) -> Any:
        """Follow no more."""
        return EndedFollow(follow=await follows.unfollow(info.context.ctx, id=id))  # type: ignore[arg-type]
