"""What concerns somebody in the matchmaker, as the client sees it live."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.ids import kind_of
from app.resolvers import match_events
from app.schema.context import Info
from app.schema.events import Discontinuity, Resume, cursor_by
from app.schema.matches import Match
from app.schema.messages import Message
from app.schema.nodes import reference
from app.schema.postings import Posting


def _posting(key: str, description: str) -> Any:
    """Declare a field for the need or the offer whose identifier lies under a key."""

    async def resolve(self: Any, info: Info) -> Any:
        return await info.context.load(kind_of(self[key]) or "").load(self[key])

    return strawberry.field(
        resolver=resolve,
        graphql_type=Posting | None,
        description=description,
        metadata={"needs": (key,)},
    )


async def _message(self: Any, info: Info) -> Any:
    id = (self.get("after") or {}).get("message")
    return None if id is None else await info.context.load("messages").load(id)


@strawberry.type(description="Something happened to a match of yours.")
class MatchEvent:
    cursor: str = strawberry.field(
        resolver=cursor_by("_id"),
        graphql_type=str,
        description="`matchEvents(after:)` resumes after it.",
        metadata={"needs": ("_id",), "shared": True},
    )
    type: str = strawberry.field(description="What happened: a word of docs/events.md.")
    at: datetime = strawberry.field(description="When it happened.")
    match: Match | None = reference(
        "within", "matches", type=Match | None, description="The match, as it is now."
    )
    message: Message | None = strawberry.field(
        resolver=_message,
        graphql_type=Message | None,
        description="The message, if one was sent.",
        metadata={"needs": ("after",)},
    )

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a document is an event: events are numbered."""
        return type(source) is dict and type(source["_id"]) is int


@strawberry.type(description="A need or an offer of yours that another one suits.")
class SuitedPosting:
    score: float = strawberry.field(description="How well both fit together, 0 to 1.")
    serves: float = strawberry.field(description="How well the offer serves the need, 0 to 1.")
    suits: float = strawberry.field(description="How well the need suits the offer, 0 to 1.")
    mine: Posting | None = _posting("mine", "Yours.")


@strawberry.type(
    description="Somebody posted, or changed, what suits a need or an offer of yours, with a score "
    "of at least its `notifyAbove`."
)
class SuggestionEvent:
    cursor: str = strawberry.field(
        resolver=cursor_by("seq"),
        graphql_type=str,
        description="`matchEvents(after:)` resumes after it.",
        metadata={"needs": ("seq",), "shared": True},
    )
    at: datetime = strawberry.field(description="When it was posted or changed.")
    score: float = strawberry.field(description="The best of the scores, 0 to 1.")
    suited: list[SuitedPosting] = strawberry.field(
        description="Which of yours it suits, the best suited first."
    )
    posting: Posting | None = _posting("posting", "What was posted or changed, as it is now.")

    @classmethod
    def is_type_of(cls, source: Any, _info: object) -> bool:
        """Say whether a source is a suggestion."""
        return type(source) is dict and "suited" in source


MatchEventsItem = Annotated[
    MatchEvent | SuggestionEvent | Discontinuity,
    strawberry.union(
        "MatchEventsItem",
        description="What happened to a match of yours, what suits you, or that history is "
        "missing.",
    ),
]


@strawberry.type
class MatchLive:
    """The matchmaker as it happens."""

    @strawberry.subscription(
        graphql_type=MatchEventsItem,
        description="What concerns you in the matchmaker: what happens to your matches, and new or "
        "changed needs and offers that suit yours, as far as these have a `notifyAbove`. "
        "Everything after the cursor, and then as it comes, without a gap.",
    )
    async def match_events(self, info: Info, after: Resume = None) -> AsyncIterator[Any]:
        """Return a stream of what concerns the viewer, which begins now."""
        return await match_events.watch_matches(info.context.ctx, after)
