"""Cells: every place has one, spans of keys hold every place of a box, and hardly another."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pooling.cells import (
    LEVELS,
    MOST_RANGES,
    bounds,
    cell_of,
    cells_in,
    depth_for,
    middle,
    ranges,
)
from app.regions import WORLD, Box
from tests.anywhere import DEGREES, PARALLELS, place

LONGITUDES = st.floats(-180, 180) | DEGREES
LATITUDES = st.floats(-90, 90) | PARALLELS
SHARES = st.floats(0, 1)
KEYS = st.text("0123", max_size=LEVELS)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Draw a box anywhere, of any size; some cross the date line."""
    west, south = draw(LONGITUDES), draw(LATITUDES)
    if draw(st.booleans()):
        south, north = sorted((south, draw(LATITUDES)))
        return Box(west, south, draw(LONGITUDES), north)
    wide, high = draw(st.floats(0, 1)), draw(st.floats(0, 1))
    return Box(west, south, min(west + wide, 180), min(south + high, 90))


def within(cell: str, spans: list[tuple[str, str]]) -> bool:
    """Say whether one of the spans holds a key."""
    return any(low <= cell < high for low, high in spans)


@given(LONGITUDES, LATITUDES)
@settings(max_examples=50)
def test_a_place_lies_in_its_cell_and_in_all_that_are_wider(
    longitude: float, latitude: float
) -> None:
    """Up to the rounding of degrees, at the poles and at the date line too."""
    cell = cell_of(place(longitude, latitude))
    assert len(cell) == LEVELS
    for depth in range(LEVELS + 1):
        box, off = bounds(cell[:depth]), 1e-12
        assert box.west - off <= longitude <= box.east + off
        assert box.south - off <= latitude <= box.north + off


@given(KEYS)
@settings(max_examples=50)
def test_the_middle_of_a_cell_lies_in_it(cell: str) -> None:
    """Its key begins with the cell's."""
    assert cell_of(middle(cell[: LEVELS - 1])).startswith(cell[: LEVELS - 1])


def test_digits_say_which_quarter_a_place_is_in() -> None:
    """South-west, south-east, north-west, north-east."""
    places = [place(-90, -45), place(90, -45), place(-90, 45), place(90, 45)]
    assert [cell_of(one)[0] for one in places] == ["0", "1", "2", "3"]
    assert bounds("30") == Box(0, 0, 90, 45)
    assert middle("30") == place(45, 22.5)


@given(boxes(), st.lists(st.tuples(LONGITUDES, LATITUDES), max_size=5), SHARES, SHARES)
@settings(max_examples=100, deadline=None)
def test_ranges_hold_every_place_of_a_box(
    box: Box, elsewhere: list[tuple[float, float]], eastwards: float, northwards: float
) -> None:
    """Also on its edges, where it crosses the date line, and where it is but a point."""
    spans = ranges(box)
    assert 1 <= len(spans) <= MOST_RANGES
    assert all(low < high for low, high in spans)
    assert all(high < low for (_, high), (low, _) in pairwise(spans))
    east = box.east if box.west <= box.east else 180
    longitude = box.west + (east - box.west) * eastwards
    latitude = box.south + (box.north - box.south) * northwards
    corners = [(e, n) for e in (box.west, box.east) for n in (box.south, box.north)]
    for at in (*corners, (longitude, latitude), *elsewhere):
        if box.holds(place(*at)):
            assert within(cell_of(place(*at)), spans)


@pytest.mark.parametrize(
    "box",
    [Box(13.3, 52.45, 13.5, 52.6), Box(-1, -1, 1, 1), Box(170, -20, -170, 20), WORLD],
)
def test_ranges_hold_little_else(box: Box) -> None:
    """A quarter more than the box at most; and of a whole cell nothing else."""
    spans = ranges(box)
    share = sum(int(high, 5 if high == "4" else 4) - int(low, 4) for low, high in spans if high)
    size = (box.east - box.west) % 360 or 360
    wanted = size / 360 * (box.north - box.south) / 180 * 4**LEVELS
    assert share <= 1.25 * wanted or box == WORLD
    assert ranges(WORLD) == [("0" * LEVELS, "4")]
    assert len(ranges(bounds("1203"))) <= MOST_RANGES


@given(boxes(), st.integers(1, 500))
@settings(max_examples=50)
def test_a_box_is_cut_into_no_more_cells_than_wanted(box: Box, most: int) -> None:
    """As fine as that allows; the cells in it are found by its corners, too."""
    depth = depth_for(box, most)
    cells = cells_in(box, depth)
    assert 1 <= len(cells) <= most
    assert cells == sorted(set(cells))
    assert cell_of(place(box.west, box.south))[:depth] in cells
    assert cell_of(place(box.east, box.north))[:depth] in cells
    if depth < LEVELS and most > 4:
        assert len(cells_in(box, depth + 1)) > most / 2
