"""The hard constraints, one by one, all at once, and at their edges."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.constraints import Constraint, broken, permitted
from app.matching.parties import Standing, party
from app.places import METRES_PER_DEGREE, blurred, metres_between, point, said
from tests.matching.postings import facts, hour, place, posting, postings, window

ONE_KILOMETRE_NORTH = place(0, 1_000 / METRES_PER_DEGREE)


def found(need: dict[str, Any], offer: dict[str, Any], **known: Any) -> list[Constraint]:
    """Return what forbids a pair that would fit but for these changes."""
    at_noon = facts(**known)
    one, other = posting("need", **need), posting("offer", **offer)
    items = broken(party(one, at_noon), party(other, at_noon), at_noon)
    assert all(item.sentence.endswith(".") for item in items)
    return [item.constraint for item in items]


@pytest.mark.parametrize(
    ("constraint", "need", "offer"),
    [
        (Constraint.SPACE, {}, {"space": "spc_two"}),
        (Constraint.OWNER, {"owner": "ada"}, {"owner": "ada"}),
        (Constraint.CLOSED, {"status": "FULFILLED"}, {}),
        (Constraint.CLOSED, {}, {"status": "WITHDRAWN"}),
        (Constraint.EXPIRED, {}, {"expires_at": hour(0)}),
        (Constraint.KIND, {"kind": "ITEM"}, {"kind": "TIME"}),
        (Constraint.CAPACITY, {"capacity": 2, "taken": 2}, {}),
        (Constraint.CAPACITY, {}, {"capacity": 0}),
        (Constraint.TIME, {"windows": [window(1, 2)]}, {"windows": [window(2, 3)]}),
        (Constraint.TIME, {"windows": [window(-2, 0)]}, {}),
        (
            Constraint.DISTANCE,
            {"place": place(0, 0), "radius_metres": 999.0},
            {"place": ONE_KILOMETRE_NORTH},
        ),
        (
            Constraint.DISTANCE,
            {"place": place(0, 0)},
            {"place": ONE_KILOMETRE_NORTH, "radius_metres": 999.0},
        ),
        (Constraint.TRUST, {"least_trust": 0.1}, {}),
        (Constraint.TRUST, {}, {"least_trust": 0.1}),
        (Constraint.VERIFICATION, {"verified_only": True}, {}),
        (Constraint.VERIFICATION, {}, {"verified_only": True}),
    ],
)
def test_a_constraint_forbids_and_says_so(
    constraint: Constraint, need: dict[str, Any], offer: dict[str, Any]
) -> None:
    """Each is found alone, on whichever side it stands."""
    assert found(need, offer) == [constraint]


@pytest.mark.parametrize(
    ("need", "offer", "known"),
    [
        ({}, {}, {}),
        ({"expires_at": hour(0.001)}, {}, {}),
        ({"windows": [window(-2, 2)]}, {"windows": [window(1.9, 3)]}, {}),
        ({"windows": [window(1, 2)]}, {}, {}),
        (
            {"place": place(0, 0), "radius_metres": 1_000.001},
            {"place": ONE_KILOMETRE_NORTH, "radius_metres": 1_000.001},
            {},
        ),
        ({"place": place(0, 0), "radius_metres": 1.0}, {}, {}),
        (
            {"least_trust": 0.5, "verified_only": True},
            {},
            {"people": {"usr_offer": Standing(trust=0.5, verified=True)}},
        ),
        ({}, {}, {"blocks": {("usr_need", "usr_else")}}),
    ],
)
def test_what_is_just_within_is_permitted(
    need: dict[str, Any], offer: dict[str, Any], known: dict[str, Any]
) -> None:
    """The edges belong to what is allowed."""
    assert found(need, offer, **known) == []


@pytest.mark.parametrize("block", [("usr_need", "usr_offer"), ("usr_offer", "usr_need")])
def test_a_block_works_both_ways(block: tuple[str, str]) -> None:
    """Whoever blocked, neither is shown to the other; the sentence does not say who."""
    assert found({}, {}, blocks={block}) == [Constraint.BLOCKED]


def test_all_that_fail_are_listed() -> None:
    """Whoever mends one learns at once of the others, of both sides."""
    need = {"kind": "ITEM", "taken": 1, "verified_only": True, "least_trust": 0.9}
    offer = {"status": "EXPIRED", "expires_at": hour(-1), "taken": 1, "owner": "usr_need"}
    assert found(need, offer) == [
        Constraint.OWNER, Constraint.CLOSED, Constraint.EXPIRED, Constraint.KIND,
        Constraint.CAPACITY, Constraint.CAPACITY, Constraint.TRUST, Constraint.VERIFICATION,
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(postings("need"), postings("offer"))
def test_the_quick_question_has_the_same_answer(need: Any, offer: Any) -> None:
    """`permitted` stops at the first, `broken` lists all; they never disagree."""
    now = facts()
    one, other = party(need, now), party(offer, now)
    assert permitted(one, other, now) == (not broken(one, other, now))


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        (place(0, 0), place(0, 1), 111_195),
        (place(0, 60), place(1, 60), 55_597),
        (place(179.999, 0), place(-179.999, 0), 222.4),
        (place(0, 90), place(123, 90), 0),
        (place(0, 0), place(180, 0), 20_015_115),
    ],
)
def test_distances_are_those_of_a_sphere(one: Any, other: Any, metres: float) -> None:
    """A degree north, a degree east, over the date line, at the pole, to the other side."""
    assert metres_between(point(one), point(other)) == pytest.approx(metres, rel=1e-4, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from([100, 1_000, 20_000]))
def test_a_blurred_place_is_near_and_tells_only_its_cell(
    longitude: float, latitude: float, grid: float
) -> None:
    """Blurring moves by less than a cell, and blurring again moves nothing."""
    given_place = place(longitude, latitude)
    once = blurred(given_place, grid)
    assert metres_between(point(given_place), point(once)) <= grid * math.sqrt(2) + 1
    assert blurred(once, grid) == once


def test_distances_are_said_as_one_says_them() -> None:
    """Nobody wants to read centimetres."""
    assert [said(metres) for metres in (0, 444, 3_240, 42_195)] == [
        "0 m", "440 m", "3.2 km", "42 km",
    ]  # fmt: skip
