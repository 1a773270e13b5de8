"""What OPTIMAL and FAIR ask of a solver, and the only module that knows SciPy.

A space is drawn as a bipartite graph whose solution uses each vertex once. A need or offer with n
seats becomes n vertices. Where both have several, copies could be paired with each other twice;
there the edge itself becomes two vertices that must be used together or not at all (after
W. T. Tutte, "A Short Proof of the Factor Theorem for Finite Graphs", 1954). So each pair is chosen
once at most, and the solution is exact.

The solvers are `scipy.sparse.csgraph.min_weight_full_bipartite_matching` (R. Jonker and
A. Volgenant 1987, the sparse LAPJVsp) and `maximum_bipartite_matching` (J. Hopcroft and R. Karp
1973). Each takes all of one core for its whole run: call them in another process.
"""

import bisect
import importlib.util
import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from app.failures import InvalidInput, Problem
from app.matching.candidates import Candidate

# SciPy takes an edge of cost 0 for none: every edge costs 1 more than it would.
DEAREST = 2.0


def can_solve() -> bool:
    """Say whether the extra `matching` is installed, without loading it."""
    return importlib.util.find_spec("scipy") is not None


def insist_on_solver(path: str = "mode") -> None:
    """Raise InvalidInput unless the extra `matching` is installed."""
    if not can_solve():
        message = "This server has no solver: install fivefold[matching], or choose STABLE."
        raise InvalidInput(Problem(path, message))


@dataclass(frozen=True, slots=True)
class Edge:
    """A row and a column that go together, and the pair that this stands for, if for one."""

    row: int
    column: int
    pair: Candidate | None = None

    @property
    def cost(self) -> float:
        """Return what the edge costs, from 1 to 2."""
        return DEAREST - (self.pair.worth.total if self.pair else 0)

    @property
    def order(self) -> float:
        """Return what edges are put in order by: those that stand for no pair, then the best."""
        return -self.pair.worth.total if self.pair else -math.inf


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawn space; `edges` are in order, so that those above a bar are the first so many."""

    rows: int
    columns: int
    gadgets: int
    may_stay: list[int]
    edges: list[Edge]

    def greatest_size(self, bar: float = 0.0) -> int:
        """Return how many pairs at or above a bar a matching can have at most."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import maximum_bipartite_matching

        if not self.rows:
            return 0
        kept = self._at_least(bar)
        ends = ([edge.row for edge in kept], [edge.column for edge in kept])
        matrix = csr_array(([1] * len(kept), ends), shape=(self.rows, self.columns))
        partners = maximum_bipartite_matching(matrix, perm_type="column")
        return int((partners >= 0).sum()) - self.gadgets

    def greatest_total(self, bar: float = 0.0, *, largest: bool = False) -> list[Candidate]:
        """Return the matching with the greatest sum of totals, by need and offer.

        Args:
            bar: only of pairs at or above it.
            largest: only among the matchings with the most pairs.

        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import min_weight_full_bipartite_matching

        if not self.rows:
            return []
        # One more pair is worth more than what all others together could lose by it.
        dummy = DEAREST + (self.rows + 1 if largest else 0)
        kept, lone = self._at_least(bar), range(self.columns, self.columns + len(self.may_stay))
        costs = [edge.cost for edge in kept] + [dummy] * len(lone)
        rows = [edge.row for edge in kept] + self.may_stay
        columns = [edge.column for edge in kept] + [*lone]
        matrix = csr_array((costs, (rows, columns)), shape=(self.rows, lone.stop))
        solved = min_weight_full_bipartite_matching(matrix)
        chosen = set(zip(solved[0].tolist(), solved[1].tolist(), strict=True))
        found = (edge.pair for edge in kept if (edge.row, edge.column) in chosen)
        return sorted((pair for pair in found if pair), key=attrgetter("need", "offer"))

    def _at_least(self, bar: float) -> list[Edge]:
        return self.edges[: bisect.bisect_right(self.edges, -bar, key=attrgetter("order"))]


def draw(candidates: Sequence[Candidate], seats: Mapping[str, int]) -> Graph:
    """Return candidates as a graph; nobody gets more vertices than they have candidates.

    Args:
        candidates: the pairs that may be, each once, in any order.
        seats: how many partners a need or offer can have, by identifier; 1 where it is missing.

    """
    kept = sorted(
        (one for one in candidates if seats.get(one.need, 1) > 0 and seats.get(one.offer, 1) > 0),
        key=attrgetter("need", "offer"),
    )
    rows = _vertices(Counter(one.need for one in kept), seats)
    columns = _vertices(Counter(one.offer for one in kept), seats)
    of_needs, of_offers = sum(map(len, rows.values())), sum(map(len, columns.values()))
    edges, gadgets = list[Edge](), 0
    for pair in kept:
        ours, theirs = rows[pair.need], columns[pair.offer]
        if len(ours) == 1 or len(theirs) == 1:
            edges += [Edge(*ends, pair) for ends in itertools.product(ours, theirs)]
            continue
        inner_row, inner_column = of_needs + gadgets, of_offers + gadgets
        gadgets += 1
        edges.append(Edge(inner_row, inner_column))
        edges += [Edge(row, inner_column, pair) for row in ours]
        edges += [Edge(inner_row, column) for column in theirs]
    edges.sort(key=attrgetter("order"))
    return Graph(of_needs + gadgets, of_offers + gadgets, gadgets, [*range(of_needs)], edges)


def _vertices(degrees: Mapping[str, int], seats: Mapping[str, int]) -> dict[str, range]:
    """Number the vertices of one side: as many each as there are seats, and partners for them."""
    vertices, last = dict[str, range](), 0
    for id, degree in degrees.items():
        vertices[id] = range(last, last + min(seats.get(id, 1), degree))
        last = vertices[id].stop
    return vertices
