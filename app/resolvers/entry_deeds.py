"""What is done with entries: contribute, edit, revert, merge."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from app.db import entry_revisions as entry_revisions_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.pool_documents import Content, Entry, FacetValue, PoolRules, Revision
from app.db.writing import Writing, find_done, write, write_once
from app.failures import Conflict, NotAllowed, NotFound, Problem
from app.pooling import diffs
from app.pooling.consensus import unheard
from app.pooling.facets import checked, is_known
from app.pooling.freshness import renewed
from app.pooling.geometry import blurred_geometry, read_geometry
from app.pooling.matched import is_sensitive
from app.pooling.rules import kinds_of
from app.pooling.states import Deed, Moment
from app.pooling.words import Cause, State
from app.resolvers.context import Context
from app.resolvers.duplicates import Alike, find_alike
from app.resolvers.entry_content import read_content, read_summary
from app.resolvers.inputs import Checks
from app.resolvers.pooling import (
    is_blurred,
    is_to_be_patrolled,
    is_withheld,
    require_contributor,
    reread_entry,
    rules_in,
    sees_exactly,
    step_of,
    visible_entry,
)
from app.resolvers.sight import sees_entry
from app.resolvers.speaking import agree
from app.resolvers.versions import (
    Making,
    content_of,
    facets_after,
    first_version,
    giving_of,
    next_version,
    write_version,
    write_versions,
)

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Signing:
    """How somebody signs what they write: under their name or not, and what they say of it."""

    anonymous: bool = False
    summary: str = ""


async def contribute(
    ctx: Context,
    *,
    space_id: str,
    idempotency_key: str | None,
    even_if_similar: bool,
    signing: Signing,
    given: Given,
) -> Entry | list[Alike]:
    """Add an entry to a pool, or return those that may be the same already.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: they may not contribute there, or it has no licence yet.
        InvalidInput: something is wrong with the input.
        Conflict: the idempotency key was used for another input.

    """
    space = await ctx.visible_space(space_id)
    person = require_contributor(ctx, space)
    checks = Checks()
    checks.idempotency_key(idempotency_key)
    making = _making(checks, Cause.CONTRIBUTED, person, signing)
    content = read_content(checks, given, None, rules_in(space), ctx.now)
    checks.done()
    # As it was read: what is given can hold what has no place in a fingerprint.
    read = {name: value for name, value in content.items() if name in given}
    deed = ("contributeEntry", ctx.viewer.actor, {"space": space_id, **asdict(signing), **read})
    done = await find_done(ctx.db, idempotency_key, deed)
    if done is None:
        if not even_if_similar:
            alike = await find_alike(ctx, space, "", content)
            if alike:
                return alike
        patrolled = not await is_to_be_patrolled(ctx, space, anonymous=signing.anonymous)

        async def work(writing: Writing) -> Document:
            first = first_version(space, content, making, writing.at, patrolled=patrolled)
            await write_versions(writing, first)
            return {"id": first.entry["_id"]}

        done = await write_once(ctx.db, ctx.now, idempotency_key, deed, work)
        ctx.services.log.nudge()
    entry, _ = await visible_entry(ctx, done["id"])
    return entry


async def edit(
    ctx: Context,
    *,
    id: str,
    expected_version: int,
    signing: Signing,
    given: Given,
) -> Entry:
    """Change what an entry says; what others changed since the caller saw it stays beside it.

    Raises:
        NotFound: the viewer sees no such entry.
        NotSignedIn, NotAllowed: they may not edit it so.
        InvalidInput: something is wrong with the input.
        Conflict: others changed the same meanwhile, or there never was such a version.
        WrongState: it is not there to be edited.

    """
    entry, space = await visible_entry(ctx, id)
    person, rules = require_contributor(ctx, space), rules_in(space)
    base = await _find_version(ctx, entry, expected_version)
    checks = Checks()
    making = _making(checks, Cause.EDITED, person, signing)
    given = _told_back(given, base["content"], rules) if is_blurred(ctx, entry, space) else given
    edited = read_content(checks, given, base["content"], rules, ctx.now)
    checks.done()
    looked_at = not await is_to_be_patrolled(ctx, space, anonymous=signing.anonymous)

    async def work(writing: Writing) -> Entry:
        current = await _reread(ctx, writing, id, space)
        merged = diffs.merge(base["content"], edited, content_of(current))
        conflicts = merged.conflicts or _overtaken(given, base["content"], edited, current)
        if conflicts:
            raise _conflict(current, conflicts)
        # When something was seen is no change by itself, unless that is what is said.
        if set(merged.changed) <= ({diffs.LATEST} - given.keys()):
            return current
        _insist_on_veil(ctx, current, space, merged.content)
        giving = giving_of(making, edited["observed_at"], writing.at, current["version"] + 1)
        facets = facets_after(current, merged.content["facets"], rules, giving)
        facets = await _resumed(writing, space, current, facets)
        moment = Moment(writing.at, facets, by=person)
        taken = step_of(ctx, current, space, Deed.EDIT, moment)
        patrolled = current["patrolled"] and looked_at
        change = {**merged.content, **taken.changes, "facets": facets, "patrolled": patrolled}
        return await write_version(writing, space, current, change, making)

    return await _done(ctx, [id], work)


async def revert(
    ctx: Context, *, revision_id: str, expected_version: int, signing: Signing
) -> Entry:
    """Set an entry back to what it was: each value is again whose it was.

    What is kept under a facet that the pool has no more stays away.

    Raises:
        NotFound: the viewer sees no such revision.
        NotSignedIn, NotAllowed: they may not do so.
        InvalidInput: something is wrong with the input.
        Conflict: the entry has changed since the caller saw it.
        WrongState: it is not there to be reverted.

    """
    found = await entry_revisions_db.list_revisions(ctx.db, [revision_id])
    if not found:
        raise NotFound("There is no such revision.")
    [revision] = found
    id = revision["entry"]
    _, space = await visible_entry(ctx, id)
    person, rules = require_contributor(ctx, space), rules_in(space)
    if is_withheld(ctx, revision, space):
        message = "What it says was taken out of sight."
        raise NotAllowed(message, missing="the role of moderator in the space")
    checks = Checks()
    making = _making(checks, Cause.REVERTED, person, signing)
    checks.done()
    looked_at = not await is_to_be_patrolled(ctx, space, anonymous=signing.anonymous)

    async def work(writing: Writing) -> Entry:
        current = await _reread(ctx, writing, id, space)
        if current["version"] != expected_version:
            raise _conflict(current)
        _insist_on_veil(ctx, current, space, revision["content"])
        facets = _facets_of(revision, current, rules)
        # What was agreed on then may be so no more: those who speak in that round are heard anew.
        back = [name for name, one in facets.items() if current["facets"].get(name) != one]
        facets = await agree(writing, space, {**current, "facets": facets}, back)
        gone = revision["matched"]["state"] == State.GONE
        moment = Moment(writing.at, facets, gone=gone, by=person)
        taken = step_of(ctx, current, space, Deed.REVERT, moment)
        change: dict[str, Any] = {**revision["content"], **taken.changes, "facets": facets}
        change["patrolled"] = current["patrolled"] and looked_at
        before: Any = current
        if all(before[name] == value for name, value in change.items() if name != "due_at"):
            return current
        told = {"to": revision["version"]}
        return await write_version(writing, space, current, change, replace(making, told=told))

    return await _done(ctx, [id], work)


async def merge(ctx: Context, *, from_id: str, into_id: str, summary: str) -> Entry:
    """Merge an entry into another: it leads on there, and what that does not say is taken over.

    Raises:
        NotFound: the viewer sees no such entries.
        NotSignedIn, NotAllowed: they may not merge.
        InvalidInput: the other entry is none into which it can be merged.
        WrongState: it is not there to be merged.

    """
    _, space = await visible_entry(ctx, from_id)
    await visible_entry(ctx, into_id)
    person = require_contributor(ctx, space)
    ctx.require("entry.merge", space)
    checks = Checks()
    making = _making(checks, Cause.MERGED, person, Signing(summary=summary))
    checks.done()

    async def work(writing: Writing) -> Entry:
        merged = await _reread(ctx, writing, from_id, space)
        into = await reread_entry(writing, into_id)
        if merged["merged_into"] == into_id and merged["state"] == State.MERGED:
            return merged
        moment = Moment(writing.at, by=person, into=into)
        taken = step_of(ctx, merged, space, Deed.MERGE, moment)
        leading = replace(making, told={"into": into_id})
        taking = replace(making, told={"from": from_id})
        [done, _] = await write_versions(
            writing,
            next_version(space, merged, taken.changes, leading, writing.at),
            # Also when nothing is taken over: so it cannot itself be merged away at this moment.
            next_version(space, into, _taken_over(merged, into), taking, writing.at),
        )
        return done

    return await _done(ctx, [from_id, into_id], work)


def _told_back(given: Given, base: Content, rules: PoolRules) -> Given:
    """Return what is given less the place that somebody was shown blurred, and tells back so."""
    place, _ = read_geometry("place", given.get("place"))
    shown, _ = read_geometry("place", blurred_geometry(base["place"], rules["grid_metres"]))
    is_shown = "place" not in given or place == shown
    untold = {"place"} if is_shown else set[str]()
    if is_shown and given.get("accuracy_metres") is None:
        untold.add("accuracy_metres")
    return {name: value for name, value in given.items() if name not in untold}


def _making(checks: Checks, cause: Cause, by: str, signing: Signing) -> Making:
    summary = read_summary(checks, signing.summary)
    return Making(cause, by, signing.anonymous, summary=summary)


async def _done(ctx: Context, ids: list[str], work: Callable[[Writing], Awaitable[Entry]]) -> Entry:
    async with ctx.db.turns.take(ids):
        entry = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return entry


async def _reread(ctx: Context, writing: Writing, id: str, space: Space) -> Entry:
    """Return an entry as it is within a transaction, if the viewer sees it still."""
    entry = await reread_entry(writing, id)
    if not sees_entry(ctx, entry, space):
        raise NotFound("There is no such entry.")
    return entry


async def _find_version(ctx: Context, entry: Entry, version: int) -> Revision:
    """Return what an entry was in the version that somebody saw."""
    found = await entry_revisions_db.find_revision(ctx.db, entry["_id"], version)
    if found is None:
        raise _conflict(entry)
    return found


def _conflict(entry: Entry, paths: Sequence[str] = ()) -> Conflict:
    message = (
        f"Others have changed the same meanwhile: {', '.join(paths)}."
        if paths
        else "The entry has changed meanwhile."
    )
    return Conflict(message, current_version=entry["version"], paths=paths)


def _insist_on_veil(ctx: Context, entry: Entry, space: Space, after: Content) -> None:
    """Let nobody unveil a place, by another category, who may not see it.

    Raises:
        NotAllowed: the category would not be sensitive any more, and they may not see the place.

    """
    sensitive = rules_in(space)["sensitive_categories"]
    if not is_sensitive(entry["category"], sensitive) or is_sensitive(after["category"], sensitive):
        return
    if not sees_exactly(ctx, entry, space):
        message = "Places of this category are blurred, and would be so no more."
        raise NotAllowed(message, missing="who added it, or the role of moderator in the space")


def _overtaken(given: Given, base: Content, edited: Content, current: Entry) -> list[str]:
    """Return the facets of which somebody says what they saw, which is another value by now."""
    named = {one["name"] for one in given.get("facets") or ()}
    return [
        f"{diffs.FACETS}.{name}"
        for name, value in edited["facets"].items()
        if name in named and diffs.is_same(base["facets"].get(name), value)
        if name in current["facets"] and not diffs.is_same(current["facets"][name]["value"], value)
    ]


async def _resumed(
    writing: Writing, space: Space, current: Entry, facets: Mapping[str, FacetValue]
) -> dict[str, FacetValue]:
    """Return facets of which none begins anew that comes back: what was said of it is heard again.

    Else a dispute would end by taking the value away and giving it once more.
    """
    kinds, after, again = kinds_of(rules_in(space)), dict(facets), list[str]()
    for name, facet in facets.items():
        if facet["round"] <= current["version"] or not is_known(facet["value"]):
            continue
        value = facet["value"]
        held = await entry_revisions_db.find_held(writing, current["_id"], name, value)
        if held is not None and diffs.is_same(held["value"], value) and name in kinds:
            after[name] = renewed(held, kinds[name], facet["checked_at"])
            again.append(name)
    return await agree(writing, space, {**current, "facets": after}, again)


def _facets_of(revision: Revision, current: Entry, rules: PoolRules) -> dict[str, FacetValue]:
    """Return the facets of a revision that the pool still has; what is unchanged stays as it is."""
    kinds, held = kinds_of(rules), current["facets"]
    facets = dict[str, FacetValue]()
    for name, facet in revision["facets"].items():
        if name in held and diffs.is_same(held[name]["value"], facet["value"]):
            facets[name] = held[name]
        elif name in kinds and not isinstance(checked(kinds[name], facet["value"], ""), Problem):
            facets[name] = facet
    return facets


def _taken_over(merged: Entry, into: Entry) -> dict[str, Any]:
    """Return what an entry gains from another that is merged into it; its own stays as it is."""
    version = into["version"] + 1
    facets = {
        name: FacetValue({**facet, "round": version, "consensus": unheard(facet["value"])})
        for name, facet in merged["facets"].items()
        # A dispute is not left behind: what is disputed stays with those who spoke of it.
        if name not in into["facets"] and not facet["consensus"]["disputed"]
    }
    evidence = list(dict.fromkeys([*into["evidence"], *merged["evidence"]]))
    people = {
        name: list(dict.fromkeys([*into[name], *merged[name]]))
        for name in ("contributors", "named")
    }
    return {
        "facets": into["facets"] | facets,
        "evidence": evidence[: diffs.MOST_LINKS],
        **people,
    }
