"""Taking back all that one person did: what that leaves of an entry, with the work of all others.

Each field and each facet is looked at by itself. It goes back to what somebody else last made of it
if that person was the last to change it, and stays if somebody else did so since, or if enough
others verified the value. Of several people whose work is taken back one after the other none
counts as somebody else, and neither does the taking back: so the order does not matter.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.db.pool_documents import Entry, FacetValue, Revision
from app.pooling.diffs import FACETS
from app.pooling.words import Cause, State

# By these somebody writes what an entry says; what people agree on is nobody's alone.
WRITING = frozenset({Cause.CONTRIBUTED, Cause.IMPORTED, Cause.EDITED, Cause.REVERTED, Cause.MERGED})


@dataclass(frozen=True, slots=True)
class Culprit:
    """Whose work is taken back, and of what time."""

    person: str
    since: datetime
    until: datetime

    def made(self, revision: Revision) -> bool:
        """Say whether a revision is theirs."""
        return revision["by"] == self.person and self.since <= revision["at"] <= self.until

    def wrote(self, revision: Revision) -> bool:
        """Say whether they wrote what changed with a revision."""
        return self.made(revision) and revision["cause"] in WRITING


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of an entry: fields that change, and all its facets."""

    fields: Mapping[str, Any]
    facets: Mapping[str, FacetValue]


def without(
    facets: Mapping[str, FacetValue],
    history: Sequence[Revision],
    culprits: Collection[Culprit],
    undone: Collection[int] = (),
) -> Remains:
    """Return what is left of an entry without what some people wrote.

    A field that nobody else ever wrote stays: an entry has a title and a place.

    Args:
        facets: those of the entry as it is.
        history: all its revisions, the earliest first.
        culprits: whose work is taken back, now or before: what was verified then may be so no more.
        undone: the versions by which work was taken back before.

    """
    fields, left = dict[str, Any](), dict(facets)
    written = [
        one
        for one in history
        if one["version"] not in undone
        if one["cause"] in WRITING or not any(who.made(one) for who in culprits)
    ]
    wrong = {one["version"] for one in written if any(who.wrote(one) for who in culprits)}
    theirs = (path for one in written if one["version"] in wrong for path in one["changed"])
    for path in dict.fromkeys(theirs):
        makers = [one for one in written if path in one["changed"]]
        if makers[-1]["version"] not in wrong:
            continue
        before = next((one for one in reversed(makers) if one["version"] not in wrong), None)
        of, _, name = path.rpartition(".")
        if of == FACETS:
            _restore(left, name, before)
        elif before is not None:
            fields[path] = before["content"][path]
    return Remains(fields, left)


def is_alone(
    entry: Entry,
    history: Sequence[Revision],
    culprits: Collection[Culprit],
    undone: Collection[int] = (),
) -> bool:
    """Say whether an entry was added by these people, and nobody else has made anything of it.

    Others have if they wrote in it, spoke of it, or showed it again after it was hidden. See
    `without` for the arguments.
    """
    made = [
        one
        for one in history
        if one["version"] not in undone
        if one["cause"] in WRITING - {Cause.MERGED} or one["cause"] == Cause.RESTORED
    ]
    agreed = [facet["consensus"] for facet in entry["facets"].values()]
    return (
        any(who.wrote(history[0]) for who in culprits)
        and all(any(who.made(one) for who in culprits) for one in made)
        and set(entry["contributors"]) <= {who.person for who in culprits}
        and not any(one["supporters"] or one["dissenters"] for one in agreed)
    )


def brought_about(state: State, history: Sequence[Revision], culprit: Culprit) -> bool:
    """Say whether an entry came to its present state by that person."""
    entered: Revision | None = None
    for before, after in zip([None, *history], history, strict=False):
        is_there = after["matched"]["state"] == state
        if is_there and (before is None or before["matched"]["state"] != state):
            entered = after
    return entered is not None and culprit.made(entered)


def _restore(facets: dict[str, FacetValue], name: str, before: Revision | None) -> None:
    """Set a facet to what it was in a revision; it goes if it was not there."""
    present = facets.get(name)
    if present is not None and present["consensus"]["verified"]:
        return
    held = None if before is None else before["facets"].get(name)
    if held is None:
        facets.pop(name, None)
    elif present is None or present["round"] != held["round"]:
        facets[name] = held
