"""The facets of a pool: which values can be taken, and what they mean."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.pool_documents import Value
from app.failures import Problem
from app.pooling.facets import amended, checked, checked_all, from_text, is_known, suitability
from app.pooling.rules import facet_kind
from app.pooling.words import Kind, Suitability

GIVEN: list[dict[str, Any]] = [
    {"name": "WHEELCHAIR"},
    {"name": "DOOR", "kind": Kind.CHOICE, "choices": ["Automatic", "manual"]},
    {"name": "WIDTH", "kind": Kind.NUMBER, "least": 0, "most": 400, "unit": "cm"},
    {"name": "HEIGHT", "kind": Kind.NUMBER},
    {"name": "TOILET", "kind": Kind.FLAG},
    {"name": "NOTE", "kind": Kind.TEXT},
]
KINDS = {one["name"]: facet_kind(one) for one in GIVEN}


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("WHEELCHAIR", "PARTLY", "PARTLY"),
        ("WHEELCHAIR", " suitable ", "SUITABLE"),
        ("WHEELCHAIR", "UNKNOWN", "UNKNOWN"),
        ("DOOR", "automatic", "Automatic"),
        ("DOOR", "MANUAL ", "manual"),
        ("WIDTH", 90, 90.0),
        ("WIDTH", 0, 0.0),
        ("WIDTH", 400.0, 400.0),
        ("HEIGHT", -1e300, -1e300),
        ("TOILET", False, False),
        ("NOTE", " ring twice ", "ring twice"),
        ("NOTE", "x" * 500, "x" * 500),
    ],
)
def test_a_value_is_kept_in_the_form_that_all_compare(name: str, value: Any, kept: Any) -> None:
    """Words as the pool spells them, numbers as such, texts without blanks around."""
    found = checked(KINDS[name], value, "facets")
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("WHEELCHAIR", "GOOD", "Give one of SUITABLE, PARTLY, UNSUITABLE, UNKNOWN."),
        ("WHEELCHAIR", True, "Give one of SUITABLE, PARTLY, UNSUITABLE, UNKNOWN."),
        ("WHEELCHAIR", ["SUITABLE"], "Give one of SUITABLE, PARTLY, UNSUITABLE, UNKNOWN."),
        ("DOOR", "none", "Give one of Automatic, manual."),
        ("DOOR", 1, "Give one of Automatic, manual."),
        ("WIDTH", "90", "Give a number."),
        ("WIDTH", True, "Give a number."),
        ("WIDTH", -0.1, "Give at least 0 cm."),
        ("WIDTH", 400.5, "Give at most 400 cm."),
        ("HEIGHT", math.nan, "Give a finite number."),
        ("HEIGHT", math.inf, "Give a finite number."),
        ("HEIGHT", 10**400, "Give a finite number."),
        ("TOILET", 1, "Give true or false."),
        ("TOILET", "yes", "Give true or false."),
        ("NOTE", "  ", "Give a text, or null to take the facet away."),
        ("NOTE", 5, "Give a text, or null to take the facet away."),
        ("NOTE", "a\x00b", "Give letters and signs that can be shown."),
        ("NOTE", "x" * 501, "Give at most 500 characters; these are 501."),
    ],
)
def test_what_is_not_a_value_of_its_facet_is_refused_with_how_to_mend_it(
    name: str, value: Any, message: str
) -> None:
    """Each kind has its own demands, and the problem stands at the path of the value."""
    assert checked(KINDS[name], value, "facets.x") == Problem("facets.x", message)


def test_all_that_is_wrong_is_said_at_once_and_the_rest_is_kept() -> None:
    """None is no value but takes the facet away; names that the pool lacks are problems."""
    given_values = {"WIDTH": 500, "NOTE": None, "SMELL": "good", "TOILET": True}
    found = checked_all(KINDS.values(), given_values)
    assert found.values == {"NOTE": None, "TOILET": True}
    assert [problem.path for problem in found.problems] == ["facets.WIDTH", "facets.SMELL"]
    assert found.problems[1].message == (
        "The pool's facets are: WHEELCHAIR, DOOR, WIDTH, HEIGHT, TOILET, NOTE."
    )
    assert checked_all([], {"A": 1}).problems[0].message == "The pool's facets are: none."


def test_changes_set_add_and_take_away() -> None:
    """What is not named stays."""
    before: dict[str, Value] = {"NOTE": "old", "WIDTH": 80.0, "TOILET": False}
    after = amended(before, {"NOTE": None, "WIDTH": 90.0, "DOOR": "manual", "HEIGHT": None})
    assert after == {"WIDTH": 90.0, "TOILET": False, "DOOR": "manual"}
    assert before["NOTE"] == "old"


def test_unknown_is_a_value_and_never_means_unsuitable() -> None:
    """Neither what somebody called unknown, nor what nobody has said."""
    assert suitability({}, "BLIND") is Suitability.UNKNOWN
    assert suitability({"BLIND": "UNKNOWN"}, "BLIND") is Suitability.UNKNOWN
    assert suitability({"BLIND": 3.0}, "BLIND") is Suitability.UNKNOWN
    assert suitability({"BLIND": "UNSUITABLE"}, "BLIND") is Suitability.UNSUITABLE
    assert not is_known(None)
    assert not is_known("UNKNOWN")
    assert is_known(False)
    assert is_known(0.0)


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("WIDTH", " 90.5 ", 90.5),
        ("TOILET", "Yes", True),
        ("TOILET", "0", False),
        ("DOOR", "manual", "manual"),
        ("WHEELCHAIR", "partly", "PARTLY"),
        ("NOTE", "12", "12"),
    ],
)
def test_a_cell_of_a_table_says_a_value(name: str, cell: str, value: Any) -> None:
    """In a table all is text: numbers and flags are written out."""
    assert from_text(KINDS[name], cell, "x") == value


@pytest.mark.parametrize(("name", "cell"), [("WIDTH", "nan"), ("WIDTH", "1,5"), ("TOILET", "?")])
def test_a_cell_that_says_nothing_is_a_problem(name: str, cell: str) -> None:
    """It is not guessed what may have been meant."""
    assert isinstance(from_text(KINDS[name], cell, "x"), Problem)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
)
def test_a_value_that_is_kept_is_kept_as_it_is_when_it_comes_back(name: str, value: Any) -> None:
    """Whatever is given is taken or refused, and what was taken once is taken again unchanged."""
    found = checked(KINDS[name], value, "x")
    if not isinstance(found, Problem):
        assert checked(KINDS[name], found, "x") == found
