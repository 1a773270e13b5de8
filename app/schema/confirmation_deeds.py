"""Saying something of entries, as the client sees it: confirm, renew, signal, what to check."""

from dataclasses import asdict
from typing import Annotated, Any

import strawberry

from app.pooling.questions import Reason
from app.resolvers import confirmations, freshness, signals
from app.schema.context import Info
from app.schema.enums import declare
from app.schema.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RateLimited,
    WrongState,
    mutation,
)
from app.schema.nodes import SpaceId, reference
from app.schema.pool import PoolEntry
from app.schema.pool_deeds import EntryResult
from app.schema.pool_enums import Tap, Verdict
from app.schema.scalars import FacetScalar
from app.schema.series import PointInput

declare(
    Reason,
    "Why something should be checked, the most urgent first.",
    name="QuestionReason",
    STALE="Nobody has looked at it for too long.",
    DISPUTED="Those who looked disagree.",
    UNKNOWN="Nobody has said what is so.",
)


@strawberry.input(description="What you say of a facet of an entry.")
class FacetVerdictInput:
    facet: str = strawberry.field(description="The facet's name in the pool: `WHEELCHAIR`, say.")
    verdict: Verdict = strawberry.field(description="What you say.")
    value: FacetScalar | None = strawberry.field(
        default=None,
        description="With DISPUTE: what you found instead, if you know. With CONFIRM: the value "
        "that you saw: if it is another one by now, that is a Conflict, and nothing is kept.",
    )


@strawberry.input(description="What you found when you went and looked.")
class ConfirmEntryInput:
    entry: strawberry.ID = strawberry.field(description="The entry.")
    facets: list[FacetVerdictInput] = strawberry.field(
        description="What you say of 1 to 50 of its facets: all is kept, or nothing."
    )
    expected_version: int | None = strawberry.field(
        default=None,
        description="The version of the entry that you looked at. A value that you confirm or "
        "dispute and that is another one by now is a Conflict, which says what it is; what else "
        "has changed since does no harm.",
    )
    anonymous: bool = strawberry.field(
        default=False, description="Whether your name is withheld from all but moderators."
    )


@strawberry.input(description="What is still correct.")
class RenewEntryInput:
    entry: strawberry.ID = strawberry.field(description="The entry.")
    facets: list[str] | None = strawberry.field(
        default=None,
        description="Which facets; if left out, those that ask to be checked, or else all.",
    )
    anonymous: bool = strawberry.field(
        default=False, description="Whether your name is withheld from all but moderators."
    )


@strawberry.input(description="One tap.")
class SignalEntryInput:
    entry: strawberry.ID = strawberry.field(description="The entry.")
    kind: Tap = strawberry.field(description="What you noticed.")
    facet: str | None = strawberry.field(
        default=None,
        description="Of which facet. SUITABLE and UNSUITABLE need one, if the pool knows several "
        "needs; GONE takes none.",
    )


SignalResult = Annotated[
    PoolEntry | NotFound | NotAllowed | NotSignedIn | InvalidInput | RateLimited | WrongState,
    strawberry.union("SignalResult", description="The entry as it is now, or why not."),
]


@strawberry.type(description="One thing that could be checked: a facet of an entry.")
class PoolQuestion:
    facet: str = strawberry.field(description="Which facet.")
    reason: Reason = strawberry.field(description="Why it should be checked.")
    sentence: str = strawberry.field(description="The same in words.")
    value: FacetScalar | None = strawberry.field(description="How it is, as far as is known.")
    distance_m: float = strawberry.field(
        resolver=lambda self: self["metres"],
        graphql_type=float,
        description="How far away it is, in metres; to the middle of a cell where places are "
        "blurred.",
    )
    score: float = strawberry.field(
        description="How worthwhile it is, above 0 to 4: urgent before near, though not at any "
        "distance."
    )
    entry: PoolEntry | None = reference(
        "entry", "entries", type=PoolEntry | None, description="The entry."
    )


@strawberry.type
class ConfirmationQuery:
    """Reading what could be said."""

    @strawberry.field(
        graphql_type=list[PoolQuestion],
        description="What you could check around a point, the most worthwhile first: what has not "
        "been looked at for too long, is disputed, or unknown. What you have answered is not asked "
        "again.",
    )
    async def next_questions(
        self,
        info: Info,
        space: SpaceId,
        near: Annotated[PointInput, strawberry.argument(description="Where you are.")],
        radius_m: Annotated[
            float, strawberry.argument(description="How far you would go, in metres, up to 50,000.")
        ] = 5_000,
        first: Annotated[int, strawberry.argument(description="At most so many, 0–50.")] = 10,
    ) -> Any:
        """Return questions."""
        found = await freshness.next_questions(
            info.context.ctx,
            space_id=space,
            near=near.document(),
            radius_metres=radius_m,
            first=first,
        )
        return [asdict(question) for question in found]


@strawberry.type
class ConfirmationMutation:
    """What is said of entries."""

    @mutation(
        result=EntryResult,
        description="Say what you found when you looked: for whoever is signed in and reads the "
        "pool. Your last word on a value counts. What is your own you can renew, but not confirm.",
    )
    async def confirm_entry(self, info: Info, input: ConfirmEntryInput) -> Any:
        """Confirm an entry."""
        return await confirmations.confirm_entry(
            info.context.ctx,
            id=input.entry,
            verdicts=[vars(one) for one in input.facets],
            anonymous=input.anonymous,
            expected_version=input.expected_version,
        )

    @mutation(
        result=EntryResult,
        description="Say that values are still correct, with one tap: they are as fresh as new.",
    )
    async def renew_entry(self, info: Info, input: RenewEntryInput) -> Any:
        """Renew an entry."""
        return await confirmations.renew_entry(
            info.context.ctx, id=input.entry, facets=input.facets, anonymous=input.anonymous
        )

    @mutation(
        result=SignalResult,
        description="Signal something with one tap; no account is needed. The same again within a "
        "day is answered alike and counts once; from an address come at most 30 an hour, by a "
        "person 120. Nobody but moderators learns who it was.",
    )
    async def signal_entry(self, info: Info, input: SignalEntryInput) -> Any:
        """Signal something about an entry."""
        return await signals.signal_entry(
            info.context.ctx, id=input.entry, kind=input.kind, facet=input.facet
        )
