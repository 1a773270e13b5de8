"""Entries of pools and their revisions, as the client sees them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.resolvers import duplicates, entries
from app.schema.confirmations import (
    EntryConfirmation,
    EntrySignal,
    confirmations_below,
    signals_below,
)
from app.schema.context import Info
from app.schema.nodes import Node, ThingId, below, own_field, reference
from app.schema.paging import Connection, pages_below
from app.schema.pool_enums import Cause, Deed, Kind, State, Suitability
from app.schema.scalars import AnyValue, FacetScalar, GeoJSON
from app.schema.series import Point
from app.schema.sources import shown_path
from app.schema.spaces import Space
from app.schema.users import User

# What says who sees where it is, and how exactly.
WHERE = ("accuracy_metres", "category", "created_by", "place", "point", "space")
WHAT_STANDS = ("contributors", "created_by", "facets", "imported_by", "space", "state")

DRAFTED = ("title", "category", "place")

LazyEntry = Annotated["PoolEntry", strawberry.lazy("app.schema.pool")]
Need = Annotated[
    str, strawberry.argument(description="A need that the pool knows: `WHEELCHAIR`, say.")
]


@strawberry.type(description="What those who looked at a value of a facet agree on.")
class FacetConsensus:
    value: FacetScalar | None = strawberry.field(description="What they agree on.")
    confidence: float = strawberry.field(
        description="How sure that is, from 0 to 1: by the weight of independent voices."
    )
    supporters: int = strawberry.field(description="How many independent voices are for it.")
    dissenters: int = strawberry.field(description="How many are against it.")
    disputed: bool = strawberry.field(
        description="Whether it lacks more than two thirds of the weight."
    )
    verified: bool = strawberry.field(description="Whether enough of them are for it.")
    why: list[str] = strawberry.field(
        description="How far it can be relied on, and what it still takes, in sentences."
    )


@strawberry.type(description="What is known of one facet of an entry.")
class EntryFacet:
    name: str = strawberry.field(description="Its name in the pool: `WHEELCHAIR`, say.")
    kind: Kind = strawberry.field(description="What its values are.")
    unit: str | None = strawberry.field(description="In what a number is counted, if that is said.")
    value: FacetScalar = strawberry.field(description="How it is.")
    observed_at: datetime = strawberry.field(description="When that was seen.")
    checked_at: datetime = strawberry.field(description="When somebody last said that it is so.")
    stale_at: datetime = strawberry.field(description="From when on it asks to be checked.")
    stale: bool = strawberry.field(description="Whether it asks to be checked.")
    anonymous: bool = strawberry.field(description="Whether who gave it wants not to be named.")
    consensus: FacetConsensus = strawberry.field(description="What those who looked agree on.")
    contributor: User | None = reference(
        "contributor",
        "users",
        type=User | None,
        description="Who gave the value; null if that is withheld, or many did by agreeing on it.",
    )


@strawberry.type(description="A field or a facet in which two versions of an entry differ.")
class EntryDifference:
    path: str = strawberry.field(
        resolver=lambda self: shown_path(self.path),
        graphql_type=str,
        description="Which one: `title`, or `facets.WHEELCHAIR`.",
    )
    before: AnyValue | None = strawberry.field(description="What it was; null for nothing.")
    after: AnyValue | None = strawberry.field(
        description="What it is since; null for nothing. A place that is blurred to you may look "
        "the same."
    )


@strawberry.type(description="Where an import took an entry from.")
class EntrySource:
    name: str = strawberry.field(description="What it is called.")
    licence: str = strawberry.field(description="Under what licence it gave the entry.")
    source_id: str | None = own_field("id", str | None, "What the entry is called there.")


async def _authors(parents: list[Any], info: Info) -> Any:
    shown = await entries.list_authors(info.context.ctx, parents, "by")
    return await info.context.load("users").load_each(shown)


async def _creators(parents: list[Any], info: Info) -> Any:
    shown = await entries.list_authors(info.context.ctx, parents, "created_by")
    return await info.context.load("users").load_each(shown)


async def _summaries(parents: list[Any], info: Info) -> Any:
    return await entries.list_summaries(info.context.ctx, parents)


async def _diffs(parents: list[Any], info: Info) -> Any:
    return await entries.list_diffs(info.context.ctx, parents)


@strawberry.type(description="One version of an entry: what changed with it, by whom, and how.")
class EntryRevision(Node):
    kind = "entry_revisions"

    version: int = strawberry.field(description="The version of the entry that it is, from 1.")
    cause: Cause = strawberry.field(description="What brought it about.")
    at: datetime = strawberry.field(description="When it was made.")
    anonymous: bool = strawberry.field(description="Whether who made it wants not to be named.")
    changed: list[str] = strawberry.field(
        resolver=lambda self: [shown_path(path) for path in self["changed"]],
        graphql_type=list[str],
        description="The fields and facets that changed with it.",
        metadata={"needs": ("changed",)},
    )
    entry: LazyEntry | None = reference(
        "entry", "entries", type=LazyEntry | None, description="The entry."
    )
    summary = below(
        _summaries,
        needs=("space", "summary", "withheld"),
        type=str | None,
        description="What who made it says of it; null if that was taken out of sight.",
    )
    by = below(
        _authors,
        needs=("anonymous", "by", "space"),
        type=User | None,
        gathers="users",
        description="Who made it; null if that is withheld, or nobody known did.",
    )
    diff = below(
        _diffs,
        needs=("_id", "content", "entry", "space", "version", "withheld"),
        type=list[EntryDifference] | None,
        description="What differs from the version before, by field and facet; null if a "
        "moderator took out of sight what one of them says.",
    )


def _seen(name: str) -> Any:
    async def find(parents: list[Any], info: Info) -> Any:
        seen = await entries.list_seen(info.context.ctx, parents)
        return [getattr(one, name) for one in seen]

    return find


def _where(name: str, type: Any, description: str) -> Any:
    return below(_seen(name), needs=WHERE, type=type, description=description)


async def _facets(parents: list[Any], info: Info) -> Any:
    return await entries.list_facets(info.context.ctx, parents)


async def _suitability(parents: list[Any], info: Info, need: Need) -> Any:
    return await entries.list_suitability(info.context.ctx, parents, need)


async def _contributors(parents: list[Any], info: Info) -> Any:
    shown = await entries.list_contributors(info.context.ctx, parents)
    people = await info.context.load("users").load_each([id for ids in shown for id in ids])
    found = {person["_id"]: person for person in people if person is not None}
    return [[found[id] for id in ids if id in found] for ids in shown]


async def _possible(parents: list[Any], info: Info) -> Any:
    return await entries.list_possible(info.context.ctx, parents)


@strawberry.type(description="Something that many know something about, in the pool of a space.")
class PoolEntry(Node):
    kind = "entries"

    title: str = strawberry.field(description="What it is called.")
    category: str = strawberry.field(description="What it is: a word, or a path as `food/cafe`.")
    evidence: list[str] = strawberry.field(description="Links that show it.")
    observed_at: datetime = strawberry.field(description="When it was seen so.")
    state: State = strawberry.field(description="Where it stands.")
    anonymous: bool = strawberry.field(description="Whether who added it wants not to be named.")
    created_at: datetime = strawberry.field(description="When it was added.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    version: int = strawberry.field(description="Grows with each change; for `expectedVersion`.")
    source: EntrySource | None = strawberry.field(
        description="Where an import took it from; null if somebody wrote it here."
    )
    place: GeoJSON = _where(
        "place", GeoJSON, "Where it is; the middle of a cell of the pool's grid if it is blurred."
    )
    point: Point = _where("point", Point, "The middle of its place.")
    blurred: bool = _where(
        "blurred", bool, "Whether you see only about where it is: its category is sensitive."
    )
    accuracy_m: float | None = _where(
        "accuracy_metres", float | None, "How exact its place is, in metres, if that is known."
    )
    licence: str = _where("licence", str, "The licence of its pool, under which it can be used.")
    attribution: str = _where("attribution", str, "How the pool asks to be named by who uses it.")
    space: Space | None = reference(
        "space", "spaces", type=Space | None, description="The space whose pool it is in."
    )
    merged_into: LazyEntry | None = reference(
        "merged_into",
        "entries",
        type=LazyEntry | None,
        description="If it was merged: the entry to which it leads, if you see that.",
    )
    facets: list[EntryFacet] = below(
        _facets,
        needs=("facets", "space"),
        type=list[EntryFacet],
        description="What is known of it, in the order of the pool's facets.",
    )
    suitability: Suitability | None = below(
        _suitability,
        needs=("facets", "space"),
        type=Suitability | None,
        description="Whether it suits a need; UNKNOWN where nobody has said. Null where the pool "
        "knows no such need.",
    )
    creator: User | None = below(
        _creators,
        needs=("anonymous", "created_by", "space"),
        type=User | None,
        gathers="users",
        description="Who added it; null if that is withheld.",
    )
    contributors: list[User] = below(
        _contributors,
        needs=("contributors", "named", "space"),
        type=list[User],
        gathers="users",
        description="Who has a share in what it says, without those who want to be anonymous.",
    )
    possible: list[Deed] = below(
        _possible,
        needs=WHAT_STANDS,
        type=list[Deed],
        description="What you can do with it as it stands.",
    )
    revisions: Connection[EntryRevision] = pages_below(
        entries.list_revisions,
        needs=("_id",),
        type=Connection[EntryRevision],
        description="All that it ever was, the latest first.",
    )
    confirmations: Connection[EntryConfirmation] = confirmations_below()
    signals: Connection[EntrySignal] | None = signals_below()


@strawberry.type(description="An entry that may be the same thing.")
class PossibleDuplicate:
    entry: PoolEntry = strawberry.field(description="The entry.")
    score: float = strawberry.field(
        resolver=lambda self: self.likeness.score,
        graphql_type=float,
        description="How likely that is, from 0 to 1: nearness times likeness of the names.",
    )
    distance_m: float = strawberry.field(
        resolver=lambda self: self.likeness.metres,
        graphql_type=float,
        description="How far apart they are, in metres; cells are compared where places are "
        "blurred.",
    )
    why: list[str] = strawberry.field(
        resolver=lambda self: self.likeness.reasons,
        graphql_type=list[str],
        description="Why, in sentences.",
    )


@strawberry.input(description="An entry that is yet to be written.")
class EntryDraftInput:
    space: strawberry.ID = strawberry.field(description="The space whose pool it is for.")
    title: str = strawberry.field(description="What it is called.")
    category: str = strawberry.field(description="What it is.")
    place: GeoJSON = strawberry.field(description="Where it is.")


EntryId = Annotated[
    strawberry.ID | None, strawberry.argument(description="An entry that is there already.")
]
Draft = Annotated[
    EntryDraftInput | None, strawberry.argument(description="Or one that is yet to be written.")
]


@strawberry.type
class PoolQuery:
    """Reading entries."""

    @strawberry.field(
        graphql_type=PoolEntry | None,
        description="An entry that you see; one that was merged says where it leads.",
    )
    async def pool_entry(self, info: Info, id: ThingId) -> Any:
        """Return an entry."""
        return await info.context.load("entries").load(id)

    @strawberry.field(
        graphql_type=list[PossibleDuplicate],
        description="The entries that may be the same thing as an entry, or as one that is yet to "
        "be written: of the same category, near, and similarly named; the likeliest first.",
    )
    async def possible_duplicates(
        self, info: Info, entry: EntryId = None, draft: Draft = None
    ) -> Any:
        """Return possible duplicates."""
        given = {} if draft is None else {key: vars(draft)[key] for key in DRAFTED}
        return await duplicates.list_alike(
            info.context.ctx,
            entry_id=entry,
            space_id=None if draft is None else draft.space,
            given=given,
        )
