"""Reputation in one subject, as the client sees it: with its evidence and the table behind it."""

from typing import Annotated, Any

import strawberry

from app.resolvers import credits as merits
from app.schema.broking_enums import Merit
from app.schema.broking_rules import ReputationTable
from app.schema.context import Info
from app.schema.nodes import SpaceId
from app.schema.users import User


@strawberry.type(description="What one kind of merit brought.")
class MeritEvidence:
    merit: Merit = strawberry.field(description="For what.")
    count: int = strawberry.field(description="How often.")
    points: float = strawberry.field(description="How many points, before the day's cap.")


def _of_standing(name: str, type: Any, description: str) -> Any:
    return strawberry.field(
        resolver=lambda self: getattr(self.standing, name),
        graphql_type=type,
        description=description,
    )


async def _person(self: Any, info: Info) -> Any:
    return await info.context.load("users").load(self.person)


@strawberry.type(
    description="How somebody stands in one subject of a space; in another subject, and in another "
    "space, it counts for nothing. They themselves see all that they earned; others only what was "
    "earned in threads that these see, and not by asking, for that would tell who asked."
)
class SubjectReputation:
    subject: str = strawberry.field(description="The subject.")
    score: float = _of_standing("score", float, "In points, never below 0.")
    confidence: float = _of_standing(
        "confidence",
        float,
        "From 0 to 1, by how many different people gave it: n / (n + 5).",
    )
    count: int = _of_standing("count", int, "How many pieces of evidence stand.")
    capped: float = _of_standing("capped", float, "How many points the daily cap kept back.")
    evidence: list[MeritEvidence] = _of_standing(
        "evidence", list[MeritEvidence], "What each kind of merit brought."
    )
    reasons: list[str] = _of_standing("reasons", list[str], "The same in words.")
    table: ReputationTable = strawberry.field(description="What gives how many points.")
    person: User | None = strawberry.field(
        resolver=_person, graphql_type=User | None, description="Who."
    )


@strawberry.type
class SubjectReputationQuery:
    """Reading reputation by subject."""

    @strawberry.field(
        graphql_type=SubjectReputation,
        description="How somebody stands in a subject of a space.",
    )
    async def subject_reputation(
        self,
        info: Info,
        person: Annotated[strawberry.ID, strawberry.argument(description="The person.")],
        space: SpaceId,
        subject: Annotated[
            str, strawberry.argument(description="The subject; case and accents do not count.")
        ],
    ) -> Any:
        """Return a reputation."""
        return await merits.subject_reputation(
            info.context.ctx, person=person, space_id=space, subject=subject
        )
