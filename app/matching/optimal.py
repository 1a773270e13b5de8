"""OPTIMAL: the pairs whose scores sum up to most."""

from collections.abc import Mapping, Sequence

from app.matching.assignment import draw
from app.matching.candidates import Candidate


def match_optimally(candidates: Sequence[Candidate], seats: Mapping[str, int]) -> list[Candidate]:
    """Return the matching with the greatest sum of total scores, by need and offer.

    Arguments as for `match_stably`. Scores are never negative, so no pair is left out that costs
    nobody a better one.
    """
    return draw(candidates, seats).greatest_total()
