"""The rules of a pool: what holds unless it says otherwise, and what cannot hold."""

import math
from typing import Any

import pytest

from app.pooling.rules import (
    DEFAULTS,
    clashes,
    facet_kind,
    is_set_up,
    kinds_of,
    problems,
    rules_of,
)
from app.pooling.words import Kind
from tests.pooling.entries import rules

WIDTH = facet_kind({"name": "WIDTH", "kind": Kind.NUMBER, "least": 0, "most": 400, "unit": "cm"})
DOOR = facet_kind({"name": "DOOR", "kind": Kind.CHOICE, "choices": ["automatic", "manual"]})


def paths(**changes: Any) -> list[str]:
    """Return where rules are wrong that have some of them changed."""
    return [problem.path.removeprefix("pool.") for problem in problems(rules(**changes))]


def test_a_pool_is_open_and_asks_for_what_people_with_disabilities_need() -> None:
    """All but the licence has a default; the four needs ask to be checked once a year."""
    found = rules_of(None)
    assert found == DEFAULTS
    assert (found["openness"], found["licence"], found["patrol"]) == ("OPEN", "", True)
    assert list(kinds_of(found)) == ["WHEELCHAIR", "BLIND", "DEAF", "STROLLER"]
    assert {kind["kind"] for kind in found["facets"]} == {"SUITABILITY"}
    assert {kind["fresh_days"] for kind in found["facets"]} == {365}
    assert (found["weight_cap"], found["newcomer_weight"], found["least_confirmations"]) == (
        3.0,
        0.5,
        2,
    )


def test_a_pool_without_a_licence_is_not_set_up() -> None:
    """It is the only thing that each pool has to say for itself."""
    assert not is_set_up(DEFAULTS)
    assert [problem.path for problem in problems(DEFAULTS)] == ["pool.licence"]
    assert not is_set_up(rules(licence="  "))
    assert is_set_up(rules())
    assert paths() == []
    assert paths(licence="the town's own terms") == []


def test_what_a_pool_says_stands_before_the_defaults_in_each_facet_too() -> None:
    """A facet that says its name alone is of the kind that pools are most about."""
    found = rules_of({"licence": "ODbL-1.0", "facets": [{"name": "RAMP"}]})
    assert found["facets"] == [facet_kind({"name": "RAMP"})]
    assert found["facets"][0]["fresh_days"] == 365
    assert found["duplicate_metres"] == 60


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"licence": "x" * 101}, "licence"),
        ({"attribution": "x" * 501}, "attribution"),
        ({"openness": "CLOSED"}, "openness"),
        ({"sensitive_categories": ["a", " A "]}, "sensitive_categories.1"),
        ({"sensitive_categories": [""]}, "sensitive_categories.0"),
        ({"sensitive_categories": [str(n) for n in range(201)]}, "sensitive_categories"),
        ({"grid_metres": 9}, "grid_metres"),
        ({"grid_metres": math.nan}, "grid_metres"),
        ({"duplicate_metres": 10_001}, "duplicate_metres"),
        ({"weight_cap": 0.9}, "weight_cap"),
        ({"newcomer_weight": 1}, "newcomer_weight"),
        ({"least_confirmations": 1}, "least_confirmations"),
    ],
)
def test_a_rule_out_of_bounds_is_named(changes: dict[str, Any], path: str) -> None:
    """Newcomers weigh less than one, and one confirmation never suffices."""
    assert paths(**changes) == [path]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "width"}, "name"),
        ({"name": "W" * 41}, "name"),
        ({"name": "1W"}, "name"),
        ({"name": "A.B"}, "name"),
        ({"kind": "COLOUR", "least": None, "most": None, "unit": None}, "kind"),
        ({"description": "x" * 1001}, "description"),
        ({"fresh_days": 0.5}, "fresh_days"),
        ({"choices": ["a", "b"]}, "choices"),
        ({"least": math.inf}, "least"),
        ({"most": math.nan}, "most"),
        ({"least": 401}, "most"),
        ({"unit": " "}, "unit"),
    ],
)
def test_a_facet_that_makes_no_sense_is_named(changes: dict[str, Any], path: str) -> None:
    """By its place in the list, and the part of it that is wrong."""
    wrong: Any = WIDTH | changes
    assert paths(facets=[DOOR, WIDTH | {"name": "OTHER"}, wrong]) == [f"facets.2.{path}"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"choices": []}, "choices"),
        ({"choices": ["one"]}, "choices"),
        ({"choices": [str(n) for n in range(51)]}, "choices"),
        ({"choices": ["one", "One"]}, "choices.1"),
        ({"choices": ["one", "x" * 101]}, "choices.1"),
        ({"most": 3.0}, "most"),
    ],
)
def test_choices_are_few_and_differ(changes: dict[str, Any], path: str) -> None:
    """By more than their case, and only numbers have bounds."""
    assert paths(facets=[DOOR | changes]) == [f"facets.0.{path}"]


def test_facets_are_at_most_fifty_and_named_differently() -> None:
    """Two of the same name are both in the wrong."""
    many = [facet_kind({"name": f"F{n}"}) for n in range(51)]
    assert paths(facets=many) == ["facets"]
    assert paths(facets=many[:50]) == []
    assert paths(facets=[DOOR, WIDTH, DOOR]) == ["facets.0.name", "facets.2.name"]


def test_a_facet_does_not_turn_into_another_kind() -> None:
    """Its old values would mean nothing; it may go, come, or change in all else."""
    before, wider = rules(facets=[DOOR, WIDTH]), facet_kind(WIDTH | {"most": 500})
    assert clashes(before, rules(facets=[wider, facet_kind({"name": "NEW"})])) == []
    found = clashes(before, rules(facets=[WIDTH, facet_kind({"name": "DOOR"})]))
    assert [problem.path for problem in found] == ["pool.facets.1.kind"]
    assert found[0].message == "DOOR is of the kind CHOICE: take another name."
