"""Candidates: which offers a need could have, or needs an offer, and in which order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.db.match_documents import Need, Offer
from app.matching.constraints import permitted
from app.matching.grid import Grid
from app.matching.parties import Facts, Party, party
from app.matching.scoring import Worth, worth


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that may be, by identifiers, and what it is worth."""

    need: str
    offer: str
    worth: Worth


def rank(found: Iterable[Candidate]) -> list[Candidate]:
    """Return candidates best first; equal ones by identifier, so that the order is always one."""
    return sorted(found, key=lambda one: (-one.worth.total, one.need, one.offer))


def offers_for(need: Need, offers: Iterable[Offer], facts: Facts) -> list[Candidate]:
    """Return the offers that a need could have, best first, at most `most_candidates`.

    Pairs that a constraint forbids, or below the space's `least_score`, are left out.
    """
    seeker = party(need, facts)
    pairs = ((seeker, party(offer, facts)) for offer in offers)
    return rank(_sound(pairs, facts))[: facts.rules["most_candidates"]]


def needs_for(offer: Offer, needs: Iterable[Need], facts: Facts) -> list[Candidate]:
    """Return the needs that an offer could serve, best first, at most `most_candidates`."""
    giver = party(offer, facts)
    pairs = ((party(need, facts), giver) for need in needs)
    return rank(_sound(pairs, facts))[: facts.rules["most_candidates"]]


def among_all(
    needs: Sequence[Party],
    offers: Sequence[Party],
    facts: Facts,
    apart: AbstractSet[tuple[str, str]] = frozenset(),
) -> list[Candidate]:
    """Return the best candidates of every need of a space, need by need.

    Only what the grid shortlists is judged: `shortlist` offers with a place and as many without.
    Pairs that are to stay `apart`, because they have met, take no place among either.
    """
    grid, shortlist = Grid([offer for offer in offers if offer.seats]), facts.rules["shortlist"]
    met = Counter(need for need, _ in apart)
    found: list[Candidate] = []
    for need in sorted(needs, key=lambda need: need.id):
        listed = grid.shortlist(need, shortlist + met[need.id])
        pairs = ((need, offer) for offer in listed if (need.id, offer.id) not in apart)
        found += rank(_sound(pairs, facts))[: facts.rules["most_candidates"]]
    return found


def _sound(pairs: Iterable[tuple[Party, Party]], facts: Facts) -> Iterable[Candidate]:
    least = facts.rules["least_score"]
    for need, offer in pairs:
        if permitted(need, offer, facts):
            value = worth(need, offer, facts)
            if value.total >= least:
                yield Candidate(need.id, offer.id, value)
