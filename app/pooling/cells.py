"""Cells: a quad tree over longitude and latitude, in which each place has a key of 24 digits.

Each level halves the longitudes and the latitudes of the one before; a digit says which quarter:
0 south-west, 1 south-east, 2 north-west, 3 north-east. So the first digits of a key are a wider
cell around it, and a span of keys is a piece of the map, which a plain index finds. A cell of the
last level is 2.4 m wide at the equator and 1.2 m high. The order of such keys is that of Morton,
"A computer oriented geodetic data base" (1966).
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.db.documents import Place
from app.regions import WORLD, Box

LEVELS = 24
SIDE = 1 << LEVELS  # cells of the last level, around and from pole to pole
MOST_RANGES = 20
# Cells that ranges are made of before neighbours are joined: more fit closer, and take longer.
PIECES = 96

# Bounds in cells of the last level, each of them within: west, south, east, north.
_Rectangle = tuple[int, int, int, int]
_Span = tuple[int, int]


def cell_of(place: Place) -> str:
    """Return the key of the smallest cell that holds a place."""
    longitude, latitude = place["coordinates"]
    return key(_column(longitude), _row(latitude), LEVELS)


def key(column: int, row: int, depth: int) -> str:
    """Return the key of a cell by its column from the west and its row from the south."""
    return "".join(
        "0123"[(column >> n & 1) | (row >> n & 1) << 1] for n in range(depth - 1, -1, -1)
    )


def bounds(cell: str) -> Box:
    """Return the box that a cell is."""
    column, row = 0, 0
    for digit in cell:
        column = column << 1 | int(digit) & 1
        row = row << 1 | int(digit) >> 1
    width, height = 360 / (1 << len(cell)), 180 / (1 << len(cell))
    west, south = column * width - 180, row * height - 90
    return Box(west, south, west + width, south + height)


def middle(cell: str) -> Place:
    """Return the middle of a cell."""
    box = bounds(cell)
    return Place(type="Point", coordinates=[(box.west + box.east) / 2, (box.south + box.north) / 2])


def ranges(box: Box, most: int = MOST_RANGES) -> list[tuple[str, str]]:
    """Return spans `low <= key < high` that hold all keys in a box, and few others.

    They are in order, do not overlap, and are at most so many.
    """
    spans = _joined(sorted(_spans(_rectangles(box))), most)
    return [(_text(low), _text(high)) for low, high in spans]


def cells_in(box: Box, depth: int) -> list[str]:
    """Return the cells with so many digits that a box touches, in order."""
    up = LEVELS - depth
    found = {
        key(column, row, depth)
        for west, south, east, north in _rectangles(box)
        for column in range(west >> up, (east >> up) + 1)
        for row in range(south >> up, (north >> up) + 1)
    }
    return sorted(found)


def depth_for(box: Box, most: int, deepest: int = LEVELS) -> int:
    """Return how many digits, up to `deepest`, cells have of which a box touches at most `most`."""
    rectangles = _rectangles(box)
    return next((n for n in range(deepest, 0, -1) if _count(rectangles, n) <= most), 0)


def _count(rectangles: Sequence[_Rectangle], depth: int) -> int:
    up = LEVELS - depth
    return sum(
        ((east >> up) - (west >> up) + 1) * ((north >> up) - (south >> up) + 1)
        for west, south, east, north in rectangles
    )


def _column(longitude: float) -> int:
    return max(0, min(SIDE - 1, int((longitude - WORLD.west) / 360 * SIDE)))


def _row(latitude: float) -> int:
    return max(0, min(SIDE - 1, int((latitude - WORLD.south) / 180 * SIDE)))


def _rectangles(box: Box) -> list[_Rectangle]:
    """Return the cells of a box, which are two rectangles where it crosses the date line.

    No rounding lets a place of the box fall out of them: columns and rows only grow with degrees.
    """
    west, east, south, north = *map(_column, (box.west, box.east)), _row(box.south), _row(box.north)
    if box.west <= box.east:
        return [(west, south, east, north)]
    if west <= east + 1:
        return [(0, south, SIDE - 1, north)]
    return [(west, south, SIDE - 1, north), (0, south, east, north)]


def _spans(rectangles: Sequence[_Rectangle]) -> Iterator[_Span]:
    """Yield spans of the cells that cover rectangles; what covers the most in vain is cut first."""
    # In vain, code, level, column and row: what is equal in vain is cut in order of its code.
    partly = [(-SIDE * SIDE, 0, 0, 0, 0)]
    whole = 0
    while partly and len(partly) + whole < PIECES:
        _, code, level, column, row = heapq.heappop(partly)
        for digit in range(4):
            x, y = column << 1 | digit & 1, row << 1 | digit >> 1
            child, side = code << 2 | digit, SIDE >> level + 1
            common = sum(_common(x * side, y * side, side, one) for one in rectangles)
            if common == side * side:
                whole += 1
                yield _span(child, level + 1)
            elif common:
                heapq.heappush(partly, (common - side * side, child, level + 1, x, y))
    yield from (_span(code, level) for _, code, level, _, _ in partly)


def _common(x: int, y: int, side: int, rectangle: _Rectangle) -> int:
    west, south, east, north = rectangle
    wide = min(x + side - 1, east) - max(x, west) + 1
    high = min(y + side - 1, north) - max(y, south) + 1
    return max(wide, 0) * max(high, 0)


def _span(code: int, level: int) -> _Span:
    within = 2 * (LEVELS - level)
    return code << within, code + 1 << within


def _joined(spans: Sequence[_Span], most: int) -> list[_Span]:
    """Join spans that touch, and then those with the smallest gaps, until they are few enough."""
    gaps = [(after[0] - before[1], n) for n, (before, after) in enumerate(pairwise(spans), 1)]
    wide = sorted((gap for gap in gaps if gap[0]), key=lambda gap: (-gap[0], gap[1]))[: most - 1]
    cuts = [0, *sorted(n for _, n in wide), len(spans)]
    return [(spans[start][0], spans[end - 1][1]) for start, end in pairwise(cuts)]


def _text(code: int) -> str:
    if code == SIDE * SIDE:
        return "4"  # after every key
    return "".join("0123"[code >> n & 3] for n in range(2 * LEVELS - 2, -1, -2))
