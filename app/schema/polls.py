"""The polls of a campaign, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import polls
from app.schema.campaign_parts import campaign_field
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
from app.schema.nodes import Node, below, reference
from app.schema.paging import Connection, pages_below
from app.schema.users import User


async def _results(parents: list[Any], info: Info) -> Any:
    return await polls.list_results(info.context.ctx, parents)


async def _closed(parents: list[Any], info: Info) -> Any:
    return await polls.list_closed(info.context.ctx, parents)


async def _my_votes(parents: list[Any], info: Info) -> Any:
    return await polls.list_my_votes(info.context.ctx, parents)


@strawberry.type(
    description="A question to those supporters who may vote. It is seen by all who are in the "
    "campaign's room or may vote, and by everybody once it is closed."
)
class Poll(Node):
    kind = "polls"

    question: str = strawberry.field(description="What is asked.")
    options: list[str] = strawberry.field(description="What can be voted for.")
    closes_at: datetime | None = strawberry.field(
        description="When it closes; null: with the campaign."
    )
    created_at: datetime = strawberry.field(description="When it was asked.")
    closed: bool = below(
        _closed,
        needs=("campaign", "closes_at"),
        type=bool,
        description="Whether it takes no more votes, for good.",
    )
    counts: list[int] | None = below(
        _results,
        needs=("campaign", "closes_at", "counts"),
        type=list[int] | None,
        description="How many voted for each option, in their order; null until it is closed, if "
        "you are not of the team and may not vote.",
    )
    my_vote: int | None = below(
        _my_votes,
        needs=("_id",),
        type=int | None,
        description="The option that you voted for, counted from 0; nobody else learns it.",
    )
    author: User | None = reference("author", "users", type=User | None, description="Who asked.")
    campaign = campaign_field("Of which campaign.")


def polls_below() -> Any:
    """Declare the polls of a campaign."""
    return pages_below(
        polls.list_polls,
        needs=("_id", "owner", "space", "state", "team"),
        type=Connection[Poll],
        description="Its polls that you see, newest first: closed ones, and all if you are in its "
        "room or may vote.",
    )


@strawberry.input(description="What to ask those who may vote.")
class OpenPollInput:
    campaign: strawberry.ID = strawberry.field(description="The campaign.")
    question: str = strawberry.field(description="What is asked, 1 to 500 characters.")
    options: list[str] = strawberry.field(
        description="What can be voted for: 2 to 20 that differ, each 1 to 200 characters."
    )
    closes_at: datetime | None = strawberry.field(
        default=None, description="When it closes, within 366 days; left out: with the campaign."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input open one poll, however often."
    )


@strawberry.input(description="What to vote for.")
class VotePollInput:
    poll: strawberry.ID = strawberry.field(description="The poll.")
    option: int = strawberry.field(description="The option, counted from 0.")


PollResult = Annotated[
    Poll | NotFound | NotAllowed | NotSignedIn | InvalidInput | WrongState | Conflict,
    strawberry.union("PollResult", description="The poll as it is now, or why not."),
]


@strawberry.type
class PollMutation:
    """What is done with polls."""

    @mutation(
        result=PollResult,
        description="Ask those supporters of a campaign who may vote; for its team.",
    )
    async def open_poll(self, info: Info, input: OpenPollInput) -> Any:
        """Open a poll."""
        asked = polls.Question(
            input.campaign, input.question, tuple(input.options), input.closes_at
        )
        return await polls.open_poll(info.context.ctx, asked, idempotency_key=input.idempotency_key)

    @mutation(
        result=PollResult,
        description="Vote in a poll, or change your vote while it is open; one person has one "
        "vote. For the team, and for those whose present level of support gives the right.",
    )
    async def vote_poll(self, info: Info, input: VotePollInput) -> Any:
        """Vote in a poll."""
        return await polls.vote_poll(info.context.ctx, id=input.poll, option=input.option)
