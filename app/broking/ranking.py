"""One ranking out of several: reciprocal rank fusion, deterministic and with its reasons.

Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank
learning methods" (SIGIR 2009): a document's score is the sum of 1/(k + rank) over the rankings
that hold it, with k = 60; here as a share of the most that it can be. Scores of different searches
are never compared, only their orders.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.broking.words import Part, score_of, share

K = 60


@dataclass(frozen=True, slots=True)
class Fused:
    """A document's place in the fused ranking.

    Attributes:
        id: identifier of the document.
        score: in (0, 1]; 1 if every ranking has it first.
        parts: per search (k + 1)/(k + rank), 0 where it was not found; and the search's weight.
        ranks: its rank in each ranking that holds it, from 1.
        reasons: sentences that say where it was found.

    """

    id: str
    score: float
    parts: dict[str, Part]
    ranks: dict[str, int]
    reasons: list[str]


def ranks_by_score(scores: Mapping[str, float]) -> dict[str, int]:
    """Return the rank of each document, from 1, the best first; the same score, the same rank."""
    ordered = sorted(scores.values(), reverse=True)
    first: dict[float, int] = {}
    for rank, score in enumerate(ordered, start=1):
        first.setdefault(score, rank)
    return {id: first[score] for id, score in scores.items()}


def fuse(
    found: Mapping[str, Mapping[str, float]], weights: Mapping[str, float], k: int = K
) -> list[Fused]:
    """Return all documents, the best first, then by id.

    Args:
        found: per search (`text`, `ngrams`) the score of each document that it found.
        weights: what each search counts, by its name, whether or not it was made.
        k: how little the first places stand out, at least 0.

    """
    ranks = {search: ranks_by_score(scores) for search, scores in sorted(found.items())}
    fused = []
    for id in set().union(*ranks.values()):
        places = {search: held[id] for search, held in ranks.items() if id in held}
        parts = share(
            {
                search: Part((k + 1) / (k + places[search]) if search in places else 0.0, weight)
                for search, weight in weights.items()
            }
        )
        fused.append(Fused(id, score_of(parts), parts, places, _reasons(places, ranks)))
    return sorted(fused, key=lambda one: (-one.score, one.id))


def top(fused: Sequence[Fused], limit: int, after: str | None = None) -> list[Fused]:
    """Return at most `limit` places after the one of this id; from the first if it is not there."""
    begin = next((n for n, one in enumerate(fused, start=1) if one.id == after), 0)
    return list(fused[begin : begin + max(limit, 0)])


def _reasons(places: Mapping[str, int], ranks: Mapping[str, Mapping[str, int]]) -> list[str]:
    return [
        f"Number {rank} of {len(ranks[search])} by {search}." for search, rank in places.items()
    ]
