"""Freshness: values age by their facet's days, are renewed, doubted, and settled."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pooling.freshness import (
    Giving,
    aged,
    doubted,
    due_at,
    is_stale,
    renewed,
    stale_facets,
    turned,
)
from app.pooling.freshness import given as facet_given
from app.pooling.rules import facet_kind
from tests.pooling.entries import NOON, WHEELCHAIR, agreed, day, facet

WEEKLY = facet_kind({"name": "LIFT", "fresh_days": 7})


def test_a_new_value_is_as_old_as_what_was_seen() -> None:
    """Imported from two years ago, it asks to be checked at once; nobody has confirmed it."""
    old = facet_given(WHEELCHAIR, "PARTLY", Giving("ada", True, day(-730), NOON, round=4))
    assert (old["checked_at"], old["stale_at"]) == (day(-730), day(-365))
    assert (old["round"], old["by"], old["claimed_by"], old["anonymous"]) == (4, "ada", "ada", True)
    assert old["claim"] == old["value"] == old["consensus"]["value"] == "PARTLY"
    assert is_stale(old, NOON)


def test_what_was_seen_tomorrow_counts_as_seen_now() -> None:
    """Nobody keeps a value fresh by a wrong calendar."""
    early = facet_given(WHEELCHAIR, "PARTLY", Giving(None, False, day(1), NOON, round=1))
    assert (early["observed_at"], early["checked_at"]) == (day(1), NOON)


@pytest.mark.parametrize(("at", "stale"), [(0, False), (364.9, False), (365, True), (9999, True)])
def test_a_value_asks_to_be_checked_after_its_days(at: float, stale: bool) -> None:
    """At the very instant; and marked only when somebody looks."""
    found = facet()
    assert is_stale(found, day(at)) is stale
    assert aged({"WHEELCHAIR": found}, day(at))["WHEELCHAIR"]["stale"] is stale
    assert not found["stale"]


def test_still_correct_renews_without_a_new_value() -> None:
    """Only the time at which it was checked changes, and what follows from it."""
    stale = aged({"LIFT": facet()}, day(400))["LIFT"]
    fresh = renewed(stale, WEEKLY, day(400))
    assert (fresh["checked_at"], fresh["stale_at"], fresh["stale"]) == (day(400), day(407), False)
    same = {"value", "by", "round", "observed_at", "consensus", "claim", "claimed_by", "anonymous"}
    assert all(fresh[key] == stale[key] for key in same)  # type: ignore[literal-required]
    assert renewed(fresh, WEEKLY, day(100)) == fresh


def test_what_is_unknown_does_not_age() -> None:
    """It claims nothing that could become wrong; nor does doubting it mean anything."""
    unknown = facet("UNKNOWN")
    assert not is_stale(unknown, day(9999))
    assert not doubted(unknown, NOON)["stale"]
    assert due_at({"WHEELCHAIR": unknown}) is None


def test_what_is_doubted_asks_to_be_checked_now() -> None:
    """However new it is; and not later than it did already."""
    found = doubted(facet(), day(1))
    assert (found["stale_at"], found["stale"]) == (day(1), True)
    assert doubted(found, day(2))["stale_at"] == day(1)
    assert not renewed(found, WHEELCHAIR, day(3))["stale"]


def test_the_next_due_instant_is_that_of_the_next_facet_not_yet_marked() -> None:
    """So marking what is due moves it on, until nothing is left."""
    facets = {
        "A": renewed(facet(), WEEKLY, day(0)),
        "B": renewed(facet(), WEEKLY, day(2)),
        "C": facet("UNKNOWN"),
    }
    assert due_at(facets) == day(7)
    assert due_at(aged(facets, day(7))) == day(9)
    assert due_at(aged(facets, day(9))) is None
    assert due_at({}) is None
    assert stale_facets(facets, day(8)) == ["A"]
    assert stale_facets(facets, day(9)) == ["A", "B"]


def test_consensus_on_another_value_sets_it_and_keeps_the_round() -> None:
    """It is nobody's own any more, seen and checked now; what it began with is remembered."""
    found = agreed(value="UNSUITABLE", supporters=2, verified=True)
    after = turned(aged({"A": facet()}, day(400))["A"], found, WHEELCHAIR, day(400))
    assert (after["value"], after["by"], after["consensus"]) == ("UNSUITABLE", None, found)
    assert (after["claim"], after["claimed_by"], after["round"]) == ("SUITABLE", "ada", 1)
    assert (after["checked_at"], after["stale"]) == (day(400), False)


def test_consensus_on_the_same_value_changes_nothing_else() -> None:
    """Agreeing is not looking: whoever confirms renews it besides."""
    found = agreed(value="SUITABLE", supporters=1)
    assert turned(facet(), found, WHEELCHAIR, day(5)) == facet(consensus=found)


FACETS = st.dictionaries(
    st.sampled_from("ABC"),
    st.builds(
        lambda value, days: renewed(facet(value), WEEKLY, day(days)),
        st.sampled_from(["SUITABLE", "UNKNOWN"]),
        st.integers(0, 20),
    ),
)


@settings(max_examples=60, deadline=None)
@given(FACETS, st.integers(0, 40))
def test_after_ageing_nothing_is_due_that_is_past(facets: dict[str, Any], at: int) -> None:
    """Ageing twice is ageing once, and the marks are what is stale."""
    after = aged(facets, day(at))
    due = due_at(after)
    assert due is None or due > day(at)
    assert aged(after, day(at)) == after
    assert sorted(name for name, one in after.items() if one["stale"]) == sorted(
        stale_facets(facets, day(at))
    )
