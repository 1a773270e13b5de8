"""Circles and boxes: what lies in them, what leads to it, and what is refused as nothing can."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.db.documents import Place
from app.regions import WORLD, Box, Circle

# Any degrees at all, and those at which the earth closes.
DEGREES = st.sampled_from([-180, -179.99, -90, 0, 90, 179.99, 180]) | st.floats(-180, 180)
PARALLELS = st.sampled_from([-90, -89.99, 0, 52.5, 90]) | st.floats(-90, 90)
SHARES = st.sampled_from([0, 0.5, 1]) | st.floats(0, 1)


def place(longitude: float, latitude: float) -> Place:
    """Return a point."""
    return Place(type="Point", coordinates=[longitude, latitude])


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Draw a box; every other crosses the date line."""
    south, north = sorted((draw(PARALLELS), draw(PARALLELS)))
    return Box(draw(DEGREES), south, draw(DEGREES), north)


@pytest.mark.parametrize(
    ("longitude", "latitude", "inside"),
    [
        (170, 0, True),
        (-170, 0, True),
        (180, 10, True),
        (-180, -10, True),
        (169.9, 0, False),
        (-169.9, 0, False),
        (0, 0, False),
        (180, 10.1, False),
    ],
)
def test_a_box_across_the_date_line_holds_its_edges(
    longitude: float, latitude: float, inside: bool
) -> None:
    """And nothing west of its west or east of its east."""
    assert Box(170, -10, -170, 10).holds(place(longitude, latitude)) is inside


def test_a_box_is_a_piece_of_a_map_that_ends_at_the_date_line() -> None:
    """One that ends there holds its own end of the map; one that begins at 180 holds both."""
    west, east, seam = Box(-180, -1, -170, 1), Box(170, -1, 180, 1), Box(180, -1, -180, 1)
    held = [[box.holds(place(at, 0)) for at in (-180, 180)] for box in (west, east, seam, WORLD)]
    assert held == [[True, False], [False, True], [True, True], [True, True]]


def test_a_circle_is_measured_over_the_earth() -> None:
    """One degree is 111 km, along a meridian and along the equator."""
    circle = Circle(place(180, 0), 111_300)
    assert circle.holds(place(-179, 0))
    assert circle.holds(place(180, -1))
    assert not circle.holds(place(-179, 1))


@settings(max_examples=100, deadline=None)
@given(boxes(), SHARES, SHARES)
@example(Box(-90, -90, 90, 52.5), 1, 1)
@example(Box(-179.99, -90, -180, 52.5), 1, 0.6)
def test_what_lies_in_a_box_lies_in_the_circle_around_it(
    box: Box, eastwards: float, northwards: float
) -> None:
    """Wherever in the box; there is a circle around each box up to half as wide as the earth."""
    width = box.east - box.west if box.west <= box.east else box.east - box.west + 360
    longitude = box.west + width * eastwards
    latitude = box.south + (box.north - box.south) * northwards
    within = place((longitude + 180) % 360 - 180, min(max(latitude, box.south), box.north))
    around = box.around()
    assert (around is None) is (width > 180)
    assert around is None or around.holds(within)


def test_the_circle_around_a_box_holds_little_else() -> None:
    """It leads to what is near; something else may have led there already."""
    box = Box(13, 52, 14, 53)
    around = box.around()
    assert around is not None
    assert around.middle == place(13.5, 52.5)
    assert not around.holds(place(13.5, 53.1))
    assert [*box.queries("spot")] == [*box.queries("spot", led=True), *around.queries("spot")]
    assert [*WORLD.queries("spot")] == [*WORLD.queries("spot", led=True)]


def test_circles_and_boxes_lie_on_the_earth() -> None:
    """Every problem by its path."""
    circle, box = Circle(place(181, -91), 0), Box(-181, 91, 181, -91)
    assert [problem.path for problem in circle.problems("near")] == [
        "near.point.longitude", "near.point.latitude", "near.radiusM",
    ]  # fmt: skip
    assert [problem.path for problem in box.problems("box")] == [
        "box.west", "box.east", "box.south", "box.north", "box.north",
    ]  # fmt: skip
