"""Threads like another one, and experts for it, as the client sees them: each says why."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from app.broking.words import Part
from app.resolvers import experts, similar
from app.schema.context import Info
from app.schema.nodes import SpaceId, reference
from app.schema.threads import ScorePart, Thread
from app.schema.users import User

ThreadId = Annotated[strawberry.ID, strawberry.argument(description="The thread.")]
Ten = Annotated[int, strawberry.argument(description="At most so many, 0–50.")]
Five = Annotated[int, strawberry.argument(description="At most so many, 0–20.")]


@strawberry.type(description="A thread that is like another, and what they have in common.")
class SimilarThread:
    thread: Thread = strawberry.field(description="The thread.")
    score: float = strawberry.field(description="How alike they are, from 0 to 1.")
    threshold: float = strawberry.field(
        description="The least score that the space calls similar, from 0 to 1."
    )
    parts: list[ScorePart] = strawberry.field(
        description="What was compared: `text`, `facets` and `tags` (with the subject), and "
        "`meaning`, if it is known of both."
    )
    reasons: list[str] = strawberry.field(description="The same in sentences.")


@strawberry.type(description="An expert who could be asked, and why.")
class ExpertSuggestion:
    expert: User | None = reference("person", "users", type=User | None, description="Who it is.")
    score: float = strawberry.field(description="How well they suit the thread, from 0 to 1.")
    parts: list[ScorePart] = strawberry.field(
        description="What counts: `subject`, `level` of their expertise, `acceptance` of their "
        "advice, their `load` now, and their `language`."
    )
    reasons: list[str] = strawberry.field(description="The same in sentences.")


def _parts(parts: Mapping[str, Part]) -> list[dict[str, Any]]:
    return [
        {"name": name, "value": part.value, "weight": part.weight} for name, part in parts.items()
    ]


def _shown(found: list[similar.Resemblance]) -> list[dict[str, Any]]:
    return [
        {
            "thread": one["thread"],
            "score": one["found"].score,
            "threshold": one["threshold"],
            "parts": _parts(one["found"].parts),
            "reasons": one["found"].reasons,
        }
        for one in found
    ]


@strawberry.type
class SimilarQuery:
    """Finding what is like a thread, and whom to ask."""

    @strawberry.field(
        graphql_type=list[SimilarThread],
        description="The threads of its space that are like a thread, of those that you see, the "
        "most alike first.",
    )
    async def similar_threads(self, info: Info, thread: ThreadId, first: Ten = 10) -> Any:
        """Return similar threads."""
        ctx = info.context.ctx
        return _shown(await similar.list_similar(ctx, thread_id=thread, first=first))

    @strawberry.field(
        graphql_type=list[SimilarThread],
        description="The threads that are like one which you are about to ask, the most alike "
        "first.",
    )
    async def similar_to(
        self,
        info: Info,
        space: SpaceId,
        title: Annotated[str, strawberry.argument(description="What it will ask, in a line.")],
        text: Annotated[str, strawberry.argument(description="What it will ask, at length.")] = "",
        subject: Annotated[str, strawberry.argument(description="What it will be about.")] = "",
        tags: Annotated[list[str], strawberry.argument(description="Its tags.")] = [],  # noqa: B006 - read only
        first: Ten = 10,
    ) -> Any:
        """Return threads similar to a draft."""
        draft = {"title": title, "text": text, "subject": subject, "tags": tags}
        ctx = info.context.ctx
        return _shown(await similar.list_similar_to(ctx, space_id=space, first=first, **draft))

    @strawberry.field(
        graphql_type=list[ExpertSuggestion],
        description="The experts to ask, the best first; for the asker, experts and moderators. "
        "What they have done counts as far as you see the threads in which they did it.",
    )
    async def suggest_experts(self, info: Info, thread: ThreadId, first: Five = 5) -> Any:
        """Return suggestions."""
        found = await experts.suggest_experts(info.context.ctx, thread_id=thread, first=first)
        return [
            {
                "person": one.person,
                "score": one.score,
                "parts": _parts(one.parts),
                "reasons": one.reasons,
            }
            for one in found
        ]
