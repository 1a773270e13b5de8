"""The one way in which entries change: each change is a version, with a revision and an event."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from app.db import confirmations as confirmations_db
from app.db import entries as entries_db
from app.db import entry_revisions as entry_revisions_db
from app.db.documents import Space
from app.db.events import Draft
from app.db.pool_documents import Content, Entry, FacetValue, PoolRules, Revision, Source, Value
from app.db.writing import Writing
from app.ids import new_id
from app.places import blurred
from app.pooling import diffs
from app.pooling.cells import cell_of
from app.pooling.freshness import Giving, aged, due_at, given
from app.pooling.geometry import middle
from app.pooling.matched import is_sensitive, matched
from app.pooling.rules import kinds_of
from app.pooling.states import LIVE, following, settled
from app.pooling.words import Cause, State
from app.resolvers.pooling import rules_in

EVENTS: Final[dict[Cause, str]] = {
    Cause.CONTRIBUTED: "entry.contributed",
    Cause.IMPORTED: "entry.contributed",
    Cause.EDITED: "entry.edited",
    Cause.REVERTED: "entry.reverted",
    Cause.MERGED: "entry.merged",
    Cause.SIGNALLED: "entry.signalled",
    Cause.CONFIRMED: "entry.confirmed",
    Cause.AGED: "entry.settled",
    Cause.HIDDEN: "entry.hidden",
    Cause.RESTORED: "entry.restored",
}
CONTRIBUTING = frozenset(map(Cause, entry_revisions_db.CONTRIBUTING))


@dataclass(frozen=True, slots=True)
class Making:
    """How a version of an entry comes about.

    Attributes:
        cause: what brought it about.
        by: who did, if it was a person with an account.
        anonymous: whether their name is withheld from all but moderators.
        address: a fingerprint of where they did it from, if they have no account.
        summary: what they say of it.
        event: another type of event than the cause has; None: the cause's own.
        to: whom the event concerns besides.
        told: what `after` of the event says besides: no texts, places or names.
        shares: whether who did it has a share in what the entry says, if the cause gives one.

    """

    cause: Cause
    by: str | None = None
    anonymous: bool = False
    address: str | None = None
    summary: str = ""
    event: str | None = None
    to: Collection[str] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    shares: bool = True


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an entry that is to be written: what it was, what it is, how it is told."""

    before: Entry | None
    entry: Entry
    revision: Revision
    event: Draft
    rules: PoolRules


def content_of(entry: Entry) -> Content:
    """Return what of an entry people write."""
    return Content(
        title=entry["title"],
        category=entry["category"],
        place=entry["place"],
        accuracy_metres=entry["accuracy_metres"],
        facets={name: facet["value"] for name, facet in entry["facets"].items()},
        evidence=entry["evidence"],
        observed_at=entry["observed_at"],
    )


def facets_after(
    entry: Entry | None, values: Mapping[str, Value], rules: PoolRules, giving: Giving
) -> dict[str, FacetValue]:
    """Return the facets of an entry that has these values: new ones are given, equal ones stay.

    What the pool has no facet for any more is left out, if it is new.
    """
    held: Mapping[str, FacetValue] = {} if entry is None else entry["facets"]
    before = {name: facet["value"] for name, facet in held.items()}
    kinds = kinds_of(rules)
    facets = dict[str, FacetValue]()
    for name, value in values.items():
        if name in before and diffs.is_same(before[name], value):
            facets[name] = held[name]
        elif name in kinds:
            facets[name] = given(kinds[name], value, giving)
    return facets


def giving_of(making: Making, observed_at: datetime, at: datetime, version: int) -> Giving:
    """Return with what values are given by which an entry gets to a version."""
    return Giving(making.by, making.anonymous, observed_at, at, version)


def first_version(
    space: Space,
    content: Content,
    making: Making,
    at: datetime,
    *,
    patrolled: bool = True,
    source: Source | None = None,
) -> Version:
    """Return the first version of a new entry, of a content that has been checked."""
    rules = rules_in(space)
    giving = giving_of(making, content["observed_at"], at, 1)
    facets = facets_after(None, content["facets"], rules, giving)
    whole: dict[str, Any] = {
        "_id": new_id("entries"),
        "space": space["_id"],
        **content,
        "facets": facets,
        "state": following(facets, at),
        "hidden_from": None,
        "merged_into": None,
        "gone": 0.0,
        "there_at": at,
        "contributors": [],
        "named": [],
        "created_by": making.by,
        "anonymous": making.anonymous,
        "patrolled": patrolled,
        "imported_by": making.by if making.cause is Cause.IMPORTED else None,
        "source": source,
        "created_at": at,
        "version": 1,
    }
    return _version(None, whole, rules, making, at)


def next_version(
    space: Space, entry: Entry, change: Mapping[str, Any], making: Making, at: datetime
) -> Version:
    """Return the next version of an entry, by fields of its document that change.

    What follows from them need not be given: the state (unless the change names one, as those of
    `app.pooling.states.step` do), what is stale, when it is due, what filters look at.
    """
    merged: dict[str, Any] = {**entry, **change, "version": entry["version"] + 1}
    if "state" not in change:
        merged["state"] = settled(State(entry["state"]), merged["facets"], at)
    return _version(entry, merged, rules_in(space), making, at)


async def write_versions(writing: Writing, *versions: Version) -> list[Entry]:
    """Write versions of entries of one pool, each with its revision and its event.

    Raises:
        Again: somebody else changed one of them since; the next attempt has to read it anew.

    """
    added = [one.entry for one in versions if one.before is None]
    await entries_db.insert_entries(writing, added)
    changed = [(one.before, _change(one)) for one in versions if one.before is not None]
    await entries_db.update_entries(writing, changed)
    await entry_revisions_db.insert_revisions(writing, [one.revision for one in versions])
    for one in versions:
        await _amend_past(writing, one)
    await writing.append(*(one.event for one in versions))
    return [one.entry for one in versions]


