"""FAIR: as many pairs as can be; then the worst of them as good as can be; then the most in sum.

The bottleneck is found by halving: the greatest bar such that the pairs at or above it alone
still make a matching of the greatest size (H. N. Gabow and R. E. Tarjan, "Algorithms for Two
Bottleneck Optimization Problems", 1988). A need is as well off as its mutual score: what suits
only the need is declined by the offer.
"""

from collections.abc import Mapping, Sequence

from app.matching.assignment import draw
from app.matching.candidates import Candidate


def match_fairly(candidates: Sequence[Candidate], seats: Mapping[str, int]) -> list[Candidate]:
    """Return the fairest matching, by need and offer; arguments as for `match_stably`."""
    graph = draw(candidates, seats)
    size, bars = graph.greatest_size(), sorted({one.worth.total for one in candidates})
    low, high = 0, len(bars) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if graph.greatest_size(bars[middle]) == size:
            low = middle
        else:
            high = middle - 1
    return graph.greatest_total(bars[low], largest=True) if bars else []
