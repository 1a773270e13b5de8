"""Geometries: GeoJSON points, lines and polygons, checked, rounded, and the middle of each.

RFC 7946 without collections and multiple shapes: degrees of WGS 84, longitude first. Neighbouring
positions are joined the short way round, so that a shape may lie across the date line.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from app.db.documents import Place
from app.db.pool_documents import Geometry
from app.failures import Problem
from app.places import blurred, metres_between, point
from app.regions import EAST, NORTH

MOST_POSITIONS = 500
MOST_PROBLEMS = 20  # told of one shape
DECIMALS = 7  # a centimetre
LEAST_OF_A_LINE, LEAST_OF_A_RING = 2, 4
FULL_TURN = 360
NIL = 1e-9  # of the box around it: an area that is but rounding

Position = list[float]
Problems = list[Problem]


def read_geometry(path: str, given: object) -> tuple[Geometry | None, Problems]:
    """Return a geometry fit to be kept, or None and what is wrong with it.

    Altitudes are left out and degrees rounded. Rings may wind either way.
    """
    problems: Problems = []
    if not isinstance(given, Mapping):
        problems.append(Problem(path, "Give a GeoJSON geometry: a type and its coordinates."))
        return None, problems
    shape, at = given.get("type"), f"{path}.coordinates"
    read = _READERS.get(shape) if isinstance(shape, str) else None
    if read is None:
        problems.append(Problem(f"{path}.type", f"Give {', '.join(_READERS)}; nothing else."))
        return None, problems
    coordinates = read(at, given.get("coordinates"), problems)
    if problems:
        return None, problems[:MOST_PROBLEMS]
    return Geometry(type=str(shape), coordinates=coordinates), []


def point_geometry(longitude: float, latitude: float) -> Geometry:
    """Return a rounded point; the degrees have been checked."""
    return Geometry(type="Point", coordinates=[_rounded(longitude), _rounded(latitude)])


def middle(geometry: Geometry) -> Place:
    """Return where a shape is said to be, as one point.

    That is the point itself, the point half way along a line by length, or the centroid of a
    polygon's area less its holes. Where there is no such area (all on one line, crossing itself,
    around a pole) it is the mean of the positions.
    """
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "Point":
        return _place(*coordinates[:2])
    if kind == "LineString":
        return _place(*_halfway(coordinates))
    return _place(*(_centroid(coordinates) or _mean(coordinates[0][:-1])))


def blurred_geometry(geometry: Geometry, grid_metres: float) -> Geometry:
    """Return what is shown of a shape in a sensitive category: the grid cell of its middle."""
    place = blurred(middle(geometry), grid_metres)
    return Geometry(type="Point", coordinates=list(place["coordinates"]))


def _position(path: str, given: object, problems: Problems) -> Position:
    if not isinstance(given, list | tuple) or len(given) < 2:  # noqa: PLR2004
        problems.append(Problem(path, "Give a position: [longitude, latitude], in degrees."))
        return []
    longitude, latitude = given[:2]
    if not _within(longitude, EAST):
        said = f"Give degrees of longitude from -{EAST} to {EAST}."
        problems.append(Problem(f"{path}.0", said))
    if not _within(latitude, NORTH):
        said = f"Give degrees of latitude from -{NORTH} to {NORTH}, second."
        problems.append(Problem(f"{path}.1", said))
    return [] if problems else [_rounded(longitude), _rounded(latitude)]


def _line(path: str, given: object, problems: Problems) -> list[Position]:
    listed = _listed(path, given, problems)
    if listed and len(listed) < LEAST_OF_A_LINE:
        problems.append(Problem(path, f"Give at least {LEAST_OF_A_LINE} positions."))
    return [_position(f"{path}.{n}", each, problems) for n, each in enumerate(listed)]


def _rings(path: str, given: object, problems: Problems) -> list[list[Position]]:
    rings = _listed(path, given, problems)
    count = sum(len(ring) for ring in rings if isinstance(ring, list | tuple))
    if count > MOST_POSITIONS:
        problems.append(_too_many(path, count))
        return []
    return [_ring(f"{path}.{n}", each, problems) for n, each in enumerate(rings)]


def _ring(path: str, given: object, problems: Problems) -> list[Position]:
    before = len(problems)
    listed = _listed(path, given, problems)
    ring = [_position(f"{path}.{n}", each, problems) for n, each in enumerate(listed)]
    if len(problems) > before:
        return ring
    if len(ring) < LEAST_OF_A_RING:
        said = f"Give at least {LEAST_OF_A_RING} positions, the last of them the same as the first."
        problems.append(Problem(path, said))
    elif ring[0] != ring[-1]:
        problems.append(Problem(path, "Close the ring: repeat its first position at its end."))
    return ring


def _listed(path: str, given: object, problems: Problems) -> Sequence[Any]:
    """Return a list that is neither empty nor too long, or an empty one and the problem."""
    if not isinstance(given, list | tuple) or not given:
        problems.append(Problem(path, "Give a list that is not empty, as its type asks for."))
        return []
    if len(given) > MOST_POSITIONS:
        problems.append(_too_many(path, len(given)))
        return []
    return given


def _too_many(path: str, count: int) -> Problem:
    return Problem(path, f"Give at most {MOST_POSITIONS} positions, not {count}.")


def _within(given: object, farthest: int) -> bool:
    """Say whether something is a number within bounds; NaN and the infinite are not."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return is_number and -farthest <= given <= farthest  # type: ignore[operator]


