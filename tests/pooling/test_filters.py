"""Filters: what they want, what comes and goes, what is refused; the database is in tests/db."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.pool_documents import Matched
from app.failures import InvalidInput
from app.pooling.areas import Polygon
from app.pooling.facet_tests import FacetTest, NeedTest
from app.pooling.filters import EntryFilter
from app.pooling.matched import is_sensitive
from app.pooling.words import Change, State
from app.regions import Box, Circle
from tests.anywhere import place
from tests.pooling.filtering import ELSEWHERE, RULES, SPACE, START, filters, seen


def entry(**changes: Any) -> Matched:
    """Return what filters see of a café."""
    plain: Any = {
        "category": "food/cafe/",
        "spot": place(13.4, 52.5),
        "cell": "",
        "words": ["ca", "caf", "cafe", "ce", "cen"],
        "facets": {"WHEELCHAIR": "SUITABLE", "WIDTH": 90.0, "STEP_FREE": True},
        "stale": False,
        "state": "PUBLISHED",
        "observed_at": START,
    }
    changed: Matched = plain | changes
    return changed


def wants(matched: Matched, **parts: Any) -> bool:
    """Say whether a filter with these parts wants an entry of its space."""
    return EntryFilter(SPACE, **parts).matches(matched, SPACE)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({}, True),
        ({"categories": ["FOOD"]}, True),
        ({"categories": ["foo"]}, False),
        ({"categories": ["shop", "food/Cafe "]}, True),
        ({"categories": ["food/cafe/bar"]}, False),
        ({"facets": [FacetTest("WIDTH", eq=90)]}, True),
        ({"facets": [FacetTest("WIDTH", least=90.0), FacetTest("WIDTH", most=95.0)]}, True),
        ({"facets": [FacetTest("WIDTH", least=91.0)]}, False),
        ({"facets": [FacetTest("STEP_FREE", eq=1.0)]}, False),
        ({"facets": [FacetTest("STEP_FREE", least=0.0)]}, False),
        ({"facets": [FacetTest("STEP_FREE", among=[False, True])]}, True),
        ({"facets": [FacetTest("SURFACE", among=["gravel"])]}, False),
        ({"suitability": [NeedTest("WHEELCHAIR", ["SUITABLE", "PARTLY"])]}, True),
        ({"suitability": [NeedTest("BLIND", ["UNKNOWN"])]}, True),
        ({"suitability": [NeedTest("BLIND", ["UNSUITABLE"])]}, False),
        ({"suitability": [NeedTest("WHEELCHAIR", ["UNKNOWN"])]}, False),
        ({"states": ["GONE"]}, False),
        ({"fresh": True}, True),
        ({"fresh": False}, False),
        ({"observed_since": START}, True),
        ({"observed_until": START}, False),
        ({"text": "Caf"}, True),
        ({"text": "cafe cen"}, True),
        ({"text": "cafe bar"}, False),
        ({"text": "?!"}, False),
        ({"near": Circle(place(13.41, 52.5), 700)}, True),
        ({"within": Box(13, 52, 14, 53)}, True),
        ({"inside": Polygon([(13, 52), (14, 52), (13, 52.4), (13, 52)])}, False),
    ],
)
def test_every_part_that_is_given_must_hold(parts: dict[str, Any], wanted: bool) -> None:
    """A facet that is missing is unknown, which never means unsuitable."""
    assert wants(entry(), **parts) is wanted
    assert not EntryFilter(SPACE, **parts).matches(entry(), ELSEWHERE)


def test_what_is_gone_merged_or_hidden_is_only_found_if_it_is_asked_for() -> None:
    """The other states are shown to whoever does not say which."""
    shown = {state for state in State if wants(entry(state=state.value))}
    assert shown == {State.PUBLISHED, State.DISPUTED, State.VERIFIED, State.STALE}
    assert wants(entry(state="GONE"), states=["GONE", "MERGED"])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_changes_laid_one_upon_the_other_give_what_is_wanted(draw: st.DataObject) -> None:
    """At any time: what entered and did not leave is what the filter finds, and no other."""
    spots = [place(0, 0), place(13.4, 52.5)]
    filter = draw.draw(filters(spots))
    revisions = st.tuples(st.sampled_from("abc"), st.one_of(st.none(), seen()))
    now: dict[str, Matched | None] = dict.fromkeys("abc")
    replayed: set[str] = set()
    for id, after in draw.draw(st.lists(revisions, max_size=8)):
        change = filter.change(now[id], after)
        now[id] = after
        if change is Change.ENTERED:
            assert id not in replayed
            replayed.add(id)
        elif change is not None:
            assert id in replayed
            replayed -= {id} if change is Change.LEFT else set()
        found = {id for id, one in now.items() if one and filter.matches(one, SPACE)}
        assert replayed == found


def test_what_is_wanted_before_and_after_is_updated() -> None:
    """Whatever changed of it; what was not wanted and is not does not concern the filter."""
    filter = EntryFilter(SPACE, suitability=[NeedTest("WHEELCHAIR", ["SUITABLE"])])
    suits, does_not = entry(), entry(facets={"WHEELCHAIR": "UNSUITABLE"})
    assert filter.change(None, suits) is Change.ENTERED
    assert filter.change(suits, suits) is Change.UPDATED
    assert filter.change(suits, does_not) is Change.LEFT
    assert filter.change(does_not, suits) is Change.ENTERED
    assert filter.change(suits, entry(state="HIDDEN")) is Change.LEFT
    assert filter.change(does_not, does_not) is None
    assert filter.change(suits, None) is Change.LEFT
    assert filter.change(None, None) is None


def test_the_rest_leaves_out_the_circle_alone() -> None:
    """For those who let the database look around a place in order of distance."""
    circle = Circle(place(13.4, 52.5), 700)
    filter = EntryFilter(SPACE, near=circle, fresh=True, within=Box(13, 52, 14, 53))
    where, *others = filter.query()["$and"]
    assert list(where) == ["matched.spot"]
    assert filter.rest() == {"$and": others}
    assert not any("matched.cell" in part or "$or" in part for part in others)


def problems(filter: EntryFilter, *, of_the_pool: bool = False) -> set[str]:
    """Return the paths of what is refused."""
    with pytest.raises(InvalidInput) as refused:
        filter.check(RULES["facets"] if of_the_pool else None)
    return {problem.path for problem in refused.value.problems}


def test_what_no_entry_can_match_is_refused() -> None:
    """Every problem by its path."""
    wrong = EntryFilter(
        SPACE,
        near=Circle(place(0, 0), -1),
        within=Box(0, 1, 0, 0),
        inside=Polygon([]),
        categories=["food", "food//cafe"],
        facets=[
            FacetTest("WIDTH"),
            FacetTest("a.b", eq="x"),
            FacetTest("WIDTH", eq=1.0, least=0.0),
            FacetTest("WIDTH", among=[]),
            FacetTest("WIDTH", least=float("nan")),
            FacetTest("WIDTH", eq=float("inf")),
        ],
        suitability=[NeedTest("", ["SUITABLE"]), NeedTest("BLIND", []), NeedTest("DEAF", ["YES"])],
        states=["LOST"],
        observed_since=START,
        observed_until=START,
        text="…",
    )
    assert problems(wrong) == {
        "filter.near.radiusM", "filter.withinBox.north", "filter.withinPolygon",
        "filter.categories.1", "filter.facets.0", "filter.facets.1.name", "filter.facets.2",
        "filter.facets.3.in", "filter.facets.4.least", "filter.facets.5.eq",
        "filter.suitability.0.need", "filter.suitability.1.in", "filter.suitability.2.in.0",
        "filter.states.0", "filter.observedUntil", "filter.text",
    }  # fmt: skip
    empty = EntryFilter(SPACE, categories=[], states=[], facets=[FacetTest("WIDTH", most=1.0)] * 21)
    assert problems(empty) == {"filter.categories", "filter.states", "filter.facets"}


def test_what_the_pool_does_not_know_is_refused() -> None:
    """Facets by other names, values that none of them has, bounds of what is no number."""
    wrong = EntryFilter(
        SPACE,
        facets=[
            FacetTest("COLOUR", eq="red"),
            FacetTest("SURFACE", among=["gravel", "mud", "Asphalt"]),
            FacetTest("STEP_FREE", eq="yes"),
            FacetTest("WIDTH", eq=True),
            FacetTest("SURFACE", least=1.0),
        ],
        suitability=[NeedTest("DEAF", ["UNKNOWN"]), NeedTest("WIDTH", ["UNKNOWN"])],
    )
    assert problems(wrong, of_the_pool=True) == {
        "filter.facets.0.name", "filter.facets.1.in.1", "filter.facets.1.in.2",
        "filter.facets.2.eq", "filter.facets.3.eq", "filter.facets.4.least",
        "filter.suitability.0.need", "filter.suitability.1.need",
    }  # fmt: skip


def test_what_can_match_is_not_refused() -> None:
    """With every part given."""
    EntryFilter(
        SPACE,
        near=Circle(place(0, 0), 1),
        within=Box(170, -1, -170, 1),
        inside=Polygon([(0, 0), (1, 0), (0, 1), (0, 0)]),
        categories=["Food/cafe"],
        facets=[FacetTest("WIDTH", least=80.0), FacetTest("SURFACE", among=["gravel"])],
        suitability=[NeedTest("BLIND", ["SUITABLE", "UNKNOWN"])],
        states=["PUBLISHED", "GONE"],
        fresh=False,
        observed_since=START,
        observed_until=START + timedelta(hours=1),
        text="cafe",
    ).check(RULES["facets"])


def test_places_of_sensitive_categories_are_blurred_to_filters() -> None:
    """Those of the category and of all below it, without regard to case."""
    assert is_sensitive("shelter/Women", ["Food", "SHELTER"])
    assert not is_sensitive("shelters", ["shelter"])
    assert not is_sensitive("shelter", [])
