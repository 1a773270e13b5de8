"""Threads, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import thread_search, threads
from app.resolvers.thread_filter import ThreadFilter
from app.schema.broking_enums import Behalf, Deed, Kind, Presence, Rung, State, Tier
from app.schema.context import Info
from app.schema.nodes import Node, SpaceId, ThingId, below, own_field, reference
from app.schema.paging import After, Before, Connection, First, Last, pages_below, window
from app.schema.replies import Reply, replies_below
from app.schema.spaces import Space
from app.schema.users import User

WHO_SEES = ("asker", "escalated_at", "invited", "space", "state", "visibility")
WHAT_STANDS = ("_id", "accepted_reply", "advised", "asker", "space", "state", "subject", "tags")

LazyThread = Annotated["Thread", strawberry.lazy("app.schema.threads")]


@strawberry.type(description="One structured trait of a case.")
class ThreadFacet:
    name: str = strawberry.field(description="What it is: `nausea`, say.")
    presence: Presence = strawberry.field(description="Whether it is there.")
    onset: datetime | None = strawberry.field(description="When it began, if that is known.")


@strawberry.type(description="How far a thread has gone in search of an answer.")
class ThreadRoute:
    rung: Rung | None = strawberry.field(description="Whom it went to last; null for nobody yet.")
    since: datetime = strawberry.field(description="Since when it waits there.")
    due_at: datetime | None = strawberry.field(
        description="When it goes on if nobody answers; null if it does not."
    )


def _before(field: str, type: Any, description: str) -> Any:
    return strawberry.field(
        resolver=lambda self: self["before"][field],
        graphql_type=type,
        description=description,
        metadata={"needs": ("before",)},
    )


@strawberry.type(description="What a thread said before it was revised.")
class ThreadRevision:
    number: int = strawberry.field(description="Its number among those of the thread, from 1.")
    at: datetime = strawberry.field(description="When it was replaced.")
    subject: str = _before("subject", str, "What it was about.")
    tags: list[str] = _before("tags", list[str], "Its tags.")
    facets: list[ThreadFacet] = _before("facets", list[ThreadFacet], "Its traits.")
    title: str = _before("title", str, "Its title.")
    text: str = _before("text", str, "Its text.")
    language: str = _before("language", str, "Its language.")
    visibility: Tier = _before("visibility", Tier, "Who saw it.")


async def _askers(parents: list[Any], info: Info) -> Any:
    shown = threads.list_askers(info.context.ctx, parents)
    return await info.context.load("users").load_each(shown)


async def _possible(parents: list[Any], info: Info) -> Any:
    return await threads.list_possible(info.context.ctx, parents)


@strawberry.type(description="A question, or a case, and how it stands.")
class Thread(Node):
    kind = "threads"

    thread_kind: Kind = own_field("kind", Kind, "What is asked.")
    subject: str = strawberry.field(description="What it is about.")
    tags: list[str] = strawberry.field(description="Words to find it by.")
    facets: list[ThreadFacet] = strawberry.field(description="Its traits, for a case.")
    title: str = strawberry.field(description="What it asks, in a line.")
    text: str = strawberry.field(description="What it asks, at length.")
    language: str = strawberry.field(description="Its language: a BCP 47 tag.")
    on_behalf_of: Behalf = strawberry.field(description="For whom it was asked.")
    visibility: Tier = strawberry.field(description="Who sees it.")
    state: State = strawberry.field(description="How it stands.")
    pseudonym: str = strawberry.field(
        description="What its asker is called where they are not known; in this thread alone."
    )
    route: ThreadRoute = strawberry.field(description="How far it has gone for an answer.")
    advised: int = strawberry.field(description="How many replies with advice it has.")
    accepted_reply: strawberry.ID | None = strawberry.field(
        description="The reply that the asker accepted, if any; `node` finds it."
    )
    created_at: datetime = strawberry.field(description="When it was asked.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space in which it was asked."
    )
    duplicate_of: LazyThread | None = reference(
        "duplicate_of",
        "threads",
        type=LazyThread | None,
        description="The thread that asked the same before, if it is a duplicate and you see that.",
    )
    asker: User | None = below(
        _askers,
        needs=WHO_SEES,
        type=User | None,
        gathers="users",
        description="Who asked; shown to experts and moderators, else null: see `pseudonym`.",
    )
    replies: Connection[Reply] = replies_below()
    possible: list[Deed] = below(
        _possible,
        needs=WHAT_STANDS,
        type=list[Deed],
        description="What you can do with it as it stands; a reply may ask for more trust.",
    )
    revisions: Connection[ThreadRevision] | None = pages_below(
        threads.list_revisions,
        needs=("_id", *WHO_SEES),
        type=Connection[ThreadRevision] | None,
        description="What it said before, the latest first; null if you may not know the asker.",
    )


@strawberry.type(description="One part of a score.")
class ScorePart:
    name: str = strawberry.field(description="What was compared or searched.")
    value: float | None = strawberry.field(
        description="How well it fits, from 0 to 1; null if nothing is known."
    )
    weight: float = strawberry.field(
        description="Its share of the score; the shares of what is known add up to 1."
    )


@strawberry.type(description="A thread that was found, and why it stands where it stands.")
class ThreadHit:
    score: float = strawberry.field(description="From 0 to 1; 1 if every search has it first.")
    parts: list[ScorePart] = strawberry.field(
        description="How it fared: in the search by words (`text`), by beginnings (`ngrams`), and "
        "by `meaning`, if anything was found by that."
    )
    reasons: list[str] = strawberry.field(description="The same in sentences.")
    thread: Thread | None = reference(
        "_id",
        "threads",
        type=Thread | None,
        description="The thread; null if it was taken from your sight at this moment.",
    )


@strawberry.input(description="Which threads; every part that is given must hold.")
class ThreadFilterInput:
    kind: Kind | None = strawberry.field(default=None, description="Those of this kind.")
    subject: str | None = strawberry.field(
        default=None, description="Those about this, whatever its case and accents."
    )
    tags: list[str] = strawberry.field(
        default_factory=list, description="Those with each of these tags, at most 10."
    )
    states: list[State] | None = strawberry.field(
        default=None, description="Those in one of these states."
    )
    visibility: list[Tier] | None = strawberry.field(
        default=None, description="Those that one of these circles sees."
    )
    mine: bool = strawberry.field(default=False, description="Those that you asked.")
    unanswered: bool = strawberry.field(default=False, description="Those that wait for advice.")
    since: datetime | None = strawberry.field(
        default=None, description="Those asked at this instant or later."
    )
    until: datetime | None = strawberry.field(
        default=None, description="Those asked before this instant."
    )


def read_filter(info: Info, given: ThreadFilterInput | None) -> ThreadFilter:
    """Return a filter as the resolvers take it."""
    if given is None:
        return ThreadFilter()
    return ThreadFilter(
        kind=None if given.kind is None else given.kind.value,
        subject=given.subject,
        tags=tuple(given.tags),
        states=None if given.states is None else tuple(one.value for one in given.states),
        visibility=(
            None if given.visibility is None else tuple(one.value for one in given.visibility)
        ),
        asker=info.context.ctx.person() if given.mine else None,
        waiting=given.unanswered,
        since=given.since,
        until=given.until,
    )


Filter = Annotated[
    ThreadFilterInput | None, strawberry.argument(description="Which threads are wanted.")
]


@strawberry.type
class ThreadQuery:
    """Reading threads."""

    @strawberry.field(graphql_type=Thread | None, description="A thread that you see.")
    async def thread(self, info: Info, id: ThingId) -> Any:
        """Return a thread."""
        return await info.context.load("threads").load(id)

    @strawberry.field(
        graphql_type=Connection[Thread],
        description="The threads of a space that you see, newest first.",
    )
    async def threads(
        self,
        info: Info,
        space: SpaceId,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Return threads."""
        ctx = info.context.ctx
        found, wanted = await ctx.visible_space(space), read_filter(info, filter)
        asked = window(info, first, after, last, before)
        return await threads.list_threads(ctx, found, wanted, asked)

    @strawberry.field(
        graphql_type=Connection[ThreadHit],
        description="The threads of a space that you see and that hold a text, the best first; "
        "at most 200. Words are found by their stems (English, French), by their beginnings, and "
        "whatever the accents; scripts without spaces are found too. Where the server reads "
        "English, so are at most 20 threads that mean something alike in other words.",
    )
    async def search_threads(
        self,
        info: Info,
        space: SpaceId,
        text: Annotated[str, strawberry.argument(description="1 to 200 characters.")],
        language: Annotated[
            str | None,
            strawberry.argument(
                description="The language of the text, such as `fr`; if left out, English and "
                "French are tried."
            ),
        ] = None,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """Search threads."""
        ctx = info.context.ctx
        found, wanted = await ctx.visible_space(space), read_filter(info, filter)
        asked = window(info, first, after, last, before)
        return await thread_search.search_threads(ctx, found, text, language, wanted, asked)
