"""Circles and boxes on the earth: whether a place lies in one, and how MongoDB is asked for it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.db.documents import Place
from app.failures import Problem
from app.places import EARTH_RADIUS_METRES, metres_between, point

FARTHEST_METRES = 20_000_000
EAST, NORTH = 180, 90
# A circle around a box is drawn this much wider: it only leads the database to what is near.
WIDER = 1.000_001


@dataclass(frozen=True, slots=True)
class Circle:
    """What lies within so many metres of a point."""

    middle: Place
    radius_metres: float

    def holds(self, place: Place) -> bool:
        """Say whether a place lies in the circle, or on it; means the same as `queries`."""
        return metres_between(point(place), point(self.middle)) <= self.radius_metres

    def queries(self, field: str) -> Iterator[dict[str, Any]]:
        """Yield what MongoDB has to find true of a field with a place."""
        radians = self.radius_metres / EARTH_RADIUS_METRES
        middle = self.middle["coordinates"]
        yield {field: {"$geoWithin": {"$centerSphere": [middle, radians]}}}

    def problems(self, path: str) -> Iterator[Problem]:
        """Yield what keeps anything from lying in it; `path` is where it was given."""
        longitude, latitude = self.middle["coordinates"]
        yield from beyond(f"{path}.point.longitude", longitude, EAST)
        yield from beyond(f"{path}.point.latitude", latitude, NORTH)
        if not 0 < self.radius_metres <= FARTHEST_METRES:
            yield Problem(f"{path}.radiusM", f"Give metres above 0, up to {FARTHEST_METRES}.")


@dataclass(frozen=True, slots=True)
class Box:
    """What lies between two meridians and two parallels, in degrees; from west eastwards to east.

    Where west is greater than east, it crosses the date line, and holds both -180 and 180, which
    are one meridian. Else degrees are compared as they are, as on a map that ends there: a box
    that begins or ends with the map holds its own end alone.
    """

    west: float
    south: float
    east: float
    north: float

    def holds(self, place: Place) -> bool:
        """Say whether a place lies in the box, or on its edge; means the same as `queries`."""
        longitude, latitude = place["coordinates"]
        if not self.south <= latitude <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= longitude <= self.east
        return longitude >= self.west or longitude <= self.east

    def queries(self, field: str, *, led: bool = False) -> Iterator[dict[str, Any]]:
        """Yield bounds of coordinates, and a circle around them, which an index serves.

        A polygon of GeoJSON would not do: its sides are the shortest ways, not parallels. `led`
        says that something else leads the database to what is near.
        """
        longitude, latitude = f"{field}.coordinates.0", f"{field}.coordinates.1"
        yield {latitude: {"$gte": self.south, "$lte": self.north}}
        if self.west <= self.east:
            yield {longitude: {"$gte": self.west, "$lte": self.east}}
        else:
            yield {"$or": [{longitude: {"$gte": self.west}}, {longitude: {"$lte": self.east}}]}
        around = None if led else self.around()
        if around is not None:
            yield from around.queries(field)

    def around(self) -> Circle | None:
        """Return a circle that holds all of the box; None if the box is wider than 180°."""
        width = self.east - self.west + 2 * EAST * (self.east < self.west)
        if width > EAST:
            # Up to there, the way from the middle is the longest to a corner: along a parallel it
            # grows with the degrees, and along a side towards one of the ends. Beyond, what lies
            # across from the middle, behind the pole, may be farther than every corner.
            return None
        longitude = (self.west + width / 2 + EAST) % (2 * EAST) - EAST
        middle = Place(type="Point", coordinates=[longitude, (self.south + self.north) / 2])
        corners = [
            Place(type="Point", coordinates=[self.west, latitude])
            for latitude in (self.south, self.north)
        ]
        metres = max(metres_between(point(middle), point(corner)) for corner in corners)
        return Circle(middle, math.ceil(metres * WIDER) + 1)

    def problems(self, path: str) -> Iterator[Problem]:
        """Yield what keeps anything from lying in it; `path` is where it was given."""
        yield from beyond(f"{path}.west", self.west, EAST)
        yield from beyond(f"{path}.east", self.east, EAST)
        yield from beyond(f"{path}.south", self.south, NORTH)
        yield from beyond(f"{path}.north", self.north, NORTH)
        if self.south > self.north:
            yield Problem(f"{path}.north", "Give a parallel north of `south`.")


WORLD = Box(-EAST, -NORTH, EAST, NORTH)


def beyond(path: str, degrees: float, end: int) -> Iterator[Problem]:
    """Yield that degrees lie beyond where the earth closes, if they do."""
    if not -end <= degrees <= end:
        yield Problem(path, f"Give degrees from -{end} to {end}.")