_READERS: Mapping[str, Callable[[str, object, Problems], list[Any]]] = {
    "Point": _position,
    "LineString": _line,
    "Polygon": _rings,
}


def _halfway(line: Sequence[Position]) -> Position:
    way = _unwrapped(line, line[0][0])
    marks = [point(_place(*position)) for position in line]
    lengths = [metres_between(start, end) for start, end in pairwise(marks)]
    left = sum(lengths) / 2
    for (start, end), length in zip(pairwise(way), lengths, strict=True):
        if left <= length:
            share = left / length if length else 0.0
            return [a + (b - a) * share for a, b in zip(start, end, strict=True)]
        left -= length
    return way[-1]


def _centroid(rings: Sequence[Sequence[Position]]) -> Position | None:
    """Return the centroid of a polygon less its holes, or None if that says nothing.

    It is that of the plane of degrees: shrinking one axis, as the earth does, does not move it.
    """
    origin = rings[0][0]
    area, east, north = 0.0, 0.0, 0.0
    outline: list[Position] = []
    for n, ring in enumerate(rings):
        way = _unwrapped(ring, origin[0])
        if way[0] != way[-1]:  # it goes around a pole
            return None
        outline = outline or way
        of_ring, ring_east, ring_north = _moments(way, origin)
        sign = math.copysign(1.0, of_ring) if n == 0 else -math.copysign(1.0, of_ring)
        area += sign * of_ring
        east += sign * ring_east
        north += sign * ring_north
    low, high = ([end(axis) for axis in zip(*outline, strict=True)] for end in (min, max))
    if area <= NIL * (high[0] - low[0]) * (high[1] - low[1]):
        return None
    found = [origin[0] + east / area, origin[1] + north / area]
    inside = all(a <= at <= b for a, at, b in zip(low, found, high, strict=True))
    return found if inside else None


def _moments(ring: Sequence[Position], origin: Position) -> tuple[float, float, float]:
    """Return the signed area of a ring and its first moments, seen from a position near it."""
    area, east, north = 0.0, 0.0, 0.0
    offsets = [(longitude - origin[0], latitude - origin[1]) for longitude, latitude in ring]
    for (x, y), (next_x, next_y) in pairwise(offsets):
        cross = x * next_y - next_x * y
        area += cross / 2
        east += (x + next_x) * cross / 6
        north += (y + next_y) * cross / 6
    return area, east, north


def _mean(positions: Iterable[Position]) -> Position:
    """Return the mean of the positions on the sphere, so that no date line is in the way."""
    listed = list(positions)
    marks = [point(_place(*position)) for position in listed]
    x = math.fsum(mark.cosine * math.cos(mark.longitude) for mark in marks)
    y = math.fsum(mark.cosine * math.sin(mark.longitude) for mark in marks)
    z = math.fsum(math.sin(mark.latitude) for mark in marks)
    if math.hypot(x, y, z) <= NIL * len(marks):  # they balance: the sphere has no middle
        return [math.fsum(axis) / len(listed) for axis in zip(*listed, strict=True)]
    return [math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))]


def _unwrapped(positions: Iterable[Position], before: float) -> list[Position]:
    """Return positions whose longitudes run on across the date line, the first near `before`."""
    way: list[Position] = []
    for longitude, latitude in positions:
        before = longitude + FULL_TURN * round((before - longitude) / FULL_TURN)
        way.append([before, latitude])
    return way


def _place(longitude: float, latitude: float) -> Place:
    if abs(longitude) > EAST:
        longitude = (longitude + EAST) % FULL_TURN - EAST
    return Place(type="Point", coordinates=[_rounded(longitude), _rounded(latitude)])


def _rounded(degrees: float) -> float:
    return round(float(degrees), DECIMALS) + 0.0  # no minus nought
