"""The hard constraints: what forbids a pair however well it would score, each in its own words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.matching.parties import Facts, Party
from app.matching.spans import overlap
from app.matching.terms import PostingStatus
from app.places import metres_between, said


class Constraint(StrEnum):
    """Why two cannot be matched."""

    SPACE = "SPACE"
    OWNER = "OWNER"
    BLOCKED = "BLOCKED"
    CLOSED = "CLOSED"
    EXPIRED = "EXPIRED"
    KIND = "KIND"
    CAPACITY = "CAPACITY"
    TIME = "TIME"
    DISTANCE = "DISTANCE"
    TRUST = "TRUST"
    VERIFICATION = "VERIFICATION"


@dataclass(frozen=True, slots=True)
class Broken:
    """A constraint that a pair does not meet, and how; the sentence is fit for both to read.

    That of BLOCKED is not for either: whoever serves it shows the pair as if it were not there.
    """

    constraint: Constraint
    sentence: str


def broken(need: Party, offer: Party, facts: Facts) -> list[Broken]:
    """Return every constraint that forbids a pair, in the order of `Constraint`; none: it may be.

    Distances are in metres between the places as the postings name them: whoever explains a pair
    to somebody who may not know a place exactly passes it blurred.
    """
    return [
        Broken(constraint, sentence)
        for constraint, say in _RULES
        for sentence in say(need, offer, facts)
    ]


def permitted(need: Party, offer: Party, facts: Facts) -> bool:
    """Say whether no constraint forbids a pair; the same as `not broken(…)`, but it stops early."""
    for _, say in _RULES:
        for _sentence in say(need, offer, facts):
            return False
    return True


Sentences = Iterator[str]


def _space(need: Party, offer: Party, facts: Facts) -> Sentences:
    if need.posting["space"] != offer.posting["space"]:
        yield "The need and the offer belong to different spaces."


def _owner(need: Party, offer: Party, facts: Facts) -> Sentences:
    if need.owner == offer.owner:
        yield "The need and the offer are of the same person."


def _blocked(need: Party, offer: Party, facts: Facts) -> Sentences:
    if facts.blocks and facts.blocked(need.owner, offer.owner):
        yield "One of the two has blocked the other."


def _closed(need: Party, offer: Party, facts: Facts) -> Sentences:
    for name, party in (("need", need), ("offer", offer)):
        status = party.posting["status"]
        if status != PostingStatus.OPEN:
            yield f"The {name} is not open any more: it is {status}."


def _expired(need: Party, offer: Party, facts: Facts) -> Sentences:
    for name, party in (("need", need), ("offer", offer)):
        expires_at = party.posting["expires_at"]
        if expires_at is not None and expires_at <= facts.at:
            yield f"The {name} expired at {expires_at.isoformat(timespec='seconds')}Z."


def _kind(need: Party, offer: Party, facts: Facts) -> Sentences:
    if need.kind != offer.kind:
        yield f"The need asks for {need.kind}, the offer gives {offer.kind}."


def _capacity(need: Party, offer: Party, facts: Facts) -> Sentences:
    for name, party in (("need", need), ("offer", offer)):
        if party.seats < 1:
            yield f"All that the {name} has room for ({party.posting['capacity']}) is taken."


def _time(need: Party, offer: Party, facts: Facts) -> Sentences:
    past = False
    for name, party in (("need", need), ("offer", offer)):
        if not party.any_time and not party.spans:
            past = True
            yield f"All the times of the {name} are over."
    if past or need.any_time or offer.any_time:
        return
    if not overlap(need.spans, offer.spans):
        yield "The times of the need and of the offer do not overlap."


def _distance(need: Party, offer: Party, facts: Facts) -> Sentences:
    if need.point is None or offer.point is None:
        return
    metres = metres_between(need.point, offer.point)
    for name, party in (("need", need), ("offer", offer)):
        radius = party.radius_metres
        if radius is not None and metres > radius:
            yield f"They are {said(metres)} apart; the {name} reaches {said(radius)}."


def _trust(need: Party, offer: Party, facts: Facts) -> Sentences:
    for name, asking, asked in (("need", need, offer), ("offer", offer, need)):
        least, trust = asking.posting["least_trust"], asked.standing.trust
        if least is None or (trust is not None and trust >= least):
            continue
        has = "nothing is known yet" if trust is None else f"it is {trust:.2f}"
        yield f"The {name} asks for a trust of {least:.2f}; of the other side {has}."


def _verification(need: Party, offer: Party, facts: Facts) -> Sentences:
    for name, asking, asked in (("need", need, offer), ("offer", offer, need)):
        if asking.posting["verified_only"] and not asked.standing.verified:
            yield f"The {name} is for verified people only; the other side is not verified."


_RULES: tuple[tuple[Constraint, Callable[[Party, Party, Facts], Sentences]], ...] = (
    (Constraint.SPACE, _space),
    (Constraint.OWNER, _owner),
    (Constraint.BLOCKED, _blocked),
    (Constraint.CLOSED, _closed),
    (Constraint.EXPIRED, _expired),
    (Constraint.KIND, _kind),
    (Constraint.CAPACITY, _capacity),
    (Constraint.TIME, _time),
    (Constraint.DISTANCE, _distance),
    (Constraint.TRUST, _trust),
    (Constraint.VERIFICATION, _verification),
)