async def write_version(
    writing: Writing, space: Space, entry: Entry, change: Mapping[str, Any], making: Making
) -> Entry:
    """Write the next version of an entry that was reread; return the entry as it is then.

    See `next_version`; raises what `write_versions` raises.
    """
    [after] = await write_versions(writing, next_version(space, entry, change, making, writing.at))
    return after


def _version(
    before: Entry | None, whole: dict[str, Any], rules: PoolRules, making: Making, at: datetime
) -> Version:
    whole["state"] = str(whole["state"])
    whole["facets"] = aged(whole["facets"], at)
    is_live = State(whole["state"]) in LIVE
    shares = making.shares and making.cause in CONTRIBUTING and making.by is not None
    named = shares and not making.anonymous
    content = content_of(cast("Entry", whole))
    point = middle(content["place"])
    whole |= {
        "point": point,
        "sensitive": is_sensitive(content["category"], rules["sensitive_categories"]),
        "due_at": due_at(whole["facets"]) if is_live else None,
        "contributors": _with(whole["contributors"], making.by if shares else None),
        "named": _with(whole["named"], making.by if named else None),
        "updated_at": at,
        "matched": matched(
            content,
            point,
            rules,
            state=whole["state"],
            stale=any(facet["stale"] for facet in whole["facets"].values()),
        ),
    }
    entry = cast("Entry", whole)
    revision = _revision(before, entry, content, making)
    return Version(before, entry, revision, _event(before, entry, revision, making), rules)


def _revision(before: Entry | None, entry: Entry, content: Content, making: Making) -> Revision:
    then = None if before is None else content_of(before)
    return Revision(
        _id=entry_revisions_db.revision_id(entry["_id"], entry["version"]),
        entry=entry["_id"],
        space=entry["space"],
        version=entry["version"],
        cause=making.cause.value,
        content=content,
        facets=entry["facets"],
        matched=entry["matched"],
        changed=diffs.changed(then, content),
        by=making.by,
        anonymous=making.anonymous,
        address=making.address,
        summary=making.summary,
        at=entry["updated_at"],
    )


def _event(before: Entry | None, entry: Entry, revision: Revision, making: Making) -> Draft:
    """Tell of a version; who wants not to be named is told of it without being named."""
    to = [*making.to, making.by] if making.anonymous and making.by is not None else [*making.to]
    return Draft(
        type=making.event or EVENTS[making.cause],
        space=entry["space"],
        subject=entry["_id"],
        actor=None if making.anonymous else making.by,
        at=entry["updated_at"],
        to=list(dict.fromkeys(to)),
        within=entry["_id"],
        before=before and {"version": before["version"], "state": before["state"]},
        after={
            "version": entry["version"],
            "state": entry["state"],
            "cause": making.cause.value,
            "changed": revision["changed"],
            **making.told,
        },
    )


def _with(people: list[str], one: str | None) -> list[str]:
    return people if one is None or one in people else [*people, one]


async def _amend_past(writing: Writing, version: Version) -> None:
    """Let the past of an entry tell no more than the entry does: see `_blurred`, `_withheld`.

    What people said of a value that was taken out says it too, and goes.
    """
    before, entry = version.before, version.entry
    if before is None:
        return
    blurs = entry["sensitive"] and not before["sensitive"]
    withholds = before["state"] == State.HIDDEN and bool(version.revision["changed"])
    if blurs or withholds:
        past = await entry_revisions_db.list_contents(writing, entry["_id"])
        amended = _blurred(past, version.rules) if blurs else {}
        taken_out = _taken_out(content_of(before), content_of(entry)) if withholds else {}
        for id in _withheld(past, taken_out):
            hidden = {"withheld": True, "matched.state": State.HIDDEN.value}
            amended[id] = amended.get(id, {}) | hidden
        await entry_revisions_db.amend_revisions(writing, amended)
        facets = {
            path.removeprefix(f"{diffs.FACETS}."): value
            for path, value in taken_out.items()
            if path.startswith(f"{diffs.FACETS}.")
        }
        await confirmations_db.delete_of_values(writing, entry["_id"], facets)


def _blurred(past: Sequence[Revision], rules: PoolRules) -> dict[str, dict[str, Any]]:
    """Return where filters are to see what was exact before its category became sensitive."""
    seen = dict[str, dict[str, Any]]()
    for kept in past:
        spot = blurred(middle(kept["content"]["place"]), rules["grid_metres"])
        seen[kept["_id"]] = {"matched.spot": spot, "matched.cell": cell_of(spot)}
    return seen


def _taken_out(before: Content, after: Content) -> dict[str, Any]:
    """Return what was taken out of an entry, by paths."""
    return {
        one.path: one.before
        for one in diffs.diff(before, after)
        if one.path != diffs.LATEST and one.before not in (None, "", [])
    }


def _withheld(past: Sequence[Revision], taken_out: Mapping[str, Any]) -> list[str]:
    """Return the revisions that say what was taken out of an entry while it was hidden."""
    return [kept["_id"] for kept in past if diffs.holds(kept["content"], taken_out)]


def _change(version: Version) -> dict[str, Any]:
    """Return what of an entry differs; what filters look at is always written whole."""
    before: Any = version.before
    return {
        name: value
        for name, value in version.entry.items()
        if name != "version" and (name == "matched" or before.get(name) != value)
    }
