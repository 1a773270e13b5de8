"""Clusters: how many entries there are in each cell of a map, and where there are none."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.db.documents import Place
from app.pooling.cells import LEVELS, bounds, depth_for, middle
from app.pooling.words import Suitability
from app.regions import WORLD, Box

MOST_CLUSTERS = 400
FARTHEST_ZOOM = 20
# A tile of a web map is as wide as a cell of as many digits as its zoom; four clusters across.
FINER = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """What the database counted in one cell.

    Attributes:
        cell: its key, or the first digits of the keys that were counted together.
        count: how many entries.
        suitable: of those whose suitability for a need is said, how many there are of each word.
        spot: the mean longitude and latitude of their spots, if it was taken.
        entry: one of them.

    """

    cell: str
    count: int
    suitable: Mapping[str, int] = field(default_factory=dict)
    spot: tuple[float, float] | None = None
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """The entries of a cell, as one sign on a map.

    Attributes:
        cell: its key.
        centre: the mean of their spots; where that was not taken, the middle of the cell.
        bounds: the cell.
        count: how many entries.
        suitable: how many of them suit a need how far; of the others that is UNKNOWN.
        entry: the entry, if it is the only one and is known.

    """

    cell: str
    centre: Place
    bounds: Box
    count: int
    suitable: dict[Suitability, int]
    entry: str | None


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the database knows of the entries of one cell.

    Attributes:
        cell: its key, or the first digits of the keys that were counted together.
        count: how many entries.
        stale: of how many of them something asks to be checked.
        known: by need, of how many of them the suitability is known.
        observed_at: when one of them was observed last.

    """

    cell: str
    count: int
    stale: int = 0
    known: Mapping[str, int] = field(default_factory=dict)
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """How well a cell is covered, or all of an area.

    Attributes:
        count: how many entries.
        stale: of how many of them something asks to be checked.
        fresh: the share of the others; None where there is no entry.
        unknown: by need, of how many of them the suitability is not known.
        observed_at: when one of them was observed last.

    """

    count: int
    stale: int
    fresh: float | None
    unknown: dict[str, int]
    observed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of an area: as a whole, and of each of its cells, the empty ones too.

    `share` is that of the cells with an entry at least; `empty` are the others.
    """

    whole: Covered
    share: float
    empty: list[str]
    cells: dict[str, Covered]


def depth_at(zoom: int, box: Box = WORLD, most: int = MOST_CLUSTERS) -> int:
    """Return how many digits of their keys tell clusters apart at a zoom, 0 to 20, in a box.

    There are at most so many clusters then, however large the box is.
    """
    wanted = max(0, min(zoom, FARTHEST_ZOOM)) + FINER
    return depth_for(box, most, min(wanted, LEVELS))


def clusters(counts: Iterable[Counted], depth: int) -> list[Cluster]:
    """Return the clusters of so many digits, in order; counts of finer cells are added up."""
    gathered: dict[str, list[Counted]] = {}
    for one in counts:
        if one.count:
            gathered.setdefault(one.cell[:depth], []).append(one)
    return [_cluster(cell, gathered[cell]) for cell in sorted(gathered)]


def coverage(
    area: Sequence[str], surveyed: Iterable[Surveyed], needs: Sequence[str] = ()
) -> Coverage:
    """Return how well an area is covered, which is a set of cells that do not overlap.

    What was counted outside of it is passed over; counts of finer cells are added up.
    """
    gathered: dict[str, list[Surveyed]] = {cell: [] for cell in sorted(set(area))}
    depths = sorted({len(cell) for cell in gathered})
    for one in surveyed:
        home = next((one.cell[:n] for n in depths if one.cell[:n] in gathered), None)
        if home is not None and len(home) <= len(one.cell):
            gathered[home].append(one)
    cells = {cell: _covered(ones, needs) for cell, ones in gathered.items()}
    empty = [cell for cell, covered in cells.items() if not covered.count]
    return Coverage(
        whole=_covered([one for ones in gathered.values() for one in ones], needs),
        share=(len(cells) - len(empty)) / len(cells) if cells else 0.0,
        empty=empty,
        cells=cells,
    )


def _cluster(cell: str, counts: Sequence[Counted]) -> Cluster:
    count = sum(one.count for one in counts)
    suitable = {
        word: sum(one.suitable.get(word, 0) for one in counts)
        for word in Suitability
        if word is not Suitability.UNKNOWN
    }
    return Cluster(
        cell=cell,
        centre=_centre(cell, counts, count),
        bounds=bounds(cell),
        count=count,
        suitable=suitable | {Suitability.UNKNOWN: count - sum(suitable.values())},
        entry=counts[0].entry if count == 1 else None,
    )


def _centre(cell: str, counts: Sequence[Counted], count: int) -> Place:
    spots = [(one.count, *one.spot) for one in counts if one.spot is not None]
    if len(spots) < len(counts):
        return middle(cell)
    # Sums are exact (fsum), so that the order of the counts does not show.
    east = math.fsum(n * longitude for n, longitude, _ in spots) / count
    north = math.fsum(n * latitude for n, _, latitude in spots) / count
    box = bounds(cell)
    return Place(
        type="Point",
        coordinates=[
            round(max(box.west, min(box.east, east)), 6),
            round(max(box.south, min(box.north, north)), 6),
        ],
    )


def _covered(surveyed: Sequence[Surveyed], needs: Sequence[str]) -> Covered:
    count = sum(one.count for one in surveyed)
    stale = sum(one.stale for one in surveyed)
    return Covered(
        count=count,
        stale=stale,
        fresh=(count - stale) / count if count else None,
        unknown={need: count - sum(one.known.get(need, 0) for one in surveyed) for need in needs},
        observed_at=max((one.observed_at for one in surveyed if one.observed_at), default=None),
    )
