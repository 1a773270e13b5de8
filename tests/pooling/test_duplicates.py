"""Possible duplicates: near, of the same category, and named alike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.places import METRES_PER_DEGREE
from app.pooling.duplicates import (
    THRESHOLD,
    Named,
    likeness,
    names_alike,
    possible_duplicates,
    reach,
)
from tests.anywhere import place

METRES = 60
TITLES = st.lists(
    st.sampled_from(["Café", "Cafe", "Central", "Centrall", "Lift", "2", "21", "東京駅", "am"]),
    max_size=5,
).map(" ".join)


def named(title: str, metres: float = 0, *, category: str = "food/cafe", id: str = "ent") -> Named:
    """Return an entry so many metres north of the equator."""
    return Named(id, title, category, place(13.4, metres / METRES_PER_DEGREE))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café Central", "cafe central"),
        ("Central Café", "Café Central"),
        ("Cafe Centrall", "Café Central"),
        ("Café Central", "Café Central Wien"),
        ("Kaffeehaus Sperl", "Kaffee-Haus Sperl"),
        ("Toilette Hauptbahnhof", "WC Hauptbahnhof"),
        ("Rathaus", "Rathaus Neukölln, Eingang Nord"),
        ("東京駅", "東京駅"),
    ],
)
def test_names_that_mean_the_same_are_alike(one: str, other: str) -> None:
    """In another order, with small differences, with something more, without gaps."""
    assert names_alike(one, other) >= THRESHOLD


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bäckerei Müller", "Metzgerei Müller"),
        ("Lift 2", "Lift 21"),
        ("Bank am See", "Brücke am Bach"),
        ("Café Central", "Restaurant Odeon"),
        ("—", "—"),
        ("Cafe", ""),
    ],
)
def test_names_that_mean_other_things_are_not(one: str, other: str) -> None:
    """One word in common is little; other numbers are other things."""
    assert names_alike(one, other) < THRESHOLD


@given(TITLES, TITLES, st.integers(0, 300))
@settings(max_examples=100)
def test_likeness_is_the_same_either_way_round(one: str, other: str, metres: int) -> None:
    """A score in [0, 1], and nothing is more alike than the same."""
    a, b = named(one, id="a"), named(other, metres, id="b")
    here, there = likeness(a, b, METRES), likeness(b, a, METRES)
    assert (here.score, here.names, here.metres) == (there.score, there.names, there.metres)
    assert 0 <= here.score <= 1
    if any(map(str.isalnum, one)):
        assert likeness(a, a, METRES).score == 1


def test_nearness_is_whole_within_the_distance_and_falls_beyond() -> None:
    """At three times the distance it is nought; with a distance of nought only the same spot is."""
    a = named("Café Central")
    scores = [likeness(a, named("Café Central", m), METRES).score for m in (0, 59, 120, 179, 181)]
    assert scores[:2] == [1, 1]
    assert scores[2] == pytest.approx(0.5, abs=0.01)
    assert 0 < scores[3] < 0.02
    assert scores[4] == 0
    assert reach(METRES) == 180
    assert likeness(a, named("Café Central", 1), 0).score == 0
    assert likeness(a, a, 0).score == 1


def test_the_likeliest_come_first_and_say_why() -> None:
    """Then the nearest; not the entry itself, nor those of other categories."""
    new = named("Café Central", id="new")
    there = [
        named("Bakery", id="a"),
        named("Central Cafe", 40, id="b"),
        named("Café Central", 20, id="c"),
        named("Café Central", category="Food/cafe ", id="d"),
        named("Café Central", category="food", id="e"),
        named("Café Centrale", 100, id="f"),
        new,
    ]
    found = possible_duplicates(new, there, METRES)
    assert [alike.id for alike in found] == ["d", "c", "b", "f"]
    assert found[2].reasons == [
        "Both are food/cafe.",
        "They are 40 m apart.",
        "Their names have the same words.",
    ]
    assert found[3].reasons[-1] == "Their names are almost the same."
    assert [alike.id for alike in possible_duplicates(new, there, METRES, most=1)] == ["d"]
    unlike = likeness(new, there[4], METRES)
    assert (unlike.score, unlike.reasons[0]) == (0, "They are of different categories.")
