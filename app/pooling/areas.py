"""Polygons on a map, and whether a place lies in them.

They are plane in longitude and latitude, as RFC 7946 draws lines: a side is straight in degrees,
not the shortest way over the earth. None crosses the date line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.db.documents import Place
from app.failures import Problem
from app.regions import EAST, NORTH, Box, beyond

LEAST_CORNERS, MOST_CORNERS = 3, 100

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Polygon:
    """What a ring of straight lines encloses; its corners, longitude first, end with the first.

    In which direction the ring runs does not matter. What is enclosed twice, by a ring that crosses
    itself, lies outside. Corners belong to it, and sides along a meridian or a parallel; any other
    side belongs to what lies west of it.
    """

    ring: Sequence[Corner]

    @property
    def box(self) -> Box:
        """Return the smallest box around it."""
        longitudes, latitudes = zip(*self.ring, strict=True)
        return Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes))

    @property
    def corners(self) -> list[Corner]:
        """Return the corners, each once."""
        return list(self.ring[:-1])

    def holds(self, place: Place) -> bool:
        """Say whether a place lies in the polygon.

        It lies inside if an odd number of sides is east of it. The comparisons and the order of the
        arithmetic are those that MongoDB has for plane polygons, so that what is on an edge is the
        same to both.
        """
        x, y = place["coordinates"]
        is_inside = False
        for (x1, y1), (x2, y2) in pairwise(self.ring):
            if x1 == x2 == x or y1 == y2 == y:
                if min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
                    return True
            elif (x, y) in ((x1, y1), (x2, y2)):
                return True
            elif min(y1, y2) < y <= max(y1, y2):
                is_inside ^= x <= max(x1, x2) and x <= (y - y1) * (x2 - x1) / (y2 - y1) + x1
        return is_inside

    def problems(self, path: str) -> Iterator[Problem]:
        """Yield what keeps anything from lying in it; `path` is where it was given."""
        if not LEAST_CORNERS < len(self.ring) <= MOST_CORNERS + 1:
            wanted = f"Give {LEAST_CORNERS} to {MOST_CORNERS} corners, and the first again at last."
            yield Problem(path, wanted)
            return
        if self.ring[0] != self.ring[-1]:
            yield Problem(f"{path}.{len(self.ring) - 1}", "Close the ring: end where it begins.")
        for n, (longitude, latitude) in enumerate(self.ring):
            yield from beyond(f"{path}.{n}.longitude", longitude, EAST)
            yield from beyond(f"{path}.{n}.latitude", latitude, NORTH)
        if _is_flat(self.corners):
            yield Problem(path, "Give corners that are not all on one line.")


def _is_flat(corners: Sequence[Corner]) -> bool:
    (x, y), *others = corners
    away = [(x1 - x, y1 - y) for x1, y1 in others if (x1, y1) != (x, y)]
    return not away or all(away[0][0] * dy == away[0][1] * dx for dx, dy in away[1:])
