"""Places: how far apart they are, and how they are blurred for those who may not know exactly."""

import math
from dataclasses import dataclass

from app.db.documents import Place

EARTH_RADIUS_METRES = 6_371_008.8
METRES_PER_DEGREE = EARTH_RADIUS_METRES * math.pi / 180
KILOMETRE = 1_000


@dataclass(frozen=True, slots=True)
class Point:
    """A place made ready to be measured: radians, and the cosine of its latitude."""

    longitude: float
    latitude: float
    cosine: float


def point(place: Place) -> Point:
    """Return a GeoJSON point (degrees, longitude first) made ready to be measured."""
    longitude, latitude = map(math.radians, place["coordinates"])
    return Point(longitude, latitude, math.cos(latitude))


def metres_between(one: Point, other: Point) -> float:
    """Return the great-circle distance in metres by the haversine formula (Sinnott 1984).

    The earth is a sphere of the mean radius; the ellipsoid differs by at most half a percent.
    """
    half_north = math.sin((other.latitude - one.latitude) / 2)
    half_east = math.sin((other.longitude - one.longitude) / 2)
    chord = half_north * half_north + one.cosine * other.cosine * half_east * half_east
    return 2 * EARTH_RADIUS_METRES * math.asin(math.sqrt(min(chord, 1)))


def blurred(place: Place, grid_metres: float) -> Place:
    """Return the middle of the grid cell, about so many metres wide, in which a place lies.

    The grid is fixed: however often it is asked, and from wherever, only the cell comes out.
    """
    longitude, latitude = place["coordinates"]
    step = grid_metres / METRES_PER_DEGREE
    middle = _middle(latitude, step, 90)
    around = max(math.cos(math.radians(middle)), 1e-6)
    return Place(
        type="Point",
        coordinates=[
            round(_middle(longitude, min(step / around, 360), 180), 6),
            round(middle, 6),
        ],
    )


def said(metres: float) -> str:
    """Return a distance as one says it: `400 m`, `3.2 km`, `120 km`."""
    if metres < KILOMETRE:
        return f"{round(metres, -1):g} m"
    return (
        f"{metres / KILOMETRE:.1f} km"
        if metres < 10 * KILOMETRE
        else f"{metres / KILOMETRE:.0f} km"
    )


def _middle(degrees: float, step: float, end: float) -> float:
    return max(-end, min(end, (math.floor(degrees / step) + 0.5) * step))
