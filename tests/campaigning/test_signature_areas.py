"""Counts of signatures by area, which do not point at the few."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning.areas import MOST_AREAS, by_area, spelled


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, []),
        ({"Bern": 5}, [("Bern", 5)]),
        ({"Bern": 4}, [(None, 4)]),
        ({"Bern": 9, "Genf": 7, "Uri": 3, "Zug": 2}, [("Bern", 9), ("Genf", 7), (None, 5)]),
        ({"Bern": 9, "Genf": 7, "Uri": 3}, [("Bern", 9), (None, 10)]),
        ({"Bern": 9, None: 1}, [(None, 10)]),
        ({"Bern": 9, None: 6}, [("Bern", 9), (None, 6)]),
        ({"Zug": 6, "Bern": 6, "Uri": 0}, [("Bern", 6), ("Zug", 6)]),
    ],
)
def test_areas_of_few_are_counted_with_the_others(
    counts: dict[str | None, int], expected: list[tuple[str | None, int]]
) -> None:
    """The smallest area joins others who are too few themselves."""
    assert by_area(counts, 5) == expected


def test_with_a_floor_of_one_every_area_is_told() -> None:
    """And people of no area are the others."""
    assert by_area({"Bern": 1, None: 1}, 1) == [("Bern", 1), (None, 1)]


def test_more_areas_than_anybody_reads_are_counted_together() -> None:
    """The greatest are told apart."""
    told = by_area({str(n): 10 + n for n in range(MOST_AREAS + 2)}, 5)
    assert len(told) == MOST_AREAS + 1
    assert told[-1] == (None, 10 + 11)


names = st.one_of(st.none(), st.sampled_from("ABCDEF"))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(names, st.integers(0, 12), max_size=7), st.integers(1, 8))
def test_nobody_is_lost_and_nobody_is_found_by_subtracting(
    counts: dict[str | None, int], floor: int
) -> None:
    """Whatever is told has the floor's number of people at least, unless they are all there are."""
    told = by_area(counts, floor)
    assert sum(one.people for one in told) == sum(counts.values())
    assert len(told) == 1 or all(one.people >= floor for one in told)


def test_an_area_is_spelled_as_the_space_spells_it() -> None:
    """Where the space names areas, there is no other; where it names none, there is any."""
    assert spelled(" zurich ", ["Bern", "Zürich"]) == "Zürich"
    assert spelled("Genf", ["Bern"]) is None
    assert spelled(" Genf ", []) == "Genf"
