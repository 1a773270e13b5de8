"""The life of an entry: which deed leads from which state to which, by whom, and what it changes.

`TABLE` is all of it; what it does not list is refused, and the refusal names the state found.
Where a row names no state, the state follows from the facets as they are after the deed
(`following`). Four deeds ask more than the table can say: `_GUARDS` has that.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.db.pool_documents import Entry
from app.pooling.freshness import Facets, due_at, is_stale
from app.pooling.words import State


class Deed(StrEnum):
    """What can be done with an entry."""

    EDIT = "EDIT"
    REVERT = "REVERT"
    CONFIRM = "CONFIRM"
    RENEW = "RENEW"
    SIGNAL = "SIGNAL"
    SETTLE = "SETTLE"
    AGE = "AGE"
    MERGE = "MERGE"
    DECLARE_GONE = "DECLARE_GONE"
    RETURN = "RETURN"
    HIDE = "HIDE"
    RESTORE = "RESTORE"
    UNDO = "UNDO"


class Actor(StrEnum):
    """Who does it: anyone who reads, who may contribute, a moderator; or time and the rules."""

    ANYONE = "ANYONE"
    CONTRIBUTOR = "CONTRIBUTOR"
    MODERATOR = "MODERATOR"
    TIME = "TIME"


class Cause(StrEnum):
    """Why a deed is refused."""

    STATE = "STATE"
    ACTOR = "ACTOR"
    TARGET = "TARGET"
    SHARED = "SHARED"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a deed finds besides the entry.

    Attributes:
        at: when it is done (naive UTC).
        facets: those of the entry as they are after the deed; None: as they are now.
        gone: whether it is gone after the deed: because enough people say so (`taps.gone`), or
            because the revision to which it is reverted says so.
        by: who does it, if they have an account.
        into: the entry into which it is to be merged.

    """

    at: datetime
    facets: Facets | None = None
    gone: bool = False
    by: str | None = None
    into: Entry | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The state that a deed leads to, and the fields of the entry that it changes with it."""

    state: State
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """That a deed is not possible: why, in the state that was found."""

    cause: Cause
    found: State
    sentence: str


LIVE = frozenset({State.PUBLISHED, State.DISPUTED, State.VERIFIED, State.STALE})
READERS = frozenset({Actor.ANYONE, Actor.CONTRIBUTOR, Actor.MODERATOR})
PEOPLE = frozenset({Actor.CONTRIBUTOR, Actor.MODERATOR})
MODERATOR = frozenset({Actor.MODERATOR})
TIME = frozenset({Actor.TIME})

Row = tuple[State | None, frozenset[Actor]]


def _rows(
    states: Iterable[State], deeds: Mapping[Deed, frozenset[Actor]], to: State | None
) -> dict[tuple[State, Deed], Row]:
    return {(state, deed): (to, deeds[deed]) for state, deed in itertools.product(states, deeds)}


GONE, MERGED, HIDDEN = {State.GONE}, {State.MERGED}, {State.HIDDEN}
TABLE: dict[tuple[State, Deed], Row] = {
    **_rows(LIVE, {Deed.EDIT: PEOPLE, Deed.REVERT: PEOPLE, Deed.CONFIRM: PEOPLE}, None),
    **_rows(LIVE, {Deed.RENEW: PEOPLE, Deed.SIGNAL: READERS}, None),
    **_rows(LIVE, {Deed.SETTLE: TIME, Deed.AGE: TIME}, None),
    **_rows(LIVE, {Deed.DECLARE_GONE: PEOPLE}, State.GONE),
    # What is gone can be corrected, and people go on saying so; that it is back is said by RETURN.
    **_rows(GONE, {Deed.EDIT: PEOPLE, Deed.SIGNAL: READERS}, State.GONE),
    **_rows(GONE, {Deed.RETURN: PEOPLE, Deed.REVERT: PEOPLE}, None),
    **_rows(LIVE | GONE, {Deed.MERGE: PEOPLE}, State.MERGED),
    # Nothing is lost: a merge is undone by going back to a revision before it.
    **_rows(MERGED, {Deed.REVERT: PEOPLE}, None),
    **_rows(LIVE | GONE, {Deed.UNDO: PEOPLE}, State.HIDDEN),
    **_rows(LIVE | GONE | MERGED, {Deed.HIDE: MODERATOR}, State.HIDDEN),
    # What should not be seen can be taken out before it is shown again.
    **_rows(HIDDEN, {Deed.EDIT: MODERATOR, Deed.REVERT: MODERATOR}, State.HIDDEN),
    **_rows(HIDDEN, {Deed.RESTORE: MODERATOR}, None),
}


def step(entry: Entry, deed: Deed, actor: Actor, moment: Moment) -> Step | Refused:
    """Return where a deed leads and what it changes, or why not.

    `due_at` is among the changes: only what stands to be checked is looked at again by time.
    """
    found = State(entry["state"])
    row = TABLE.get((found, deed))
    if row is None:
        others = ", ".join(one for one in Deed if (found, one) in TABLE)
        sentence = f"{_verb(deed)} is not possible: it is {found}. Possible are: {others}."
        return Refused(Cause.STATE, found, sentence)
    outcome, actors = row
    if actor not in actors:
        who = ", ".join(sorted(actors))
        return Refused(Cause.ACTOR, found, f"{_verb(deed)} in {found} is for: {who}.")
    guarded = _GUARDS.get(deed)
    if guarded is not None and (objection := guarded(entry, actor, moment)) is not None:
        cause, sentence = objection
        return Refused(cause, found, sentence)
    facets = entry["facets"] if moment.facets is None else moment.facets
    if deed is Deed.RESTORE:
        outcome = _before(entry)
    state = following(facets, moment.at, gone=moment.gone) if outcome is None else outcome
    changes = {"state": state, "due_at": due_at(facets) if state in LIVE else None}
    return Step(state, {**changes, **_besides(entry, deed, moment, state)})


def possible(entry: Entry, actor: Actor, moment: Moment) -> list[Deed]:
    """Return what this actor could do with the entry at this moment."""
    return [deed for deed in Deed if isinstance(step(entry, deed, actor, moment), Step)]


def settled(found: State, facets: Facets, at: datetime, *, gone: bool = False) -> State:
    """Return the state of an entry whose facets have changed, or time has passed.

    What is gone, merged or hidden stays so.
    """
    return following(facets, at, gone=gone) if found in LIVE else found


def following(facets: Facets, at: datetime, *, gone: bool = False) -> State:
    """Return the state that follows from facets, or from enough people saying that it is gone.

    One disputed facet makes an entry DISPUTED; else one that asks to be checked makes it STALE;
    else one that is verified makes it VERIFIED.
    """
    if gone:
        return State.GONE
    if any(facet["consensus"]["disputed"] for facet in facets.values()):
        return State.DISPUTED
    if any(is_stale(facet, at) for facet in facets.values()):
        return State.STALE
    if any(facet["consensus"]["verified"] for facet in facets.values()):
        return State.VERIFIED
    return State.PUBLISHED


def is_untouched(entry: Entry, by: str | None) -> bool:
    """Say whether nobody but one person has contributed to an entry or said anything of it."""
    agreed = [facet["consensus"] for facet in entry["facets"].values()]
    return (
        by is not None
        and entry["created_by"] == by
        and set(entry["contributors"]) <= {by}
        and not any(one["supporters"] or one["dissenters"] for one in agreed)
    )


def _verb(deed: Deed) -> str:
    return deed.replace("_", " ").capitalize()


Objection = tuple[Cause, str] | None


def _may_merge(entry: Entry, actor: Actor, moment: Moment) -> Objection:  # noqa: ARG001 -- guards take the same
    """Let an entry be merged into another that is there: then no ring can come about."""
    into = moment.into
    if into is None or into["space"] != entry["space"]:
        return Cause.TARGET, "Name the entry of the same pool into which it is to be merged."
    if into["_id"] == entry["_id"]:
        return Cause.TARGET, "An entry cannot be merged into itself."
    if State(into["state"]) not in LIVE:
        return Cause.TARGET, f"The other entry is {into['state']}: name one that is there."
    return None


def _may_declare(entry: Entry, actor: Actor, moment: Moment) -> Objection:
    if actor is Actor.MODERATOR or is_untouched(entry, moment.by):
        return None
    return Cause.SHARED, "Others have contributed to it: signal that it is gone, as others can."


def _may_return(entry: Entry, actor: Actor, moment: Moment) -> Objection:
    """Let nobody alone outvote those who said that it is gone."""
    if actor is Actor.MODERATOR or is_untouched(entry, moment.by) or not entry["gone"]:
        return None
    return Cause.SHARED, "Several people say that it is gone: a moderator can say that it is back."


def _may_undo(entry: Entry, actor: Actor, moment: Moment) -> Objection:  # noqa: ARG001 -- as above
    """Let what an import brought be taken away while nobody else has made anything of it."""
    if entry["imported_by"] is not None and is_untouched(entry, entry["created_by"]):
        return None
    return Cause.SHARED, "It was not imported, or others have contributed to it since."


_GUARDS: dict[Deed, Callable[[Entry, Actor, Moment], Objection]] = {
    Deed.MERGE: _may_merge,
    Deed.DECLARE_GONE: _may_declare,
    Deed.RETURN: _may_return,
    Deed.UNDO: _may_undo,
}


def _before(entry: Entry) -> State | None:
    """Return what a hidden entry becomes again: merged or gone, or what follows from its facets."""
    before = State(entry["hidden_from"] or State.PUBLISHED)
    return None if before in LIVE else before


def _besides(entry: Entry, deed: Deed, moment: Moment, state: State) -> dict[str, Any]:
    """Return what else changes: where it came from, where it leads, since when it is there."""
    besides = dict[str, Any]()
    if deed in {Deed.HIDE, Deed.UNDO}:
        besides["hidden_from"] = entry["state"]
    elif deed is Deed.RESTORE:
        besides["hidden_from"] = None
    elif deed is Deed.MERGE and moment.into is not None:
        besides["merged_into"] = moment.into["_id"]
    elif entry["state"] == State.MERGED:
        besides["merged_into"] = None
    if entry["state"] == State.GONE and state in LIVE:
        besides |= {"there_at": moment.at, "gone": 0.0}
    return besides
