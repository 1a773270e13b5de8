"""Reviews, as the client sees them: blind until both sides wrote, or the time is over."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import reviews
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
from app.schema.nodes import Node, SpaceId, below, reference
from app.schema.paging import After, Before, Connection, First, Last, window
from app.schema.spaces import Space
from app.schema.users import User

PersonId = Annotated[strawberry.ID, strawberry.argument(description="The person.")]


def _private_note(self: Any, info: Info) -> str | None:
    return self["private_note"] if reviews.sees_note(info.context.ctx, self) else None


@strawberry.type(
    description="What one side of a match says of the other. Nobody but its writer learns of it "
    "until both have written or the time for reviews is over; then all who read the space see it."
)
class Review(Node):
    kind = "reviews"

    rating: int = strawberry.field(description="From 1, very poor, to 5, very good.")
    text: str = strawberry.field(description="What is said in words.")
    private_note: str | None = strawberry.field(
        resolver=_private_note,
        graphql_type=str | None,
        description="What is said to the moderators alone; shown to them and to its writer.",
        metadata={
            "needs": ("private_note", "reported", "reviewer", "shown_at", "space", "subject")
        },
    )
    category: str = strawberry.field(description="The category of the match.")
    written_at: datetime = strawberry.field(description="When it was written.")
    shown_at: datetime | None = strawberry.field(
        description="Since when all may see it; null while it is hidden."
    )
    reviewer: User | None = reference(
        "reviewer", "users", type=User | None, description="Who wrote it."
    )
    subject: User | None = reference(
        "subject", "users", type=User | None, description="Whom it is about."
    )
    match: Any = reference(
        "match",
        "matches",
        type=Annotated["Match", strawberry.lazy("app.schema.matches")] | None,  # noqa: F821
        description="The match; for its two sides.",
    )
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space that it belongs to."
    )


async def _reviews(parents: list[Any], info: Info) -> Any:
    return await reviews.list_reviews_of_matches(info.context.ctx, parents)


def reviews_of_match() -> Any:
    """Declare the field of a match that holds its reviews."""
    return below(
        _reviews,
        needs=("_id",),
        type=list[Review],
        description="Its reviews: those that are shown, and your own.",
    )


@strawberry.input(description="What you say of the other side of a match.")
class ReviewMatchInput:
    match: strawberry.ID = strawberry.field(description="A completed match of yours.")
    rating: int = strawberry.field(description="From 1, very poor, to 5, very good.")
    text: str = strawberry.field(default="", description="In words, at most 2,000 characters.")
    private_note: str | None = strawberry.field(
        default=None, description="For the moderators alone, at most 2,000 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give the same review, however often."
    )


ReviewMatchResult = Annotated[
    Review | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("ReviewMatchResult", description="The review, or why not."),
]


@strawberry.type
class ReviewQuery:
    """Reading reviews."""

    @strawberry.field(
        graphql_type=list[Review],
        description="The reviews of a match that you see: those that are shown, and your own.",
    )
    async def reviews(
        self,
        info: Info,
        match: Annotated[strawberry.ID, strawberry.argument(description="The match.")],
    ) -> Any:
        """Return the reviews of a match."""
        return await reviews.list_reviews(info.context.ctx, match)

    @strawberry.field(
        graphql_type=Connection[Review],
        description="What others say of a person in a space, the latest first: what is shown, and "
        "what you wrote yourself.",
    )
    async def reviews_of(
        self,
        info: Info,
        person: PersonId,
        space: SpaceId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the reviews of a person."""
        asked = window(info, first, after, last, before)
        return await reviews.list_reviews_of(
            info.context.ctx, space_id=space, person=person, window=asked
        )


@strawberry.type
class ReviewMutation:
    """What is done with reviews."""

    @mutation(
        result=ReviewMatchResult,
        description="Review the other side of a completed match: once, and for good. It is shown "
        "when both sides have written, or when the time for reviews is over, which stands still "
        "during a dispute.",
    )
    async def review_match(self, info: Info, input: ReviewMatchInput) -> Any:
        """Review a match."""
        given = reviews.GivenReview(
            rating=input.rating, text=input.text, private_note=input.private_note
        )
        return await reviews.review_match(
            info.context.ctx,
            match_id=input.match,
            given=given,
            idempotency_key=input.idempotency_key,
        )
