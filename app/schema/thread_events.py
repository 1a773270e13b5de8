"""What happens in threads, as the client sees it live."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import thread_events
from app.schema.context import Info
from app.schema.events import Discontinuity, Resume, cursor_by
from app.schema.nodes import SpaceId, reference
from app.schema.replies import Reply, ThreadId
from app.schema.threads import Filter, Thread, read_filter


async def _reply(self: Any, info: Info) -> Any:
    reply = thread_events.reply_of(self)
    return None if reply is None else await info.context.load("replies").load(reply)


@strawberry.type(description="One change in a thread that you see.")
class ThreadEvent:
    cursor: str = strawberry.field(
        resolver=cursor_by("_id"),
        graphql_type=str,
        description="The stream resumes after it by `after`.",
        metadata={"needs": ("_id",), "shared": True},
    )
    type: str = strawberry.field(description="What happened: a word of docs/events.md.")
    at: datetime = strawberry.field(description="When it happened.")
    thread: Thread | None = reference(
        "within",
        "threads",
        type=Thread | None,
        description="The thread as it is now; null if it was taken from your sight at this moment.",
    )
    reply: Reply | None = strawberry.field(
        resolver=_reply,
        graphql_type=Reply | None,
        description="The reply that it is about, if any.",
        metadata={"needs": ("subject", "after")},
    )

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a source is an event: events are numbered."""
        return type(source) is dict and type(source["_id"]) is int


ThreadEventsItem = Annotated[
    ThreadEvent | Discontinuity,
    strawberry.union(
        "ThreadEventsItem", description="A change in a thread, or that history is missing."
    ),
]


@strawberry.type
class ThreadLive:
    """Threads as they change."""

    @strawberry.subscription(
        graphql_type=ThreadEventsItem,
        description="All that happens in a thread: everything after the cursor, and then as it "
        "happens, without a gap, as long as you see the thread.",
    )
    async def thread_updated(
        self, info: Info, thread: ThreadId, after: Resume = None
    ) -> AsyncIterator[Any]:
        """Return a stream of what happens in a thread, which begins now."""
        return await thread_events.watch_thread(info.context.ctx, id=thread, after=after)

    @strawberry.subscription(
        graphql_type=ThreadEventsItem,
        description="All that happens in the threads of a space that you see and that the filter "
        "names, which means the same as in `threads`: new ones, answers, where they go.",
    )
    async def thread_events(
        self, info: Info, space: SpaceId, filter: Filter = None, after: Resume = None
    ) -> AsyncIterator[Any]:
        """Return a stream of what happens in threads of a space, which begins now."""
        wanted = read_filter(info, filter)
        return await thread_events.watch_threads(
            info.context.ctx, space_id=space, filter=wanted, after=after
        )

    @strawberry.subscription(
        graphql_type=ThreadEventsItem,
        description="All that happens in threads that you follow, by themselves, by a tag or by "
        "their subject, as you follow and see them at the moment of telling.",
    )
    async def followed(self, info: Info, after: Resume = None) -> AsyncIterator[Any]:
        """Return a stream of what happens in followed threads, which begins now."""
        return await thread_events.watch_followed(info.context.ctx, after)
