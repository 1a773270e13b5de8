"""Confirming: what somebody who went and looked says of an entry's facets, all at once or none."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.db import confirmations as confirmations_db
from app.db import entry_revisions as entry_revisions_db
from app.db.documents import Space
from app.db.paging import Page, Window
from app.db.pool_documents import Confirmation, Entry, FacetKind, FacetValue, Value
from app.db.writing import Writing, write
from app.failures import Conflict, InvalidInput, NotFound, Problem
from app.pooling.diffs import FACETS, is_same
from app.pooling.facets import checked, is_known
from app.pooling.freshness import stale_facets
from app.pooling.rules import kinds_of
from app.pooling.states import Deed, Moment
from app.pooling.words import Cause, Verdict
from app.resolvers.context import Context
from app.resolvers.inputs import Checks
from app.resolvers.pooling import (
    require_contributor,
    reread_entry,
    rules_in,
    shown_name,
    step_of,
    visible_entry,
)
from app.resolvers.sight import sees_entry
from app.resolvers.speaking import Said, Speaker, speak
from app.resolvers.versions import Making, write_version

MOST_FACETS = 50


async def confirm_entry(
    ctx: Context,
    *,
    id: str,
    verdicts: Sequence[Mapping[str, Any]],
    anonymous: bool = False,
    observed_at: datetime | None = None,
    expected_version: int | None = None,
) -> Entry:
    """Keep what the viewer says of facets of an entry, and what follows from it for consensus.

    The last word of each person on a value counts. Whoever confirms with a value, or names the
    version of the entry, says what they looked at: if it is another value by now, nothing is kept.

    Args:
        ctx: the request.
        id: the entry.
        verdicts: what is said, each with a `facet`, a `verdict` and a `value` (see `Said`).
        anonymous: whether their name is withheld from all but moderators.
        observed_at: when they saw it, if that is not now.
        expected_version: the version of the entry whose values they looked at, if they say so.

    Raises:
        NotFound: the viewer sees no such entry.
        NotSignedIn, NotAllowed: they may not contribute to the pool.
        InvalidInput: something is wrong with what is said.
        Conflict: a value has changed since the viewer saw it, or there never was such a version.
        WrongState: it is not there to be confirmed.

    """
    entry, space = await visible_entry(ctx, id)
    speaker = Speaker(require_contributor(ctx, space), anonymous, observed_at)
    words = _read([Said(**one) for one in verdicts], kinds_of(rules_in(space)))
    seen = await _seen(ctx, entry, words, expected_version)

    async def work(writing: Writing) -> Entry:
        current = await reread_entry(writing, id)
        if not sees_entry(ctx, current, space):
            raise NotFound("There is no such entry.")
        step_of(ctx, current, space, Deed.CONFIRM, Moment(writing.at, by=speaker.person))
        _insist_on_seen(current, seen)
        _insist_on_sense(current, words, speaker.person)
        return await _keep(ctx, writing, space, current, speaker, words)

    async with ctx.db.turns.take([entry["_id"]]):
        done = await write(ctx.db, ctx.now, work)
    ctx.services.log.nudge()
    return done


async def renew_entry(
    ctx: Context, *, id: str, facets: Sequence[str] | None, anonymous: bool = False
) -> Entry:
    """Say of facets that they are still so: all that ask to be checked, or else all, if not named.

    Raises:
        NotFound: the viewer sees no such entry.
        NotSignedIn, NotAllowed: they may not contribute to the pool.
        InvalidInput: nothing is known of such a facet.
        WrongState: it is not there to be confirmed.

    """
    entry, space = await visible_entry(ctx, id)
    require_contributor(ctx, space)
    names = facets
    if names is None:
        known = [name for name, one in entry["facets"].items() if is_known(one["value"])]
        kinds = kinds_of(rules_in(space))
        names = stale_facets(entry["facets"], ctx.now) or known
        names = [name for name in names if name in kinds]
    # What is renewed is what was seen: a value that has changed since is not taken for it.
    held = entry["facets"]
    verdicts = [
        {
            "facet": name,
            "verdict": Verdict.CONFIRM,
            "value": held[name]["value"] if name in held else None,
        }
        for name in names
    ]
    try:
        return await confirm_entry(ctx, id=id, verdicts=verdicts, anonymous=anonymous)
    except InvalidInput as wrong:
        named = [Problem(one.path.removesuffix(".facet"), one.message) for one in wrong.problems]
        raise InvalidInput(*named) from None


async def list_said(ctx: Context, entries: Sequence[Entry], window: Window) -> list[Page]:
    """Return for each entry a page of what people said of it, the latest first."""
    window.check()
    ids = [entry["_id"] for entry in entries]
    found = await confirmations_db.find_confirmations(ctx.db, ids, window)
    return [found[id] for id in ids]


async def list_speakers(ctx: Context, said: Sequence[Confirmation]) -> list[str | None]:
    """Return for each confirmation whose it is; None if that is withheld."""
    spaces = await ctx.services.spaces.find_many({one["space"] for one in said})
    return [
        shown_name(ctx, one["user"], anonymous=one["anonymous"], space=spaces[one["space"]])
        for one in said
    ]


async def _keep(
    ctx: Context,
    writing: Writing,
    space: Space,
    current: Entry,
    speaker: Speaker,
    words: Sequence[Said],
) -> Entry:
    facets = await speak(writing, space, current, speaker, words)
    moment = Moment(writing.at, facets, by=speaker.person)
    taken = step_of(ctx, current, space, Deed.CONFIRM, moment)
    names = [one.facet for one in words]
    givers = [
        facet["claimed_by"]
        for name in names
        if (facet := current["facets"].get(name)) is not None
        and facet["claimed_by"] not in {None, speaker.person}
    ]
    making = Making(
        Cause.CONFIRMED,
        speaker.person,
        speaker.anonymous,
        to=[giver for giver in givers if giver is not None],
        told={"facets": names},
    )
    change: dict[str, Any] = {**taken.changes, "facets": facets}
    return await write_version(writing, space, current, change, making)


def _read(said: Sequence[Said], kinds: Mapping[str, FacetKind]) -> list[Said]:
    """Return what is said with values as they are kept.

    Raises:
        InvalidInput: with all that is wrong.

    """
    checks, words = Checks(), list[Said]()
    if not 1 <= len(said) <= MOST_FACETS:
        checks.add("facets", f"Say something of 1 to {MOST_FACETS} facets, not {len(said)}.")
    seen = set[str]()
    for n, one in enumerate(said[:MOST_FACETS]):
        path = f"facets.{n}"
        if one.facet in seen:
            checks.add(f"{path}.facet", "It is there twice.")
        seen.add(one.facet)
        if one.facet not in kinds:
            checks.add(f"{path}.facet", f"The pool's facets are: {', '.join(kinds) or 'none'}.")
            continue
        value: Value | Problem | None = one.value
        if value is not None:
            value = checked(kinds[one.facet], value, f"{path}.value")
        if isinstance(value, Problem):
            checks.problems.append(value)
            continue
        if one.verdict == Verdict.CANNOT_TELL and value is not None:
            checks.add(f"{path}.value", "Whoever cannot tell gives no value.")
        words.append(Said(one.facet, one.verdict, value))
    checks.done()
    return words


async def _seen(
    ctx: Context, entry: Entry, words: Sequence[Said], version: int | None
) -> dict[str, Value | None]:
    """Return the values that somebody looked at who confirms or disputes, as far as they say so.

    None stands for a facet that had no value.

    Raises:
        Conflict: there never was such a version of the entry.

    """
    looked = [one for one in words if one.verdict != Verdict.CANNOT_TELL]
    held: Mapping[str, FacetValue] | None = None
    if version == entry["version"]:
        held = entry["facets"]
    elif version is not None:
        then = await entry_revisions_db.find_revision(ctx.db, entry["_id"], version)
        if then is None:
            message = f"The entry has the version {entry['version']}, and never had {version}."
            raise Conflict(message, current_version=entry["version"])
        held = then["facets"]
    seen = {} if held is None else {one.facet: _value(held, one.facet) for one in looked}
    told = {one.facet: one.value for one in looked if one.verdict == Verdict.CONFIRM}
    return seen | {facet: value for facet, value in told.items() if value is not None}


def _value(facets: Mapping[str, FacetValue], name: str) -> Value | None:
    return facets[name]["value"] if name in facets else None


def _told(value: Value | None) -> str:
    return "without a value" if value is None else json.dumps(value, ensure_ascii=False)


def _insist_on_seen(entry: Entry, seen: Mapping[str, Value | None]) -> None:
    """Let nobody say of a value what they mean of another one that they looked at.

    Raises:
        Conflict: with what has another value by now, and which.

    """
    now = {facet: _value(entry["facets"], facet) for facet in seen}
    moved = {name: value for name, value in now.items() if not is_same(value, seen[name])}
    if moved:
        told = ", ".join(f"{name} is {_told(value)}" for name, value in moved.items())
        message = f"By now {told}: look again, and say it of that."
        paths = [f"{FACETS}.{name}" for name in moved]
        raise Conflict(message, current_version=entry["version"], paths=paths)


def _insist_on_sense(entry: Entry, words: Sequence[Said], person: str) -> None:
    """Let what is said pass only where it can be said of the values that are there.

    Raises:
        InvalidInput: there is no value, it is one's own, or the same is named instead.

    """
    checks = Checks()
    for n, one in enumerate(words):
        facet = entry["facets"].get(one.facet)
        if one.verdict == Verdict.CANNOT_TELL:
            continue
        # Of what is unknown nothing can be said but what is so instead.
        says_so = one.verdict == Verdict.DISPUTE and one.value is not None
        if facet is None or not (says_so or is_known(facet["value"])):
            checks.add(f"facets.{n}.facet", "Nobody has said what is so: say it by `editEntry`.")
        elif one.verdict == Verdict.DISPUTE:
            if facet["by"] == person:
                checks.add(f"facets.{n}.verdict", "It is your own: change it by `editEntry`.")
            elif one.value is not None and is_same(one.value, facet["value"]):
                checks.add(f"facets.{n}.value", "This is what it says: confirm it instead.")
    if checks.problems:
        raise InvalidInput(*checks.problems)
