"""Taking back what one person, or what came from one address, did to one entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.db import confirmations as confirmations_db
from app.db import signals as signals_db
from app.db import upkeep as upkeep_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.pool_documents import Entry, FacetValue, Reversal, Revision
from app.db.writing import Writing
from app.pooling.freshness import Facets, stale_at
from app.pooling.reversals import Culprit, brought_about, is_alone, without
from app.pooling.rules import kinds_of
from app.pooling.states import Actor, Deed, Moment, Step, step
from app.pooling.taps import is_doubted
from app.pooling.words import Cause, State
from app.resolvers.hearing import find_gone, list_heard
from app.resolvers.pooling import rules_in
from app.resolvers.speaking import agree
from app.resolvers.versions import Making, write_version
from app.resolvers.voices import count_accord


@dataclass(frozen=True, slots=True)
class Case:
    """An entry, whose work on it is taken back, and all that it ever was."""

    space: Space
    entry: Entry
    reversal: Reversal
    culprit: Culprit | None
    history: Sequence[Revision]
    reversals: Sequence[Reversal]

    @property
    def culprits(self) -> list[Culprit]:
        """Return all people whose work in the pool is or was taken back."""
        return [
            Culprit(one["person"], one["since"], one["until"])
            for one in self.reversals
            if one["person"] is not None
        ]

    @property
    def undone(self) -> set[int]:
        """Return the versions by which work was taken back before."""
        return {
            one["version"]
            for one in self.history
            if one["cause"] == Cause.REVERTED and any(_is_by(one, of) for of in self.reversals)
        }

    def brought_about(self, state: State) -> bool:
        """Say whether the entry came to a state, in which it is, by the culprit."""
        return (
            self.entry["state"] == state
            and self.culprit is not None
            and brought_about(state, self.history, self.culprit)
        )

    def is_alone(self, facets: Facets) -> bool:
        """Say whether people whose work is taken back added the entry, and made all of it."""
        left: Entry = {**self.entry, "facets": {**facets}}
        return self.culprit is not None and is_alone(left, self.history, self.culprits, self.undone)


async def take_back(writing: Writing, space: Space, reversal: Reversal, entry: Entry) -> bool:
    """Take back what somebody did to an entry, words and taps too. Say whether that changed it."""
    case = await _case(writing, space, reversal, entry)
    was_gone = await find_gone(writing, space, entry, await list_heard(writing, entry))
    said = await _forget_words(writing, case)
    facets = await _forget_taps(writing, case)
    # First what is agreed on without them: what others verified so is not theirs any more.
    facets = await agree(writing, space, {**entry, "facets": {**facets}}, said)
    fields, deed = dict[str, Any](), Deed.REVERT
    if case.is_alone(facets):
        deed, fields["patrolled"] = Deed.HIDE, True
    elif case.culprit is not None:
        remains = without(facets, case.history, case.culprits, case.undone)
        anew = [name for name, one in remains.facets.items() if facets.get(name) != one]
        left: Entry = {**entry, "facets": {**remains.facets}}
        facets, fields = await agree(writing, space, left, anew), dict(remains.fields)
    is_gone = await find_gone(writing, space, entry, await list_heard(writing, entry))
    change: dict[str, Any] = {**fields, "facets": facets, "gone": is_gone.weight}
    is_back = not is_gone.settled and (was_gone.settled or case.brought_about(State.GONE))
    change |= _state(case, deed, Moment(writing.at, facets, gone=not is_back))
    return await _write(writing, case, change, deed)


async def _case(writing: Writing, space: Space, reversal: Reversal, entry: Entry) -> Case:
    person = reversal["person"]
    if person is None:
        return Case(space, entry, reversal, None, [], [])
    culprit = Culprit(person, reversal["since"], reversal["until"])
    history = await upkeep_db.list_history(writing, entry["_id"])
    reversals = await upkeep_db.list_all_reversals(writing, space["_id"])
    return Case(space, entry, reversal, culprit, history, reversals)


def _is_by(revision: Revision, reversal: Reversal) -> bool:
    """Say whether a version came about by taking back: it has its moderator, reason and time."""
    ended_at = reversal["ended_at"] or revision["at"]
    return (revision["by"], revision["summary"]) == (
        reversal["by"],
        reversal["reason"],
    ) and reversal["at"] <= revision["at"] <= ended_at


async def _forget_words(writing: Writing, case: Case) -> list[str]:
    """Forget what somebody confirmed and disputed; return the facets of which it was heard."""
    person, entry = case.reversal["person"], case.entry
    if person is None:
        return []
    said = await confirmations_db.list_of_person(
        writing, entry["_id"], person, case.reversal["since"], case.reversal["until"]
    )
    heard = list[str]()
    for one in said:
        facet = entry["facets"].get(one["facet"])
        if facet is not None and facet["round"] == one["round"]:
            await count_accord(writing, facet, one, None)
            heard.append(one["facet"])
    await confirmations_db.delete_confirmations(writing, [one["_id"] for one in said])
    return heard


async def _forget_taps(writing: Writing, case: Case) -> Facets:
    """Forget somebody's signals; return the facets, without the doubts that came by them alone."""
    entry, reversal = case.entry, case.reversal
    mine = "address" if reversal["person"] is None else "user"
    whose: Document = {
        mine: reversal["address"] or reversal["person"],
        "at": {"$gte": reversal["since"], "$lte": reversal["until"]},
    }
    if not await signals_db.delete_signals(writing, entry["_id"], whose):
        return entry["facets"]
    heard, kinds = await list_heard(writing, entry), kinds_of(rules_in(case.space))
    facets = dict[str, FacetValue]()
    for name, facet in entry["facets"].items():
        since = [one for one in heard if one["at"] >= facet["checked_at"]]
        facets[name] = facet
        if name in kinds and not is_doubted(since, name, facet["value"]):
            facets[name] = {**facet, "stale_at": stale_at(facet["checked_at"], kinds[name])}
    return facets


def _state(case: Case, deed: Deed, moment: Moment) -> Mapping[str, Any]:
    """Return what a deed changes of the state; what others merged stays merged."""
    found = State(case.entry["state"])
    if found is State.MERGED and deed is Deed.REVERT and not case.brought_about(found):
        return {}
    if found is not State.GONE:
        moment = replace(moment, gone=False)
    taken = step(case.entry, deed, Actor.MODERATOR, moment)
    return taken.changes if isinstance(taken, Step) else {}


async def _write(writing: Writing, case: Case, change: dict[str, Any], deed: Deed) -> bool:
    before: Any = case.entry
    if all(before[name] == value for name, value in change.items() if name != "due_at"):
        return False
    making = Making(
        Cause.HIDDEN if deed is Deed.HIDE else Cause.REVERTED,
        case.reversal["by"],
        summary=case.reversal["reason"],
        shares=False,
    )
    await write_version(writing, case.space, case.entry, change, making)
    return True
