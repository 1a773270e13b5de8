"""Replies, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import replies, votes
from app.schema.broking_enums import Act, Basis, Level, Side, Value
from app.schema.context import Info
from app.schema.nodes import Node, below, reference
from app.schema.paging import After, Before, Connection, First, Last, pages_below, window
from app.schema.users import User

ThreadId = Annotated[strawberry.ID, strawberry.argument(description="The thread.")]


async def _threads(parents: list[Any], info: Info) -> dict[str, Any]:
    """Return the threads of replies, as far as the viewer sees them, by identifier."""
    ids = list(dict.fromkeys(parent["thread"] for parent in parents))
    found = await info.context.load("threads").load_many(ids)
    return {id: thread for id, thread in zip(ids, found, strict=True) if thread is not None}


async def _authors(parents: list[Any], info: Info) -> list[Any]:
    shown = replies.authors_of(info.context.ctx, parents, await _threads(parents, info))
    return await info.context.load("users").load_each(shown)


async def _pseudonyms(parents: list[Any], info: Info) -> list[Any]:
    threads = await _threads(parents, info)
    return [_pseudonym(parent, threads.get(parent["thread"])) for parent in parents]


def _pseudonym(reply: Any, thread: Any) -> Any:
    is_asker = thread is not None and thread["asker"] == reply["author"]
    return thread["pseudonym"] if is_asker else None


async def _accepted(parents: list[Any], info: Info) -> list[Any]:
    threads = await _threads(parents, info)
    accepted = {thread["accepted_reply"] for thread in threads.values()}
    return [parent["_id"] in accepted for parent in parents]


async def _marks(parents: list[Any], info: Info) -> Any:
    return await replies.marks_of(info.context.ctx, parents)


async def _my_votes(parents: list[Any], info: Info) -> Any:
    return await votes.list_my_votes(info.context.ctx, parents)


@strawberry.type(description="What a reply said before it was revised.")
class ReplyRevision:
    number: int = strawberry.field(description="Its number among those of the reply, from 1.")
    at: datetime = strawberry.field(description="Until when the reply said this.")
    text: str = strawberry.field(
        resolver=lambda self: self["before"]["text"],
        graphql_type=str,
        description="What it said.",
        metadata={"needs": ("before",)},
    )
    sources: list[str] = strawberry.field(
        resolver=lambda self: self["before"]["sources"],
        graphql_type=list[str],
        description="What it named as its sources.",
        metadata={"needs": ("before",)},
    )


@strawberry.type(description="What somebody wrote in a thread; seen by all who see the thread.")
class Reply(Node):
    kind = "replies"

    act: Act = strawberry.field(description="What it does.")
    basis: Basis = strawberry.field(description="What it rests on.")
    side: Side = strawberry.field(description="The side that its author has in the thread.")
    subject: str = strawberry.field(description="In what its author has experience or expertise.")
    text: str = strawberry.field(description="What it says.")
    sources: list[str] = strawberry.field(
        description="What it refers to: web addresses (http or https), or citations."
    )
    votes_up: int = strawberry.field(description="How many people voted it up.")
    votes_down: int = strawberry.field(description="How many people voted it down.")
    revisions: int = strawberry.field(description="How often it was revised.")
    created_at: datetime = strawberry.field(description="When it was written.")
    updated_at: datetime = strawberry.field(description="When it was last revised.")
    version: int = strawberry.field(
        description="Grows with each revision, not with votes; for `expectedVersion`."
    )

    thread = reference(
        "thread",
        "threads",
        type=Annotated["Thread", strawberry.lazy("app.schema.threads")] | None,  # noqa: F821
        description="The thread in which it was written.",
    )
    author = below(
        _authors,
        needs=("author", "thread"),
        type=User | None,
        gathers="users",
        description="Who wrote it; null if that is the asker and you know them by pseudonym.",
    )
    pseudonym = below(
        _pseudonyms,
        needs=("author", "thread"),
        type=str | None,
        description="The name under which its author asked; null if somebody else wrote it.",
    )
    mark = below(
        _marks,
        needs=("_id", "space", "author", "basis", "subject"),
        type=Level | None,
        description="How well founded the expertise is that it rests on, as of this moment; null "
        "if it rests on none that stands.",
    )
    accepted = below(
        _accepted,
        needs=("_id", "thread"),
        type=bool,
        description="Whether the asker accepted it.",
    )
    my_vote = below(
        _my_votes,
        needs=("_id",),
        type=Value | None,
        description="Your vote on it; nobody else learns how you voted.",
    )
    history = pages_below(
        replies.list_history,
        needs=("_id", "thread"),
        type=Connection[ReplyRevision] | None,
        description="What it said before, the latest first; null if you know the asker by "
        "pseudonym alone.",
    )


def replies_below() -> Any:
    """Declare the replies of a thread, for the type of threads."""
    return pages_below(
        replies.list_replies,
        needs=("_id",),
        type=Connection[Reply],
        description="What people wrote in it, oldest first.",
    )


@strawberry.type
class ReplyQuery:
    """Reading replies."""

    @strawberry.field(
        graphql_type=Connection[Reply], description="What people wrote in a thread, oldest first."
    )
    async def replies(
        self,
        info: Info,
        thread: ThreadId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return the replies of a thread."""
        asked = window(info, first, after, last, before)
        return await replies.list_replies_of(info.context.ctx, thread, asked)
