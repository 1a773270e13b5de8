"""Taps: what they say of a value, when they are heard, and when a thing is gone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pooling.taps import Gone, gone, is_doubted, meaning
from app.pooling.words import Suitability, Tap, Verdict
from tests.pooling.entries import day, rules, says, tap

RULES = rules()
FULL = dict.fromkeys(["ben", "cleo", "dan", "eve"], 1.0)


def of(*signals: Any, said: Any = (), ties: Any = (), weights: Any = None) -> Gone:
    """Return how far people agree that it is gone."""
    return gone(signals, said, FULL if weights is None else weights, ties, RULES)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Tap.SUITABLE, "SUITABLE", (Verdict.CONFIRM, "SUITABLE")),
        (Tap.SUITABLE, "UNSUITABLE", (Verdict.DISPUTE, "SUITABLE")),
        (Tap.UNSUITABLE, "SUITABLE", (Verdict.DISPUTE, "UNSUITABLE")),
        (Tap.UNSUITABLE, "PARTLY", None),
        (Tap.SUITABLE, "UNKNOWN", None),
        (Tap.SUITABLE, None, None),
        (Tap.SUITABLE, 90.0, None),
        (Tap.CHANGED, "SUITABLE", None),
        (Tap.GONE, "SUITABLE", None),
    ],
)
def test_a_tap_confirms_or_disputes_what_suits_or_does_not(
    kind: Tap, value: Any, expected: Any
) -> None:
    """What suits partly is not contradicted by one word, nor is what nobody knows."""
    assert meaning(kind, value) == expected


def test_a_value_is_doubted_by_one_with_an_account_or_from_two_addresses() -> None:
    """One tap of somebody unknown puts nothing in doubt, however often it comes."""
    changed = tap(Tap.CHANGED, address="a")
    assert not is_doubted([], "BLIND", "SUITABLE")
    assert not is_doubted([changed, tap(Tap.CHANGED, at=1, address="a")], "BLIND", "SUITABLE")
    assert is_doubted([changed, tap(Tap.CHANGED, address="b")], "BLIND", "SUITABLE")
    assert is_doubted([tap(Tap.CHANGED, "ben")], "BLIND", "SUITABLE")
    assert not is_doubted([tap(Tap.CHANGED, "ben", facet="DEAF")], "BLIND", "SUITABLE")


def test_a_value_is_doubted_by_its_contrary_if_the_facet_is_named() -> None:
    """That something suits does not say whom, unless it is said."""
    contrary = tap(Tap.UNSUITABLE, "ben", facet="BLIND")
    assert is_doubted([contrary], "BLIND", "SUITABLE")
    assert not is_doubted([contrary], "BLIND", "UNSUITABLE")
    assert not is_doubted([contrary], "BLIND", "PARTLY")
    assert not is_doubted([tap(Tap.UNSUITABLE, "ben")], "BLIND", "SUITABLE")


def test_a_thing_is_gone_when_enough_who_are_independent_say_so() -> None:
    """By the same measure by which a value is verified."""
    assert of() == Gone(0, 0, settled=False)
    assert of(tap(Tap.GONE, "ben")) == Gone(1, 1, settled=False)
    both = [tap(Tap.GONE, "ben"), tap(Tap.GONE, "cleo")]
    assert of(*both) == Gone(2, 2, settled=True)
    assert of(*both, ties=[("ben", "cleo")]) == Gone(1, 1, settled=False)
    assert not of(*both, weights={}).settled
    assert not of(tap(Tap.GONE, "ben"), tap(Tap.GONE, "ben", at=1)).settled


def test_people_without_an_account_are_one_voice_together() -> None:
    """A hundred addresses may be one person; with people who have accounts they can matter."""
    crowd = [tap(Tap.GONE, address=f"a{n}") for n in range(100)]
    assert of(*crowd) == Gone(0.5, 1, settled=False)
    assert not of(*crowd, tap(Tap.GONE, "ben")).settled
    assert of(*crowd, tap(Tap.GONE, "ben"), weights={"ben": 1.5}) == Gone(2, 2, settled=True)
    silent = gone(crowd, [], FULL, [], rules(newcomer_weight=0))
    assert silent == Gone(0, 0, settled=False)


def test_who_finds_it_there_since_speaks_against_it() -> None:
    """What was said before the first who found it gone does not: things do go away."""
    found_gone = [tap(Tap.GONE, "ben", at=2), tap(Tap.GONE, "cleo", at=3)]
    before = tap(Tap.SUITABLE, "dan", at=1)
    assert of(before, *found_gone).settled
    assert of(*found_gone, said=[says("eve", at=day(1))]).settled
    assert not of(*found_gone, said=[says("eve", at=day(4))]).settled
    assert not of(*found_gone, said=[says("eve", "PARTLY", at=day(4))]).settled
    assert of(*found_gone, said=[says("eve", verdict="CANNOT_TELL", at=day(4))]).settled
    assert not of(*found_gone, tap(Tap.CHANGED, address="a", at=4), weights={}).settled


def test_the_last_word_of_each_counts() -> None:
    """Whoever was mistaken can say so."""
    mistaken = [tap(Tap.GONE, "ben"), tap(Tap.SUITABLE, "ben", at=1)]
    assert of(*mistaken, tap(Tap.GONE, "cleo", at=2)) == Gone(1, 1, settled=False)
    assert of(*mistaken) == Gone(0, 0, settled=False)


TAPS = st.lists(
    st.builds(
        lambda kind, who, at: tap(
            kind, who if who in FULL else None, at, address=None if who in FULL else who
        ),
        st.sampled_from(Tap),
        st.sampled_from([*FULL, "a1", "a2"]),
        st.integers(0, 9),
    ),
    max_size=8,
    unique_by=lambda one: one["_id"],
)


@settings(max_examples=60, deadline=None)
@given(TAPS, st.randoms(use_true_random=False))
def test_the_order_in_which_taps_are_read_does_not_matter(taps: list[Any], shuffling: Any) -> None:
    """Only when they were given does; and those without an account never suffice."""
    mixed = list(taps)
    shuffling.shuffle(mixed)
    assert of(*mixed) == of(*taps)
    assert not of(*(one for one in taps if one["user"] is None)).settled


def test_every_tap_for_a_suitability_means_one() -> None:
    """So that what is tapped can be stored as a value."""
    for kind in (Tap.SUITABLE, Tap.UNSUITABLE):
        said = meaning(kind, "SUITABLE")
        assert said is not None
        assert said[1] == Suitability(kind.value)
