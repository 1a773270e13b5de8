"""Polygons: what lies in them, and what is refused because nothing can."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pooling.areas import Corner, Polygon
from app.regions import Box
from tests.anywhere import place

SQUARE: list[Corner] = [(0, 0), (2, 0), (2, 2), (0, 2), (0, 0)]
# An L: what lies in its bay is not in it.
BENT: list[Corner] = [(0, 0), (3, 0), (3, 1), (1, 1), (1, 3), (0, 3), (0, 0)]


def test_a_polygon_holds_what_its_ring_encloses() -> None:
    """In whichever direction it runs; what is in a bay of it is outside."""
    for ring in (BENT, BENT[::-1]):
        polygon = Polygon(ring)
        held = [(0.5, 0.5), (2.5, 0.5), (0.5, 2.5)]
        assert all(polygon.holds(place(*at)) for at in held)
        assert not any(polygon.holds(place(*at)) for at in [(2, 2), (-1, 1), (4, 0.5), (1.5, 3)])
        assert polygon.box == Box(0, 0, 3, 3)


@given(st.integers(1, 19), st.integers(1, 19))
@settings(max_examples=50)
def test_halves_share_out_what_is_in_a_square(x: int, y: int) -> None:
    """Whatever is within it lies in one of them, and what is on the cut between them, too."""
    low = Polygon([(0, 0), (20, 0), (20, 20), (0, 0)])
    high = Polygon([(0, 0), (20, 20), (0, 20), (0, 0)])
    assert low.holds(place(x, y)) is (y < x)
    assert high.holds(place(x, y)) is (y >= x)


def test_corners_and_sides_along_the_grid_belong_to_a_polygon() -> None:
    """As the edge of a box does; of other sides those do that look to the east."""
    square = Polygon(SQUARE)
    assert all(square.holds(place(*at)) for at in [*SQUARE, (1, 0), (2, 1), (1, 2), (0, 1)])
    tilted = Polygon([(0, -2), (2, 0), (0, 2), (-2, 0), (0, -2)])
    assert all(tilted.holds(place(*at)) for at in [*tilted.ring, (1, 1), (1, -1)])
    assert not any(tilted.holds(place(*at)) for at in [(-1, 1), (-1, -1)])


@pytest.mark.parametrize(
    ("ring", "paths"),
    [
        (SQUARE, []),
        (SQUARE[:-1], ["ring.3"]),
        (SQUARE[:2], ["ring"]),
        ([(n / 100, n * n / 1e4) for n in range(101)] + [(0, 0)], ["ring"]),
        ([(0, 0), (1, 1), (2, 2), (0, 0)], ["ring"]),
        ([(1, 1), (1, 1), (1, 1), (1, 1)], ["ring"]),
        (
            [(0, 0), (181, 0), (2, -91), (0, float("nan")), (0, 0)],
            ["ring.1.longitude", "ring.2.latitude", "ring.3.latitude"],
        ),
    ],
)
def test_a_ring_is_closed_and_encloses_something(ring: Sequence[Corner], paths: list[str]) -> None:
    """Of three to a hundred corners on the earth that are not all on one line."""
    assert [problem.path for problem in Polygon(ring).problems("ring")] == paths
