"""Differences, merges and reverts of contents, and what is wrong with a content by itself."""

import copy
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.pool_documents import Content
from app.pooling.diffs import Difference, blank, changed, diff, merge, problems, revert
from tests.pooling.filtering import START, instants


def content(**changes: Any) -> Content:
    """Return a content with some of it changed."""
    plain: Any = {
        "title": "Café Central",
        "category": "food/cafe",
        "place": {"type": "Point", "coordinates": [13.4, 52.5]},
        "accuracy_metres": None,
        "facets": {"WHEELCHAIR": "SUITABLE", "WIDTH": 90.0},
        "evidence": ["https://example.org/photo"],
        "observed_at": START,
    }
    made: Content = copy.deepcopy(plain) | changes
    return made


VALUES = st.sampled_from(["SUITABLE", "UNKNOWN", 0.0, 1.0, True, False])
CONTENTS = st.builds(
    content,
    title=st.sampled_from(["Café", "Cafe", "Bar"]),
    accuracy_metres=st.sampled_from([None, 0.0, 5.0]),
    facets=st.dictionaries(st.sampled_from("ABC"), VALUES),
    observed_at=instants(),
)


def test_a_difference_names_fields_and_facets() -> None:
    """Fields first, then facets by name; what is not there is None."""
    after = content(
        title="Central",
        facets={"BLIND": "PARTLY", "WIDTH": 90},
        observed_at=START + timedelta(hours=1),
    )
    assert diff(content(), after) == [
        Difference("title", "Café Central", "Central"),
        Difference("observed_at", START, START + timedelta(hours=1)),
        Difference("facets.BLIND", None, "PARTLY"),
        Difference("facets.WHEELCHAIR", "SUITABLE", None),
    ]
    assert changed(content(), content()) == []
    flags = content(facets={"A": True}), content(facets={"A": 1.0})
    assert changed(*flags) == ["facets.A"]


def test_of_the_first_content_all_that_it_says_is_new() -> None:
    """What it leaves blank differs from nothing."""
    assert changed(None, content()) == [
        "title", "category", "place", "evidence", "observed_at", "facets.WHEELCHAIR",
        "facets.WIDTH",
    ]  # fmt: skip
    assert blank(content(evidence=[]), ["WIDTH", "BLIND"]) == [
        "accuracy_metres", "evidence", "facets.BLIND",
    ]  # fmt: skip


def test_edits_of_different_facets_merge() -> None:
    """Also where one is added and another is taken away; when it was seen is the later of both."""
    base = content()
    mine = content(
        facets={"WHEELCHAIR": "PARTLY", "WIDTH": 90.0}, observed_at=START + timedelta(hours=2)
    )
    theirs = content(
        facets={"WHEELCHAIR": "SUITABLE", "BLIND": "SUITABLE"},
        title="Central",
        observed_at=START + timedelta(hours=1),
    )
    merged = merge(base, mine, theirs)
    assert merged.conflicts == []
    assert merged.content["title"] == "Central"
    assert merged.content["facets"] == {"WHEELCHAIR": "PARTLY", "BLIND": "SUITABLE"}
    assert merged.content["observed_at"] == START + timedelta(hours=2)
    assert merged.changed == ["observed_at", "facets.WHEELCHAIR"]


def test_edits_of_the_same_facet_conflict_unless_they_say_the_same() -> None:
    """The current value stands; taking away what another changed conflicts, too."""
    base = content()
    mine = content(facets={"WHEELCHAIR": "PARTLY", "BLIND": "PARTLY"}, title="A", evidence=[])
    theirs = content(
        facets={"WHEELCHAIR": "UNSUITABLE", "WIDTH": 80.0, "BLIND": "PARTLY"}, title="B"
    )
    merged = merge(base, mine, theirs)
    assert merged.conflicts == ["title", "facets.WHEELCHAIR", "facets.WIDTH"]
    assert merged.content == theirs | {"evidence": []}


@given(CONTENTS, CONTENTS, CONTENTS)
@settings(max_examples=100)
def test_a_merge_is_the_same_from_both_sides(base: Content, one: Content, other: Content) -> None:
    """What conflicts is the same too; without conflicts so is the content."""
    here, there = merge(base, one, other), merge(base, other, one)
    assert here.conflicts == there.conflicts
    if not here.conflicts:
        assert changed(here.content, there.content) == []
        both = {*changed(base, one), *changed(base, other)}
        assert set(changed(base, here.content)) <= both
    assert set(here.changed) <= set(changed(base, one))


@given(CONTENTS, CONTENTS)
@settings(max_examples=60)
def test_a_merge_with_what_stood_still_is_the_edit(base: Content, edited: Content) -> None:
    """And an edit that changed nothing leaves what is current."""
    assert changed(merge(base, edited, base).content, edited) == []
    assert changed(merge(base, base, edited).content, edited) == []
    assert merge(base, edited, edited).conflicts == []


@given(CONTENTS, CONTENTS)
@settings(max_examples=60)
def test_differences_lead_from_one_content_to_the_other(before: Content, after: Content) -> None:
    """Backwards, they are the same with the sides changed."""
    there, back = diff(before, after), diff(after, before)
    assert back == [Difference(one.path, one.after, one.before) for one in there]
    reverted = revert(after, before)
    assert reverted.content == before
    assert reverted.changed == [one.path for one in there]
    assert reverted.content is not before
    assert reverted.content["facets"] is not before["facets"]


def paths(**changes: Any) -> list[str]:
    """Return where something is wrong with a content."""
    return [one.path for one in problems(content(**changes), START, "input.")]


def test_a_content_that_is_whole_has_no_problems() -> None:
    """At the bounds, too."""
    link = "https://example.org/" + "a" * 480
    assert paths() == []
    assert paths(title="t" * 200, category="c" * 100, evidence=[link] * 20) == []
    assert paths(accuracy_metres=0.0) == []


def test_what_is_wrong_with_a_content_is_told_by_its_path() -> None:
    """All of it at once."""
    links = ["ftp://example.org", "http://", "https://example.org/" + "a" * 481, "http://a b.org"]
    assert paths(
        title=" ",
        category="food//cafe",
        evidence=["http://[", *links],
        accuracy_metres=-1.0,
        observed_at=START + timedelta(milliseconds=1),
    ) == [
        "input.title",
        "input.category",
        *(f"input.evidence.{n}" for n in range(5)),
        "input.accuracyM",
        "input.observedAt",
    ]
    assert paths(evidence=["https://example.org"] * 21) == ["input.evidence"]
    assert paths(title="t" * 201, category="") == ["input.title", "input.category"]
    assert paths(title="a\0b") == ["input.title"]
    assert paths(accuracy_metres=float("nan")) == ["input.accuracyM"]
