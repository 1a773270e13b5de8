"""What is read of entries: those that the viewer sees, and of each as much as is theirs to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from app.db import entries as entries_db
from app.db import entry_revisions as entry_revisions_db
from app.db.documents import Place, Space
from app.db.paging import Page, Window
from app.db.pool_documents import (
    Consensus,
    Content,
    Entry,
    FacetKind,
    FacetValue,
    PoolRules,
    Revision,
    Value,
)
from app.pooling import consensus
from app.pooling.diffs import Difference, diff
from app.pooling.facets import suitability
from app.pooling.geometry import blurred_geometry
from app.pooling.matched import is_sensitive
from app.pooling.rules import is_set_up, kinds_of
from app.pooling.states import Cause, Deed, Moment, Step, step
from app.pooling.words import Kind, Suitability
from app.resolvers.context import Context
from app.resolvers.pooling import (
    actor_in,
    is_blurred,
    is_withheld,
    rules_in,
    sees_exactly,
    shown_name,
    shown_place,
    shown_point,
)
from app.resolvers.sight import sees_entry

# Time and the rules do these, and imports are undone as a whole.
CLOCKWORK = frozenset({Deed.SETTLE, Deed.AGE, Deed.UNDO})


@dataclass(frozen=True, slots=True)
class Seen:
    """Where an entry is, as the viewer may see it, and under what terms."""

    place: Any
    point: Place
    blurred: bool
    accuracy_metres: float | None
    licence: str
    attribution: str


class ShownConsensus(Consensus):
    """What is agreed on a facet, and why."""

    why: Sequence[str]


class ShownFacet(TypedDict):
    """What is known of one facet of an entry; who gave it, if the viewer may know."""

    name: str
    kind: str
    unit: str | None
    value: Value
    observed_at: datetime
    checked_at: datetime
    stale_at: datetime
    stale: bool
    anonymous: bool
    contributor: str | None
    consensus: ShownConsensus


async def find_visible_entries(ctx: Context, ids: list[str]) -> dict[str, Entry]:
    """Return those of the entries that the viewer sees, by identifier."""
    found = await entries_db.list_entries(ctx.db, ids)
    spaces = await _spaces(ctx, found)
    return {one["_id"]: one for one in found if sees_entry(ctx, one, spaces.get(one["space"]))}


async def find_visible_revisions(ctx: Context, ids: list[str]) -> dict[str, Revision]:
    """Return those of the revisions whose entries the viewer sees, by identifier."""
    found = await entry_revisions_db.list_revisions(ctx.db, ids)
    entries = await find_visible_entries(ctx, list({one["entry"] for one in found}))
    return {one["_id"]: one for one in found if one["entry"] in entries}


async def list_seen(ctx: Context, entries: Sequence[Entry]) -> list[Seen]:
    """Return for each entry where it is as the viewer may see it, and under what terms."""
    spaces = await _spaces(ctx, entries)
    return [_seen(ctx, entry, spaces[entry["space"]]) for entry in entries]


async def list_facets(ctx: Context, entries: Sequence[Entry]) -> list[list[ShownFacet]]:
    """Return for each entry what is known of its facets, in the order of its pool."""
    spaces = await _spaces(ctx, entries)
    rules = {id: rules_in(space) for id, space in spaces.items()}
    return [
        [
            _facet(ctx, kind, entry["facets"][name], rules[entry["space"]], spaces[entry["space"]])
            for name, kind in kinds_of(rules[entry["space"]]).items()
            if name in entry["facets"]
        ]
        for entry in entries
    ]


async def list_suitability(
    ctx: Context, entries: Sequence[Entry], need: str
) -> list[Suitability | None]:
    """Return for each entry whether it suits a need; None where the pool knows no such need."""
    spaces = await _spaces(ctx, entries)
    known = {
        id: any(
            kind["name"] == need and kind["kind"] == Kind.SUITABILITY
            for kind in rules_in(space)["facets"]
        )
        for id, space in spaces.items()
    }
    return [
        suitability({name: one["value"] for name, one in entry["facets"].items()}, need)
        if known[entry["space"]]
        else None
        for entry in entries
    ]


async def list_contributors(ctx: Context, entries: Sequence[Entry]) -> list[list[str]]:
    """Return for each entry who has a share in it, without those who want to be anonymous."""
    spaces = await _spaces(ctx, entries)
    return [
        [
            person
            for person in entry["contributors"]
            if shown_name(
                ctx,
                person,
                anonymous=person not in entry["named"],
                space=spaces[entry["space"]],
            )
        ]
        for entry in entries
    ]


async def list_authors(ctx: Context, things: Sequence[Any], key: str) -> list[str | None]:
    """Return who is behind entries or revisions, as `key` has it; None if that is withheld."""
    spaces = await _spaces(ctx, things)
    return [
        shown_name(ctx, one[key], anonymous=one["anonymous"], space=spaces[one["space"]])
        for one in things
    ]


async def list_possible(ctx: Context, entries: Sequence[Entry]) -> list[list[Deed]]:
    """Return for each entry what the viewer could do with it as it stands."""
    spaces = await _spaces(ctx, entries)
    return [_possible(ctx, entry, spaces[entry["space"]]) for entry in entries]


async def list_revisions(ctx: Context, entries: Sequence[Entry], window: Window) -> list[Page]:
    """Return for each entry a page of all that it ever was, the latest first."""
    window.check()
    ids = [entry["_id"] for entry in entries]
    found = await entry_revisions_db.find_revisions(ctx.db, ids, window)
    return [found[id] for id in ids]


async def list_summaries(ctx: Context, revisions: Sequence[Revision]) -> list[str | None]:
    """Return what who made each revision says of it; None if that is withheld."""
    spaces = await _spaces(ctx, revisions)
    return [
        None if is_withheld(ctx, one, spaces[one["space"]]) else one["summary"] for one in revisions
    ]


async def list_diffs(ctx: Context, revisions: Sequence[Revision]) -> list[list[Difference] | None]:
    """Return for each revision what changed with it, as the viewer may see it.

    There is nothing for who may not read what is withheld, of it or of the one before.
    """
    earlier = {
        entry_revisions_db.revision_id(one["entry"], one["version"] - 1): one["_id"]
        for one in revisions
        if one["version"] > 1
    }
    found = await entry_revisions_db.list_revisions(ctx.db, list(earlier)) if earlier else []
    before = {earlier[one["_id"]]: one for one in found}
    veils, spaces = await _veils(ctx, revisions), await _spaces(ctx, revisions)
    differing = list[list[Difference] | None]()
    for one in revisions:
        former, space = before.get(one["_id"]), spaces[one["space"]]
        if is_withheld(ctx, one, space) or (former and is_withheld(ctx, former, space)):
            differing.append(None)
        else:
            content = None if former is None else former["content"]
            differing.append(_diff(content, one["content"], veils.get(one["entry"])))
    return differing


async def _spaces(ctx: Context, things: Sequence[Any]) -> dict[str, Space]:
    return await ctx.services.spaces.find_many({thing["space"] for thing in things})


def _seen(ctx: Context, entry: Entry, space: Space) -> Seen:
    rules, is_veiled = rules_in(space), is_blurred(ctx, entry, space)
    return Seen(
        place=shown_place(ctx, entry, space),
        point=shown_point(ctx, entry, space),
        blurred=is_veiled,
        # How exact a place is says nothing of a blurred one.
        accuracy_metres=None if is_veiled else entry["accuracy_metres"],
        licence=rules["licence"],
        attribution=rules["attribution"],
    )


def _facet(
    ctx: Context, kind: FacetKind, facet: FacetValue, rules: PoolRules, space: Space
) -> ShownFacet:
    # Who gave what it began with is still kept, but nobody gave what many agreed on.
    anonymous, found = facet["anonymous"] and facet["by"] is not None, facet["consensus"]
    return ShownFacet(
        name=kind["name"],
        kind=kind["kind"],
        unit=kind["unit"],
        value=facet["value"],
        observed_at=facet["observed_at"],
        checked_at=facet["checked_at"],
        stale_at=facet["stale_at"],
        stale=facet["stale"],
        anonymous=anonymous,
        contributor=shown_name(ctx, facet["by"], anonymous=anonymous, space=space),
        consensus=ShownConsensus(**found, why=consensus.explain(found, rules)),
    )


def _possible(ctx: Context, entry: Entry, space: Space) -> list[Deed]:
    if space["closed_at"] is not None or not is_set_up(rules_in(space)):
        return []
    actor, moment = actor_in(ctx, space), Moment(ctx.now, by=ctx.viewer.user)
    taken = {deed: step(entry, deed, actor, moment) for deed in Deed if deed not in CLOCKWORK}
    merges = ctx.sees("entry.merge", space)
    return [
        deed
        for deed, one in taken.items()
        # Into what it is to be merged is not known yet.
        if (isinstance(one, Step) or one.cause is Cause.TARGET) and (merges or deed != Deed.MERGE)
    ]


@dataclass(frozen=True, slots=True)
class _Veil:
    """Which categories of an entry are blurred to the viewer, and how; `always`: all of them."""

    sensitive: Sequence[str]
    grid_metres: float
    always: bool


async def _veils(ctx: Context, revisions: Sequence[Revision]) -> dict[str, _Veil]:
    """Return what is blurred of entries to the viewer, by entry; without those seen exactly."""
    entries = await entries_db.list_entries(ctx.db, {one["entry"] for one in revisions})
    spaces = await _spaces(ctx, entries)
    veils = dict[str, _Veil]()
    for entry in entries:
        space = spaces[entry["space"]]
        if not sees_exactly(ctx, entry, space):
            rules = rules_in(space)
            sensitive, grid = rules["sensitive_categories"], rules["grid_metres"]
            now = is_sensitive(entry["category"], sensitive)
            veils[entry["_id"]] = _Veil(sensitive, grid, now)
    return veils


def _diff(before: Content | None, after: Content, veil: _Veil | None) -> list[Difference]:
    """Return what differs; a place that differs within its cell is told as changed all the same."""
    found = diff(before, after)
    if veil is None:
        return found
    return [_veiled(one, before, after, veil) for one in found]


def _veiled(one: Difference, before: Content | None, after: Content, veil: _Veil) -> Difference:
    if one.path not in {"place", "accuracy_metres"}:
        return one
    values = [
        _under(veil, one.path, value, content)
        for value, content in ((one.before, before), (one.after, after))
    ]
    return Difference(one.path, *values)


def _under(veil: _Veil, path: str, value: Any, content: Content | None) -> Any:
    if value is None or content is None:
        return None
    if not veil.always and not is_sensitive(content["category"], veil.sensitive):
        return value
    return blurred_geometry(value, veil.grid_metres) if path == "place" else None
