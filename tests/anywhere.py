"""Places, circles and boxes anywhere on the earth, as tests of filters draw them."""

from collections.abc import Sequence

from hypothesis import assume
from hypothesis import strategies as st

from app.db.documents import Place
from app.places import metres_between, point
from app.regions import Box, Circle

# Few enough that regions and what is in them often meet, also where the earth closes.
DEGREES = st.sampled_from([-180, -179.99, -170, -90, 0, 0.004, 13.4, 13.41, 90, 170, 179.99, 180])
PARALLELS = st.sampled_from([-90, -89.99, -60, -45, 0, 0.004, 52.5, 52.51, 60, 89.99, 90])
# In metres: beyond the edge, and what the database may be mistaken by on the way around the earth.
HAND, FINGER = 0.1, 0.02
NO_PLACE_METRES = 5_000.0


def place(longitude: float, latitude: float) -> Place:
    """Return a point."""
    return Place(type="Point", coordinates=[longitude, latitude])


def places() -> st.SearchStrategy[Place]:
    """Draw a place."""
    return st.builds(place, DEGREES, PARALLELS)


@st.composite
def circles(draw: st.DrawFn, spots: Sequence[Place | None]) -> Circle:
    """Draw a circle on whose edge, a hand's breadth to and fro, one of the spots is.

    None of them is nearer to the edge than a finger's breadth: what is counts as in or out.
    """
    middle, to = draw(places()), draw(st.sampled_from(spots))
    metres = NO_PLACE_METRES if to is None else metres_between(point(middle), point(to))
    radius = min(max(metres + draw(st.sampled_from([-HAND, HAND])), 1), 2e7)
    away = (metres_between(point(middle), point(spot)) for spot in spots if spot is not None)
    assume(all(abs(one - radius) > FINGER for one in away))
    return Circle(middle, radius)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Draw a box; every other crosses the date line."""
    south, north = sorted((draw(PARALLELS), draw(PARALLELS)))
    return Box(draw(DEGREES), south, draw(DEGREES), north)
