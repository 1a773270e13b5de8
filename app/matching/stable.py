"""STABLE: no need and offer would both rather have each other than what they were given.

Deferred acceptance (D. Gale and L. S. Shapley, "College Admissions and the Stability of Marriage",
1962), in which the needs propose. With seats on both sides, and each side's preferences between
sets following those between partners, the result is pairwise stable (A. E. Roth, "Stability and
Polarization of Interests in Job Matching", 1984), and no stable one serves any need better.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from app.matching.candidates import Candidate

Rank = tuple[float, str]
_Held = tuple[float, "_Backwards", Candidate]


def match_stably(candidates: Iterable[Candidate], seats: Mapping[str, int]) -> list[Candidate]:
    """Return a stable matching, by need and offer; pairs that are no candidates do not exist.

    A need ranks its offers by `serves`, an offer its needs by `suits`; of equal ones the first
    identifier is preferred, so there is one answer.

    Args:
        candidates: the pairs that may be.
        seats: how many partners a need or offer can have, by identifier; 1 where it is missing.

    """
    wishes: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        wishes[candidate.need].append(candidate)
    for listed in wishes.values():
        listed.sort(key=need_rank)
    held = _defer(wishes, seats)
    return sorted(
        (candidate for heap in held.values() for _, _, candidate in heap),
        key=attrgetter("need", "offer"),
    )


def need_rank(candidate: Candidate) -> Rank:
    """Return what a need puts its offers in order by, the one it prefers first."""
    return -candidate.worth.serves, candidate.offer


def offer_rank(candidate: Candidate) -> Rank:
    """Return what an offer puts its needs in order by, the one it prefers first."""
    return -candidate.worth.suits, candidate.need


def _defer(
    wishes: Mapping[str, Sequence[Candidate]], seats: Mapping[str, int]
) -> dict[str, list[_Held]]:
    """Let needs propose down their lists until each has enough or has asked everybody."""
    held: defaultdict[str, list[_Held]] = defaultdict(list)
    asked = dict.fromkeys(wishes, 0)
    has = dict.fromkeys(wishes, 0)
    free = sorted(wishes, reverse=True)
    while free:
        need = free[-1]
        if has[need] >= seats.get(need, 1) or asked[need] == len(wishes[need]):
            free.pop()
            continue
        candidate = wishes[need][asked[need]]
        asked[need] += 1
        has[need] += 1
        refused = _keep_best(held[candidate.offer], candidate, seats.get(candidate.offer, 1))
        if refused is not None:
            has[refused.need] -= 1
            free.append(refused.need)
    return held


def _keep_best(held: list[_Held], candidate: Candidate, seats: int) -> Candidate | None:
    """Add a candidate to what an offer holds, the least preferred on top; return who must go."""
    entry = (candidate.worth.suits, _Backwards(candidate.need), candidate)
    if len(held) < seats:
        heapq.heappush(held, entry)
        return None
    return heapq.heappushpop(held, entry)[2] if seats else candidate


class _Backwards(str):
    """A text that sorts the other way round."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)
