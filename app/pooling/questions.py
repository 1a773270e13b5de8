"""Questions: what of the entries around somebody should be checked first, and why."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.db.documents import Place
from app.db.pool_documents import Entry, FacetKind, FacetValue, Value
from app.places import metres_between, point
from app.pooling.facets import is_known
from app.pooling.freshness import is_stale
from app.pooling.states import LIVE

# The distance at which a question is worth half of what it is worth on the spot.
FAR_METRES = 500


class Reason(StrEnum):
    """Why something should be checked, the most urgent first."""

    STALE = "STALE"
    DISPUTED = "DISPUTED"
    UNKNOWN = "UNKNOWN"


_URGENCY = {Reason.STALE: 4.0, Reason.DISPUTED: 2.0, Reason.UNKNOWN: 1.0}


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be checked: a facet of an entry, why, and how far away it is.

    Attributes:
        entry: its id.
        facet: the name of the facet.
        reason: why it should be checked.
        sentence: the same in words.
        value: what it says at present, if anything.
        metres: how far away it is; of a sensitive entry: the place that all can see.
        score: what the questions are ordered by, in (0, 4].

    """

    entry: str
    facet: str
    reason: Reason
    sentence: str
    value: Value | None
    metres: float
    score: float


def questions(
    entries: Iterable[Entry],
    kinds: Mapping[str, FacetKind],
    near: Place,
    at: datetime,
    spoken: Container[tuple[str, str]] = frozenset(),
) -> list[Question]:
    """Return what should be checked near a point, the first first.

    What is stale comes before what is disputed, and that before what nobody knows; of the same
    urgency the nearer comes first. Urgency and distance make up for each other, so that nobody is
    sent across the town for what is stale while something unknown is beside them.

    Args:
        entries: those around; what is gone, merged or hidden is passed over.
        kinds: the facets of the pool by name, in its order.
        near: where somebody is.
        at: the instant for which it is asked.
        spoken: entries and facets on which they have said what they know: not asked again.

    """
    here = point(near)
    found = [
        _question(entry, name, reason, metres)
        for entry in entries
        if entry["state"] in LIVE
        for metres in [metres_between(here, point(entry["matched"]["spot"]))]
        for name, reason in _open(entry, kinds, at)
        if (entry["_id"], name) not in spoken
    ]
    order = {name: position for position, name in enumerate(kinds)}
    return sorted(found, key=lambda one: (-one.score, one.metres, one.entry, order[one.facet]))


def _open(
    entry: Entry, kinds: Mapping[str, FacetKind], at: datetime
) -> Iterator[tuple[str, Reason]]:
    for name in kinds:
        facet = entry["facets"].get(name)
        if facet is None or not is_known(facet["value"]):
            yield name, Reason.UNKNOWN
        elif is_stale(facet, at):
            yield name, Reason.STALE
        elif facet["consensus"]["disputed"]:
            yield name, Reason.DISPUTED


def _question(entry: Entry, name: str, reason: Reason, metres: float) -> Question:
    facet = entry["facets"].get(name)
    return Question(
        entry=entry["_id"],
        facet=name,
        reason=reason,
        sentence=_sentence(facet, reason),
        value=None if facet is None else facet["value"],
        metres=metres,
        score=_URGENCY[reason] / (1 + metres / FAR_METRES),
    )


def _sentence(facet: FacetValue | None, reason: Reason) -> str:
    if facet is None or reason is Reason.UNKNOWN:
        return "Nobody has said what is so."
    if reason is Reason.STALE:
        return f"It was last checked on {facet['checked_at']:%Y-%m-%d}: is it still so?"
    agreed = facet["consensus"]
    return f"{agreed['supporters']} say so, {agreed['dissenters']} say otherwise: what is right?"
