"""A grid over the offers, so that a need looks at the few near it and not at all there are.

Points lie on a sphere of the earth's size and are sorted into cubes, so neither the poles nor the
date line is a special case. A straight line is shorter than the way over the ground: whatever is
within reach on the ground is within reach here too, and the exact rule is asked afterwards.
"""

import itertools
import math
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from app.matching.parties import Party
from app.places import EARTH_RADIUS_METRES, Point

Spot = tuple[float, float, float]
Cell = tuple[int, int, int]
Label = tuple[object, ...]
Cells = dict[Cell, list[tuple[Spot, Party]]]
SMALLEST_CELL_METRES = 500.0
CROWD = 16


class Nearby:
    """Parties that have a place, sorted into cubes of a size at which each holds a small crowd."""

    def __init__(self, parties: Iterable[Party]) -> None:
        spots = [(_spot(party.point), party) for party in parties if party.point is not None]
        self._cell_metres = SMALLEST_CELL_METRES
        self._cells: Cells = self._sorted(spots)
        while len(self._cells) * CROWD > max(len(spots), CROWD):
            self._cell_metres *= 2
            self._cells = self._sorted(spots)

    def nearest(self, to: Point, reach_metres: float, most: int) -> list[Party]:
        """Return at most so many within reach, nearest first and then by identifier."""
        spot, found = _spot(to), list[tuple[float, str, Party]]()
        for step, shell in self._shells(self._cell(spot)):
            sure = (step - 1) * self._cell_metres  # nobody in this shell or beyond is nearer
            if sure > reach_metres or sum(entry[0] <= sure for entry in found) >= most:
                break
            for place, party in itertools.chain.from_iterable(self._cells[cell] for cell in shell):
                metres = math.dist(spot, place)
                if metres <= reach_metres:
                    found.append((metres, party.id, party))
        found.sort(key=lambda entry: entry[:2])
        return [party for _, _, party in found[:most]]

    def _shells(self, middle: Cell) -> Iterator[tuple[int, list[Cell]]]:
        """Yield the occupied cells around one, by how many steps away they are.

        Shells of cells are looked up while they have fewer cells than there are at all.
        """
        step = 0
        while (2 * step + 1) ** 3 <= len(self._cells):
            yield step, [cell for cell in _shell(middle, step) if cell in self._cells]
            step += 1
        left = sorted((_steps(middle, cell), cell) for cell in self._cells)
        for away, group in itertools.groupby(left, key=lambda entry: entry[0]):
            if away >= step:
                yield away, [cell for _, cell in group]

    def _sorted(self, spots: Iterable[tuple[Spot, Party]]) -> Cells:
        cells: defaultdict[Cell, list[tuple[Spot, Party]]] = defaultdict(list)
        for spot, party in spots:
            cells[self._cell(spot)].append((spot, party))
        return dict(cells)

    def _cell(self, spot: Spot) -> Cell:
        x, y, z = (math.floor(value / self._cell_metres) for value in spot)
        return x, y, z


class Grid:
    """All offers of a space by kind, category, place and skill; built once, asked by every need."""

    def __init__(self, offers: Sequence[Party]) -> None:
        by_label: defaultdict[Label, list[Party]] = defaultdict(list)
        for offer in sorted(offers, key=lambda offer: offer.id):
            for label in ((offer.kind, offer.category), (offer.kind,)):
                by_label[label].append(offer)
        self._nearby = {label: Nearby(group) for label, group in by_label.items()}
        self._all = _labelled(offers)
        self._anywhere = _labelled(offer for offer in offers if offer.point is None)

    def shortlist(self, need: Party, most: int) -> list[Party]:
        """Return the offers worth a look, the need's own category first.

        At most so many that have a place, and so many that have none (or all as one, if the need
        has none). The answer does not depend on the order in which the offers came.
        """
        if need.point is None:
            return _turned(self._all, need, most)
        reach = math.inf if need.radius_metres is None else need.radius_metres
        found: dict[str, Party] = {}
        for label in ((need.kind, need.category), (need.kind,)):
            if label in self._nearby and len(found) < most:
                nearest = self._nearby[label].nearest(need.point, reach, most)
                found |= {offer.id: offer for offer in nearest if offer.id not in found}
        return [*itertools.islice(found.values(), most), *_turned(self._anywhere, need, most)]


def _labelled(offers: Iterable[Party]) -> dict[Label, list[Party]]:
    """Return offers by kind, by category, and by skill within it, each list by identifier."""
    lists: defaultdict[Label, list[Party]] = defaultdict(list)
    for offer in sorted(offers, key=lambda offer: offer.id):
        for label in _labels(offer):
            lists[label].append(offer)
    return dict(lists)


def _labels(party: Party) -> list[Label]:
    """Return what an offer is found by, the most telling first."""
    skills: list[Label] = [(party.kind, party.category, skill) for skill in sorted(party.skills)]
    return [*skills, (party.kind, party.category), (party.kind,)]


def _turned(lists: dict[Label, list[Party]], need: Party, most: int) -> list[Party]:
    """Return at most so many where no place tells them apart, by category and common skills.

    Each need begins at its own place in a list, so that not all of them look at the same few.
    """
    found: dict[str, Party] = {}
    for label in _labels(need):
        group = lists.get(label, [])
        start = zlib.crc32(need.id.encode()) % len(group) if group else 0
        for offer in itertools.islice(itertools.chain(group[start:], group[:start]), most):
            found.setdefault(offer.id, offer)
    best = sorted(
        found.values(),
        key=lambda offer: (offer.category != need.category, -len(offer.skills & need.skills)),
    )
    return best[:most]


def _spot(at: Point) -> Spot:
    return (
        EARTH_RADIUS_METRES * at.cosine * math.cos(at.longitude),
        EARTH_RADIUS_METRES * at.cosine * math.sin(at.longitude),
        EARTH_RADIUS_METRES * math.sin(at.latitude),
    )


def _steps(one: Cell, other: Cell) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _shell(middle: Cell, step: int) -> Iterator[Cell]:
    """Yield the cells exactly so many steps away."""
    x, y, z = middle
    span = range(-step, step + 1)
    for i, j, k in itertools.product(span, span, span):
        if max(abs(i), abs(j), abs(k)) == step:
            yield x + i, y + j, z + k
