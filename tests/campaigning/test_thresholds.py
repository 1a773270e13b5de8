"""Thresholds: what is crossed, in which order, each once per crossing."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning.thresholds import MOST_STEPS, between, count, counts, crossings, fold, problems
from app.campaigning.words import Direction
from app.db.campaign_documents import Goal, Threshold
from tests.campaigning.seeking import goal, threshold

HALF, WHOLE = threshold("half", percent=50), threshold("whole", percent=100)
EACH = threshold("each", amount=300, every=True)
MARKS = [HALF, WHOLE, EACH]
GOALS = [goal(minimum=1_000)]


def steps(before: int, after: int, *, marks: list[Threshold] = MARKS) -> list[str]:
    """Return what is crossed between two totals of money: `half^`, `each2v`."""
    return [
        f"{one.threshold}{one.step if one.threshold == 'each' else ''}"
        f"{'^' if one.direction is Direction.CROSSED_UP else 'v'}"
        for one in between(marks, GOALS, {"MONEY": before}, {"MONEY": after})
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0, 299, ""),
        (0, 300, "each1^"),
        (299, 499, "each1^"),
        (499, 500, "half^"),
        (500, 501, ""),
        (0, 1_000, "each1^ half^ each2^ each3^ whole^"),
        (1_000, 0, "wholev each3v each2v halfv each1v"),
        (900, 899, "each3v"),
        (500, 499, "halfv"),
        (1_000, 1_000, ""),
        (0, -5, ""),
    ],
)
def test_what_is_crossed_and_in_which_order(before: int, after: int, expected: str) -> None:
    """On its mark it is crossed; downwards in the opposite order."""
    assert steps(before, after) == expected.split()


def test_a_crossing_says_at_which_total_it_was_found() -> None:
    """Of each multiple by itself."""
    found = between([EACH], GOALS, {"MONEY": 100}, {"MONEY": 650})
    assert [(one.kind, one.step, one.at_total) for one in found] == [
        ("MONEY", 1, 650),
        ("MONEY", 2, 650),
    ]


def test_a_percentage_is_of_the_minimum_and_never_rounded() -> None:
    """A third of a hundred is reached at 33 if it is 33 percent, and at 34 if it is 34."""
    third = threshold("third", percent=33)
    assert [count(third, 101, total) for total in (33, 34)] == [0, 1]
    assert [count(threshold("one", percent=1), 3_301, n) for n in (33, 34)] == [0, 1]
    assert count(threshold("huge", percent=1, every=True), 10**12, 10**12 - 1) == 99


def test_one_that_repeats_has_an_end() -> None:
    """A single gift does not make a million crossings."""
    each = threshold("each", amount=1, every=True)
    found = between([each], GOALS, {}, {"MONEY": 10**9})
    assert len(found) == MOST_STEPS
    assert between([each], GOALS, {"MONEY": 10**9}, {"MONEY": 10**6}) == []


def test_kinds_come_in_the_order_of_the_goals() -> None:
    """Each kind by its own total."""
    goals = [goal("SIGNATURE", 100), goal("MONEY", 1_000)]
    marks = [threshold("money", percent=1), threshold("names", kind="SIGNATURE", amount=100)]
    found = between(marks, goals, {}, {"MONEY": 1_000, "SIGNATURE": 100})
    assert [one.threshold for one in found] == ["names", "money"]
    assert counts(marks, goals, {"MONEY": 1_000}) == {"money": 1, "names": 0}


def test_at_one_mark_the_first_comes_first_and_leaves_last() -> None:
    """So that going back undoes what coming did, in reverse."""
    marks = [HALF, threshold("amount", amount=500)]
    assert steps(0, 500, marks=marks) == ["half^", "amount^"]
    assert steps(500, 0, marks=marks) == ["amountv", "halfv"]


def test_a_threshold_that_was_added_is_crossed_at_the_next_look() -> None:
    """And one that was taken away is spoken of no more."""
    [found] = crossings([HALF], GOALS, {"gone": 3}, {"MONEY": 700})
    assert (found.threshold, found.direction) == ("half", Direction.CROSSED_UP)


@st.composite
def courses(draw: st.DrawFn) -> tuple[list[Goal], list[Threshold], list[dict[str, int]]]:
    """Draw goals, thresholds of all sorts, and a sequence of totals."""
    kinds = draw(st.lists(st.sampled_from(["MONEY", "SIGNATURE"]), min_size=1, unique=True))
    goals = [goal(kind, draw(st.integers(1, 12))) for kind in kinds]
    amounts = st.fixed_dictionaries({"amount": st.integers(1, 15)})
    percents = st.fixed_dictionaries({"percent": st.integers(1, 250)})
    marks = [
        threshold(
            f"thr_{n}",
            kind=draw(st.sampled_from(kinds)),
            every=draw(st.booleans()),
            **draw(st.one_of(amounts, percents)),
        )
        for n in range(draw(st.integers(0, 4)))
    ]
    totals = st.fixed_dictionaries({kind: st.integers(-2, 30) for kind in kinds})
    return goals, marks, draw(st.lists(totals, min_size=1, max_size=8))


@settings(max_examples=100, deadline=None)
@given(courses())
def test_ups_less_downs_are_what_the_total_says(course: Any) -> None:
    """Whatever way it took, and every step of it is crossed up and down in turns."""
    goals, marks, totals = course
    crossed, found = fold(marks, goals, {}, totals)
    assert crossed == counts(marks, goals, totals[-1])
    sums = Counter[str]()
    for one in found:
        up = one.direction is Direction.CROSSED_UP
        # Each crossing leads from the count below its step to its step, or back.
        assert sums[one.threshold] == one.step - up
        sums[one.threshold] += 1 if up else -1
    assert {mark["id"]: sums[mark["id"]] for mark in marks} == crossed


@settings(max_examples=100, deadline=None)
@given(courses(), st.integers(0, 8))
def test_a_replay_finds_nothing_twice(course: Any, at: int) -> None:
    """Folding in two parts is folding at once, and the last totals again bring nothing."""
    goals, marks, totals = course
    whole = fold(marks, goals, {}, totals)
    first = fold(marks, goals, {}, totals[:at])
    rest = fold(marks, goals, first.crossed, totals[at:])
    assert first.crossings + rest.crossings == whole.crossings
    assert crossings(marks, goals, whole.crossed, totals[-1]) == []


@settings(max_examples=100, deadline=None)
@given(courses())
def test_going_back_undoes_what_coming_did(course: Any) -> None:
    """The same steps in the opposite order."""
    goals, marks, totals = course
    for before, after in pairwise(totals):
        there = between(marks, goals, before, after)
        back = between(marks, goals, after, before)
        for kind in {one.kind for one in there}:
            went = [(one.threshold, one.step) for one in there if one.kind == kind]
            came = [(one.threshold, one.step) for one in back if one.kind == kind]
            assert came == went[::-1]


def test_every_problem_of_thresholds_by_its_path() -> None:
    """Each with how to mend it, all at once."""
    wrong = [
        threshold("a", percent=50),
        threshold("a", percent=50),
        threshold("b", kind="TIME", percent=1),
        threshold("c"),
        threshold("d", percent=0, amount=5),
        threshold("e", amount=9, every=True, name=" "),
    ]
    assert [problem.path for problem in problems(wrong, GOALS)] == [
        "thresholds.1.id",
        "thresholds.1.percent",
        "thresholds.2.kind",
        "thresholds.3.percent",
        "thresholds.4.percent",
        "thresholds.4.percent",
        "thresholds.5.name",
        "thresholds.5.amount",
    ]
    assert list(problems([*MARKS, threshold("f", amount=10, every=True)], GOALS)) == []
    [many] = problems([threshold(str(n), percent=n + 1) for n in range(51)], GOALS)
    assert many.path == "thresholds"
    repeating = [threshold(str(n), amount=n + 10, every=True) for n in range(4)]
    assert list(problems(repeating[:3], GOALS)) == []
    [often] = problems(repeating, GOALS)
    assert often.message == "Let at most 3 thresholds repeat, not 4."
