"""A whole space paired at once, as one function of values that another process can run."""

import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.db.match_documents import Need, Offer
from app.matching.candidates import Candidate, among_all
from app.matching.fair import match_fairly
from app.matching.optimal import match_optimally
from app.matching.parties import Facts, party
from app.matching.stable import match_stably
from app.matching.terms import Mode

_SOLVERS: dict[Mode, Callable[[Sequence[Candidate], Mapping[str, int]], list[Candidate]]] = {
    Mode.STABLE: match_stably,
    Mode.OPTIMAL: match_optimally,
    Mode.FAIR: match_fairly,
}


@dataclass(frozen=True, slots=True)
class Pairing:
    """Whom a space pairs, by need and offer, and figures that say how good it is.

    Attributes:
        pairs: the pairs chosen.
        lone_needs: the needs without a partner, and `lone_offers` the offers; by identifier.
        considered: how many pairs could have been.
        total: the sum of the scores chosen.
        lowest: the lowest of them; None if there are no pairs.

    """

    mode: Mode
    pairs: tuple[Candidate, ...]
    lone_needs: tuple[str, ...]
    lone_offers: tuple[str, ...]
    considered: int
    total: float
    lowest: float | None


def pair(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    facts: Facts,
    mode: Mode,
    apart: AbstractSet[tuple[str, str]] = frozenset(),
) -> Pairing:
    """Return whom to pair; the same for the same values, in whatever order they come.

    Pairs of a need and an offer that are to stay `apart`, because they have met, are left out.
    It takes seconds for thousands: run it in another process (`parcels` sends it there). OPTIMAL
    and FAIR need the extra `matching`; whoever offers them asks `insist_on_solver` first.
    """
    seekers = [party(need, facts) for need in needs]
    givers = [party(offer, facts) for offer in offers]
    candidates = among_all(seekers, givers, facts, apart)
    seats = {one.id: one.seats for one in (*seekers, *givers)}
    pairs = _SOLVERS[mode](candidates, seats)
    paired = {id for one in pairs for id in (one.need, one.offer)}
    scores = [one.worth.total for one in pairs]
    return Pairing(
        mode=mode,
        pairs=tuple(pairs),
        lone_needs=tuple(sorted(one.id for one in seekers if one.id not in paired)),
        lone_offers=tuple(sorted(one.id for one in givers if one.id not in paired)),
        considered=len(candidates),
        total=math.fsum(scores),
        lowest=min(scores, default=None),
    )
