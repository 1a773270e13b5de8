"""Geometries: what can be taken as a place, where its middle is, and what is shown of it."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.documents import Place
from app.db.pool_documents import Geometry
from app.places import blurred, metres_between, point
from app.pooling.geometry import (
    MOST_POSITIONS,
    blurred_geometry,
    middle,
    read_geometry,
)

SQUARE = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]
HOLE = [[1, 0.5], [1, 1.5], [2, 1.5], [2, 0.5], [1, 0.5]]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=12,
)


def geometry(type: str, *coordinates: Any) -> Geometry:
    """Return a shape."""
    return Geometry(type=type, coordinates=list(coordinates))


def wrong(given: object) -> list[tuple[str, str]]:
    """Return the paths of problems, and the first word that says how to mend them."""
    found, problems = read_geometry("place", given)
    assert (found is None) == bool(problems)
    return [(problem.path, problem.message.split()[0]) for problem in problems]


def test_a_shape_is_kept_without_altitude_and_to_the_centimetre() -> None:
    """More digits say nothing; and there is no minus nought."""
    given = {"type": "LineString", "coordinates": [[2.352212345678, 48.1, 35.0], [-1e-12, 0]]}
    kept, problems = read_geometry("place", given)
    assert problems == []
    assert kept == {"type": "LineString", "coordinates": [[2.3522123, 48.1], [0.0, 0.0]]}
    assert math.copysign(1, kept["coordinates"][1][0]) == 1


@pytest.mark.parametrize("ring", [SQUARE, SQUARE[::-1]])
def test_a_ring_may_wind_either_way(ring: list[list[float]]) -> None:
    """RFC 7946 asks to be lenient: older files wind otherwise."""
    assert wrong({"type": "Polygon", "coordinates": [ring]}) == []


@pytest.mark.parametrize(
    ("given", "path", "word"),
    [
        (None, "place", "Give"),
        ([2.35, 48.85], "place", "Give"),
        ({"coordinates": [0, 0]}, "place.type", "Give"),
        ({"type": ["Point"]}, "place.type", "Give"),
        ({"type": "MultiPolygon", "coordinates": []}, "place.type", "Give"),
        ({"type": "Point"}, "place.coordinates", "Give"),
        ({"type": "Point", "coordinates": [2.35]}, "place.coordinates", "Give"),
        ({"type": "Point", "coordinates": "2.35,48.85"}, "place.coordinates", "Give"),
        ({"type": "Point", "coordinates": [180.1, 0]}, "place.coordinates.0", "Give"),
        ({"type": "Point", "coordinates": [0, 90.1]}, "place.coordinates.1", "Give"),
        ({"type": "Point", "coordinates": [math.nan, 0]}, "place.coordinates.0", "Give"),
        ({"type": "Point", "coordinates": [0, math.inf]}, "place.coordinates.1", "Give"),
        ({"type": "Point", "coordinates": [True, 0]}, "place.coordinates.0", "Give"),
        ({"type": "Point", "coordinates": ["2", 0]}, "place.coordinates.0", "Give"),
        ({"type": "Point", "coordinates": [10**400, 0]}, "place.coordinates.0", "Give"),
        ({"type": "LineString", "coordinates": [[0, 0]]}, "place.coordinates", "Give"),
        ({"type": "LineString", "coordinates": [[0, 0], [0]]}, "place.coordinates.1", "Give"),
        ({"type": "Polygon", "coordinates": []}, "place.coordinates", "Give"),
        ({"type": "Polygon", "coordinates": SQUARE}, "place.coordinates.0.0", "Give"),
        ({"type": "Polygon", "coordinates": [SQUARE[1:]]}, "place.coordinates.0", "Close"),
        ({"type": "Polygon", "coordinates": [SQUARE[:3]]}, "place.coordinates.0", "Give"),
        (
            {"type": "Polygon", "coordinates": [SQUARE, [*HOLE[:2], [1, 95], *HOLE[3:]]]},
            "place.coordinates.1.2.1",
            "Give",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_shape_is_told_by_its_path(given: Any, path: str, word: str) -> None:
    """And how to mend it."""
    assert (path, word) in wrong(given)


def test_a_shape_has_at_most_so_many_positions_in_all_its_rings() -> None:
    """Not only in each of them; they are counted before they are looked at."""
    ring = [[n / 1000, math.sqrt(n) / 1000] for n in range(MOST_POSITIONS // 2)]
    ring.append(ring[0])
    assert wrong({"type": "LineString", "coordinates": [*ring, *ring[:-2]]}) == []
    for shape in (
        {"type": "LineString", "coordinates": [*ring, *ring]},
        {"type": "Polygon", "coordinates": [ring, ring]},
        {"type": "Polygon", "coordinates": [[]] * (MOST_POSITIONS + 1)},
    ):
        assert wrong(shape) == [("place.coordinates", "Give")]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (geometry("Point", 2.35, 48.85), [2.35, 48.85]),
        # Half way by length, not in the middle of the positions.
        (geometry("LineString", [0, 0], [1, 0], [2, 0], [10, 0]), [5, 0]),
        (geometry("LineString", [0, 0], [0, 0], [4, 0]), [2, 0]),
        (geometry("LineString", [3, 4], [3, 4]), [3, 4]),
        (geometry("LineString", [179, 10], [-177, 10]), [-179, 10]),
        (geometry("LineString", [179, 0], [-179, 0]), [180, 0]),
        (geometry("Polygon", SQUARE), [1, 1]),
        (geometry("Polygon", SQUARE[::-1]), [1, 1]),
        # More positions on one side do not draw the middle there.
        (geometry("Polygon", [[0, 0], [0.5, 0], [1, 0], [1.5, 0], *SQUARE[1:]]), [1, 1]),
        (geometry("Polygon", SQUARE, HOLE), [5 / 6, 1]),
        (geometry("Polygon", SQUARE, HOLE[::-1]), [5 / 6, 1]),
        # Without area: all on one line, crossing itself, all in one place.
        (geometry("Polygon", [[0, 0], [1, 0], [2, 0], [0, 0]]), [1, 0]),
        (geometry("Polygon", [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]), [1, 1]),
        (geometry("Polygon", [[5, 5]] * 4), [5, 5]),
        # Across the date line, and around a pole.
        (geometry("Polygon", [[178, 0], [-178, 0], [-178, 2], [178, 2], [178, 0]]), [180, 1]),
        (geometry("Polygon", [[0, 80], [90, 80], [180, 80], [-90, 80], [0, 80]]), [None, 90]),
        (geometry("Polygon", [[0, 0], [90, 0], [180, 0], [-90, 0], [0, 0]]), [None, 0]),
    ],
)
def test_the_middle_of_a_shape_is_one_point(shape: Geometry, expected: list[float | None]) -> None:
    """Where a shape is listed, measured from and clustered; at a pole any longitude is right."""
    found = middle(shape)["coordinates"]
    for at, wanted in zip(found, expected, strict=True):
        assert wanted is None or abs(at) == pytest.approx(abs(wanted), abs=1e-3)
        assert wanted is None or abs(wanted) == 180 or at == pytest.approx(wanted, abs=1e-3)
    assert read_geometry("middle", middle(shape))[1] == []


def test_a_hole_across_the_date_line_is_taken_out() -> None:
    """Its own longitudes have the other sign."""
    ring = [[178, 0], [-178, 0], [-178, 2], [178, 2], [178, 0]]
    hole = [[-180, 0], [-178, 0], [-178, 2], [-180, 2], [-180, 0]]
    assert middle(geometry("Polygon", ring, hole))["coordinates"] == [179.0, 1.0]


@settings(max_examples=50, deadline=None)
@given(
    st.floats(-180, 180),
    st.floats(-60, 60),
    st.lists(st.tuples(st.floats(0, 360), st.floats(0.01, 1)), min_size=3, max_size=8),
)
def test_the_middle_of_a_small_shape_is_near_it(
    longitude: float, latitude: float, spokes: list[tuple[float, float]]
) -> None:
    """Wherever on earth it lies, and however its corners follow each other."""
    corners = [
        [
            (longitude + length * math.cos(math.radians(turn)) + 180) % 360 - 180,
            latitude + length * math.sin(math.radians(turn)),
        ]
        for turn, length in spokes
    ]
    hub = point(Place(type="Point", coordinates=[longitude, latitude]))
    for shape in (
        geometry("LineString", *corners),
        geometry("Polygon", [*corners, corners[0]]),
    ):
        assert metres_between(point(middle(shape)), hub) < 170_000


def test_of_a_sensitive_shape_only_the_cell_of_its_middle_is_shown() -> None:
    """Not its form, and the same as of a point in the middle."""
    shown = blurred_geometry(geometry("Polygon", SQUARE), 1_000)
    assert shown == blurred(Place(type="Point", coordinates=[1.0, 1.0]), 1_000)
    assert shown["type"] == "Point"


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["Point", "LineString", "Polygon", "Circle"]), JSON)
def test_whatever_is_given_is_a_shape_or_has_a_problem(type: str, coordinates: Any) -> None:
    """Nothing is raised; what is taken can be taken again, and has a middle."""
    kept, problems = read_geometry("place", {"type": type, "coordinates": coordinates})
    assert (kept is None) == bool(problems)
    if kept is not None:
        assert read_geometry("place", kept) == (kept, [])
        assert read_geometry("place", middle(kept))[1] == []
