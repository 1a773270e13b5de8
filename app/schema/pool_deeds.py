"""What is done with entries of pools, as the client sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from app.resolvers import confirm_instead, entry_deeds, pool_rules
from app.resolvers.entry_deeds import Signing
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
from app.schema.pool import PoolEntry, PossibleDuplicate
from app.schema.pool_rules import UpdatePoolRulesInput
from app.schema.scalars import FacetScalar, GeoJSON
from app.schema.sources import stored_as
from app.schema.spaces import SpaceResult

# What of an edit is no part of the content.
BESIDES = frozenset({"entry", "expected_version", "anonymous", "summary"})


@strawberry.input(description="The value of a facet of an entry.")
class EntryFacetInput:
    name: str = strawberry.field(description="The facet's name in the pool: `WHEELCHAIR`, say.")
    value: FacetScalar | None = strawberry.field(
        default=None, description="How it is; null takes the facet away."
    )


@strawberry.input(description="Something new for a pool.")
class ContributeEntryInput:
    space: strawberry.ID = strawberry.field(description="The space whose pool it is for.")
    title: str = strawberry.field(description="What it is called, 1 to 200 characters.")
    category: str = strawberry.field(
        description="What it is: a word, or a path as `food/cafe`; 1 to 100 characters."
    )
    place: GeoJSON = strawberry.field(description="Where it is.")
    accuracy_m: float | None = strawberry.field(
        default=None, description="How exact the place is, in metres."
    )
    facets: list[EntryFacetInput] = strawberry.field(
        default_factory=list, description="What you know of it."
    )
    evidence: list[str] = strawberry.field(
        default_factory=list, description="Links that show it, at most 20."
    )
    observed_at: datetime | None = strawberry.field(
        default=None, description="When you saw it so; if left out, now."
    )
    anonymous: bool = strawberry.field(
        default=False, description="Whether your name is withheld from all but moderators."
    )
    summary: str = strawberry.field(default="", description="What you say of it, in a line.")
    even_if_similar: bool = strawberry.field(
        default=False, description="Add it though something like it may be there already."
    )
    confirm_instead: strawberry.ID | None = strawberry.field(
        default=None,
        description="An entry that is the same thing: nothing is added, but the facets are said "
        "of that one. Equal values confirm, others dispute, further ones are added.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key and input give the same entry, however often."
    )

    def given(self) -> dict[str, Any]:
        """Return what is said of the entry."""
        given = {
            "title": self.title,
            "category": self.category,
            "place": self.place,
            "accuracy_metres": self.accuracy_m,
            "facets": _facets(self.facets),
            "evidence": self.evidence,
        }
        return given if self.observed_at is None else {**given, "observed_at": self.observed_at}


@strawberry.input(description="What changes in an entry; what is left out stays.")
class EditEntryInput:
    entry: strawberry.ID = strawberry.field(description="The entry.")
    expected_version: int = strawberry.field(description="The version that you saw.")
    title: str | None = strawberry.field(default=None, description="What it is called.")
    category: str | None = strawberry.field(default=None, description="What it is.")
    place: GeoJSON | None = strawberry.field(default=None, description="Where it is.")
    accuracy_m: float | None = strawberry.field(
        default=UNSET, description="How exact the place is, in metres; null if that is unknown."
    )
    facets: list[EntryFacetInput] | None = strawberry.field(
        default=None, description="What you know of it; facets that are left out stay."
    )
    evidence: list[str] | None = strawberry.field(default=None, description="All its links.")
    observed_at: datetime | None = strawberry.field(
        default=None, description="When you saw it so; if left out and facets are given, now."
    )
    anonymous: bool = strawberry.field(
        default=False, description="Whether your name is withheld from all but moderators."
    )
    summary: str = strawberry.field(default="", description="What you say of it, in a line.")

    def given(self) -> dict[str, Any]:
        """Return what changes."""
        named = {
            stored_as(name): value
            for name, value in vars(self).items()
            if name not in BESIDES and value is not None and value is not UNSET
        }
        if self.accuracy_m is None:
            named["accuracy_metres"] = None
        return named if self.facets is None else {**named, "facets": _facets(self.facets)}


@strawberry.input(description="To what an entry goes back.")
class RevertEntryInput:
    to_revision: strawberry.ID = strawberry.field(description="The revision, which says of which.")
    expected_version: int = strawberry.field(description="The version of the entry that you saw.")
    anonymous: bool = strawberry.field(
        default=False, description="Whether your name is withheld from all but moderators."
    )
    summary: str = strawberry.field(default="", description="Why, in a line.")


@strawberry.input(description="Which entry is the same thing as which other.")
class MergeEntriesInput:
    merged: strawberry.ID = strawberry.field(
        name="from", description="The one that is merged, and leads on from then."
    )
    into: strawberry.ID = strawberry.field(description="The one that stays, of the same pool.")
    summary: str = strawberry.field(default="", description="Why, in a line.")


@strawberry.type(description="What may be there already: nothing was added.")
class PossibleDuplicates:
    entries: list[PossibleDuplicate] = strawberry.field(
        description="The entries that may be the same thing, the likeliest first. Say so by "
        "`confirmInstead`, or add yours by `evenIfSimilar`."
    )


ContributeResult = Annotated[
    PoolEntry
    | PossibleDuplicates
    | NotFound
    | NotAllowed
    | NotSignedIn
    | InvalidInput
    | Conflict
    | WrongState,
    strawberry.union(
        "ContributeResult", description="The entry, those that it may be already, or why not."
    ),
]
EntryResult = Annotated[
    PoolEntry | NotFound | NotAllowed | NotSignedIn | InvalidInput | Conflict | WrongState,
    strawberry.union("EntryResult", description="The entry as it is now, or why not."),
]


def _facets(given: Sequence[EntryFacetInput]) -> list[dict[str, Any]]:
    return [{"name": one.name, "value": one.value} for one in given]


@strawberry.type
class EntryMutation:
    """What is done with entries."""

    @mutation(
        result=SpaceResult,
        description="Change the rules of a pool; for its space's owners.",
    )
    async def update_pool_rules(self, info: Info, input: UpdatePoolRulesInput) -> Any:
        """Update the rules of a pool."""
        return await pool_rules.update_rules(
            info.context.ctx,
            space_id=input.space,
            expected_version=input.expected_version,
            changes=input.changes(),
        )

    @mutation(
        result=ContributeResult,
        description="Add something to a pool; for whoever is signed in and reads it. Where "
        "something like it is near, that is offered instead.",
    )
    async def contribute_entry(self, info: Info, input: ContributeEntryInput) -> Any:
        """Contribute an entry."""
        ctx = info.context.ctx
        signing = Signing(input.anonymous, input.summary)
        if input.confirm_instead is not None:
            return await confirm_instead.confirm_instead(
                ctx,
                id=input.confirm_instead,
                space_id=input.space,
                signing=signing,
                given=input.given(),
            )
        done = await entry_deeds.contribute(
            ctx,
            space_id=input.space,
            idempotency_key=input.idempotency_key,
            even_if_similar=input.even_if_similar,
            signing=signing,
            given=input.given(),
        )
        return PossibleDuplicates(entries=done) if isinstance(done, list) else done  # type: ignore[arg-type]

    @mutation(
        result=EntryResult,
        description="Change what an entry says; for whoever is signed in and reads the pool. "
        "Edits made at once go together where they touch different fields and facets.",
    )
    async def edit_entry(self, info: Info, input: EditEntryInput) -> Any:
        """Edit an entry."""
        return await entry_deeds.edit(
            info.context.ctx,
            id=input.entry,
            expected_version=input.expected_version,
            signing=Signing(input.anonymous, input.summary),
            given=input.given(),
        )

    @mutation(
        result=EntryResult,
        description="Set an entry back to an earlier revision, with whose it was; a merge is "
        "undone so, too. Nothing is lost: this is a version as any other.",
    )
    async def revert_entry(self, info: Info, input: RevertEntryInput) -> Any:
        """Revert an entry."""
        return await entry_deeds.revert(
            info.context.ctx,
            revision_id=input.to_revision,
            expected_version=input.expected_version,
            signing=Signing(input.anonymous, input.summary),
        )

    @mutation(
        result=EntryResult,
        description="Say that two entries are the same thing; for members. The one leads on to "
        "the other, which takes over the facets and links that it lacks. Returned is the one that "
        "was merged.",
    )
    async def merge_entries(self, info: Info, input: MergeEntriesInput) -> Any:
        """Merge entries."""
        return await entry_deeds.merge(
            info.context.ctx, from_id=input.merged, into_id=input.into, summary=input.summary
        )
