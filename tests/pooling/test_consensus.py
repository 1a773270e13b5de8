"""Consensus: independent voices, capped weights, more than two thirds; nobody verifies alone."""

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.pool_documents import Consensus
from app.pooling.consensus import Side, consensus, explain, unheard, weight_of
from app.pooling.freshness import turned
from app.pooling.words import Verdict
from tests.pooling.entries import WHEELCHAIR, day, facet, rules, says

RULES = rules()
PEOPLE = ["ada", "ben", "cleo", "dan", "eve", "fay"]
NEWCOMER = RULES["newcomer_weight"]


def of(*confirmations: Any, ties: Any = (), value: Any = "SUITABLE", **changes: Any) -> Consensus:
    """Return what is agreed on a value that Ada gave."""
    return consensus(facet(value), confirmations, ties, rules(**changes))


def verdict(found: Consensus) -> str:
    """Return how a value stands, in one word."""
    return "disputed" if found["disputed"] else "verified" if found["verified"] else "open"


@pytest.mark.parametrize(
    ("voices", "expected"),
    [
        ([], "open"),
        ([says("ben")], "open"),
        ([says("ben"), says("cleo")], "verified"),
        ([says("ben", weight=3)], "open"),
        ([says("ben", weight=3), says("cleo", weight=0.1)], "verified"),
        ([says("ben", weight=0.9), says("cleo", weight=1)], "open"),
        ([says("ben", weight=NEWCOMER), says("cleo", weight=NEWCOMER)], "open"),
        ([says("ben", "PARTLY")], "disputed"),
        ([says("ben", "PARTLY", weight=0.1)], "disputed"),
        ([says("ben"), says("cleo"), says("dan", "PARTLY")], "disputed"),
        ([says("ben"), says("cleo", weight=1.01), says("dan", "PARTLY")], "verified"),
        ([says("ben", weight=1.2), says("cleo", weight=1.2), says("dan", "PARTLY", 1.2)],
         "disputed"),
        ([says("ben", verdict=Verdict.CANNOT_TELL)], "open"),
        ([says("ben"), says("cleo"), says("dan", verdict=Verdict.CANNOT_TELL)], "verified"),
        ([says("ben", weight=0), says("cleo", "PARTLY", weight=0)], "open"),
        ([says("ben", verdict=Verdict.DISPUTE)], "disputed"),
        ([says("ben", "UNKNOWN")], "open"),
    ],
)  # fmt: skip
def test_a_value_holds_above_two_thirds_and_is_verified_by_enough(
    voices: list[Any], expected: str
) -> None:
    """Exactly two thirds are not enough; who cannot tell, or weighs nothing, says nothing."""
    found = of(*voices)
    assert verdict(found) == expected
    assert found["value"] == "SUITABLE"


def test_two_thirds_are_compared_exactly() -> None:
    """Ten times a tenth against half of it: as floats they would not be two to one."""
    tenths = [says(f"p{n}", weight=0.1) for n in range(10)]
    against = [says(f"q{n}", "PARTLY", weight=0.1) for n in range(5)]
    assert verdict(of(*tenths, *against)) == "disputed"
    assert Side(2, Fraction(2)).outweighs(Side(1, Fraction(1))) is False
    assert Side(2, Fraction(2) + Fraction(1, 10**30)).outweighs(Side(1, Fraction(1)))


def test_ones_own_voice_does_not_count() -> None:
    """Neither for the value that one gave nor, by a change of mind, against it."""
    alone = of(says("ada", weight=3))
    assert alone == unheard("SUITABLE")
    assert of(says("ada", "PARTLY", weight=3)) == unheard("SUITABLE")
    assert of(says("ada"), says("ben")) == of(says("ben"))


def test_weights_are_capped() -> None:
    """Whatever weight is stored, nobody outweighs more than the cap allows."""
    found = of(says("ben", weight=1000), says("cleo", "PARTLY", weight=2))
    assert verdict(found) == "disputed"
    capped = of(says("ben", weight=3), says("cleo", "PARTLY", weight=2))
    assert found == capped


def test_befriended_newcomers_cannot_verify_alone() -> None:
    """Not two, not twenty: those who are tied, also by others, are one voice."""
    crowd = [says(f"p{n}", weight=NEWCOMER) for n in range(20)]
    ring = [(f"p{n}", f"p{n + 1}") for n in range(19)]
    tied = of(*crowd, ties=ring)
    assert (tied["supporters"], verdict(tied)) == (1, "open")
    assert verdict(of(*crowd[:2])) == "open"
    assert verdict(of(*crowd)) == "open"
    assert verdict(of(*crowd[:2], says("ben"))) == "verified"
    heavy = of(says("ben", weight=3), says("cleo", weight=3), ties=[("cleo", "ben")])
    assert (heavy["supporters"], verdict(heavy)) == (1, "open")


def test_friends_of_the_giver_do_not_count_for_the_value_but_against_it() -> None:
    """Who is tied to Ada speaks with her voice; that they contradict her is worth knowing."""
    friends = [("ada", "ben"), ("ben", "cleo")]
    assert of(says("ben"), says("cleo"), ties=friends) == unheard("SUITABLE")
    found = of(says("ben"), says("cleo", "PARTLY"), says("dan"), says("eve"), ties=friends)
    assert (found["supporters"], found["dissenters"]) == (2, 1)


def test_ties_by_somebody_who_says_nothing_do_not_make_a_circle() -> None:
    """Else all of a town would be one voice."""
    found = of(says("ben"), says("cleo"), ties=[("ben", "zoe"), ("zoe", "cleo")])
    assert verdict(found) == "verified"


def test_a_circle_does_not_weigh_more_by_disagreeing_with_itself() -> None:
    """It has one voice against a value, however many other values it names."""
    ring = [("dan", "eve"), ("eve", "fay")]
    voices = [says("dan", "PARTLY"), says("eve", "UNSUITABLE"), says("fay", verdict="DISPUTE")]
    found = of(says("ben", weight=1.5), says("cleo", weight=1.5), *voices, ties=ring)
    assert (found["dissenters"], verdict(found)) == (1, "verified")


def test_another_value_takes_over_when_it_would_be_verified_itself() -> None:
    """Two strangers name it and nobody contradicts; one of them alone only disputes."""
    one = of(says("ben", "UNSUITABLE", weight=3))
    assert (one["value"], verdict(one)) == ("SUITABLE", "disputed")
    two = of(says("ben", "UNSUITABLE"), says("cleo", "UNSUITABLE"))
    assert (two["value"], verdict(two), two["supporters"]) == ("UNSUITABLE", "verified", 2)
    three = of(says("ben", "UNSUITABLE"), says("cleo", "UNSUITABLE"), says("dan"))
    assert (three["value"], verdict(three)) == ("SUITABLE", "disputed")
    newcomers = [says("ben", "PARTLY", NEWCOMER), says("cleo", "PARTLY", NEWCOMER)]
    assert (of(*newcomers)["value"], verdict(of(*newcomers))) == ("SUITABLE", "disputed")


def test_what_is_unknown_can_be_settled_but_not_disputed_or_verified() -> None:
    """UNKNOWN claims nothing: to confirm it says nothing, and another value is no contradiction."""
    assert of(says("ben"), says("cleo"), value="UNKNOWN") == unheard("UNKNOWN")
    one = of(says("ben", "PARTLY"), value="UNKNOWN")
    assert (one["value"], verdict(one), one["dissenters"]) == ("UNKNOWN", "open", 1)
    two = of(says("ben", "PARTLY"), says("cleo", "PARTLY"), value="UNKNOWN")
    assert (two["value"], verdict(two)) == ("PARTLY", "verified")


def test_what_was_said_of_an_earlier_value_does_not_count() -> None:
    """A confirmation is of its round; of one person the last word counts."""
    assert of(says("ben", round=0), says("cleo", round=2)) == unheard("SUITABLE")
    changed = of(says("ben", "PARTLY", at=day(1), _id="b"), says("ben", at=day(2), _id="a"))
    assert changed == of(says("ben"))
    withdrawn = of(says("ben", "PARTLY"), says("ben", verdict="CANNOT_TELL", at=day(1)))
    assert withdrawn == unheard("SUITABLE")


def test_confidence_is_a_matter_of_weight() -> None:
    """It grows with what agrees, falls with what does not, and is never sure."""
    grown = [of(*(says(f"p{n}") for n in range(count)))["confidence"] for count in range(6)]
    assert grown[0] == 0
    assert all(less < more < 1 for less, more in itertools.pairwise(grown))
    assert of(says("ben"), says("cleo", "PARTLY"))["confidence"] < grown[1]
    assert of(says("ben", weight=NEWCOMER))["confidence"] < grown[1]


TAKES = "it takes 2 that weigh as much as full ones, not all of them newcomers'"


@pytest.mark.parametrize(
    ("voices", "last"),
    [
        ([], "Nobody besides who gave it has said anything of it."),
        ([says("ben")], f"Not verified yet: {TAKES}."),
        ([says("ben"), says("cleo")], f"Verified: {TAKES}."),
        (
            [says("ben"), says("cleo", "PARTLY")],
            "Disputed: it does not have more than two thirds of the weight.",
        ),
    ],
)
def test_it_is_said_how_far_a_value_can_be_relied_on(voices: list[Any], last: str) -> None:
    """Whoever decides by it reads how many are for and against, and what is still missing."""
    assert explain(of(*voices), RULES)[-1] == last
    if voices:
        assert explain(of(*voices), RULES)[0].endswith("against it.")
    unknown = of(says("ben", "PARTLY"), value="UNKNOWN")
    assert explain(unknown, RULES)[-1].startswith("Nothing is known yet")


@pytest.mark.parametrize(
    ("score", "confidence", "is_newcomer", "weight"),
    [
        (None, 0, False, 1),
        (0.6, 0, False, 1),
        (1, 1, False, 3),
        (0.75, 1, False, 2),
        (1, 0.5, False, 2),
        (0, 1, False, 0),
        (0.25, 1, False, 0.5),
        (None, 0, True, 0.5),
        (1, 1, True, 0.5),
        (0, 0.9, True, 0.1),
        (7, 9, False, 3),
    ],
)
def test_a_good_name_weighs_more_as_surely_as_it_is_known(
    score: float | None, confidence: float, is_newcomer: bool, weight: float
) -> None:
    """Somebody unknown weighs one; newcomers little, whatever good is said of them."""
    assert weight_of(score, confidence, is_newcomer, RULES) == pytest.approx(weight)


WEIGHTS = st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.2, 3.0, 50.0])
VALUES = st.sampled_from([None, "SUITABLE", "PARTLY", "UNSUITABLE", "UNKNOWN"])
VOICES = st.lists(
    st.builds(
        says,
        st.sampled_from(PEOPLE),
        VALUES,
        WEIGHTS,
        verdict=st.sampled_from(Verdict),
        at=st.integers(0, 3).map(day),
        round=st.sampled_from([1, 1, 1, 2]),
    ),
    max_size=8,
    unique_by=lambda one: (one["user"], one["at"]),
)
TIES = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=4)


@settings(max_examples=60, deadline=None)
@given(VOICES, TIES, st.sampled_from(["SUITABLE", "UNKNOWN"]), st.randoms(use_true_random=False))
def test_consensus_is_sound_whatever_is_said(
    voices: list[Any], ties: list[Any], value: str, shuffling: Any
) -> None:
    """Order does not matter, own voices never count, caps hold, and settling settles."""
    before = facet(value)
    found = consensus(before, voices, ties, RULES)
    assert 0 <= found["confidence"] < 1
    assert not (found["disputed"] and found["verified"])
    if found["verified"]:
        assert found["supporters"] >= RULES["least_confirmations"]
    if found["value"] != value:
        assert found["verified"]
    mixed, turned_ties = list(voices), [(other, one) for one, other in reversed(ties)]
    shuffling.shuffle(mixed)
    assert consensus(before, mixed, turned_ties, RULES) == found
    others = [one for one in voices if one["user"] != "ada"]
    assert consensus(before, others, ties, RULES) == found
    capped = [{**one, "weight": min(one["weight"], 3.0)} for one in voices]
    assert consensus(before, capped, ties, RULES) == found  # type: ignore[arg-type]
    said = [_as_stored(one, value) for one in voices]
    after = turned(before, consensus(before, said, ties, RULES), WHEELCHAIR, day(9))
    assert consensus(after, said, ties, RULES) == after["consensus"]


def _as_stored(one: Any, value: str) -> Any:
    """Return a confirmation as deeds store it: with the value that it speaks for."""
    return {**one, "value": value} if one["verdict"] == "CONFIRM" and one["value"] is None else one


@settings(max_examples=60, deadline=None)
@given(st.lists(WEIGHTS, max_size=6), st.lists(WEIGHTS, max_size=6))
def test_a_circle_never_verifies_alone(supporters: list[float], others: list[float]) -> None:
    """However many they are and whatever they weigh, if all who support are tied."""
    people = [f"p{n}" for n in range(len(supporters))]
    voices = [says(who, weight=weight) for who, weight in zip(people, supporters, strict=True)]
    voices += [says(f"q{n}", "PARTLY", weight) for n, weight in enumerate(others[:1])]
    found = consensus(facet(), voices, list(itertools.pairwise(people)), RULES)
    assert not found["verified"]


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-1, 2), st.floats(-1, 2), st.booleans(), st.floats(1, 10), st.floats(0, 0.9)
)  # fmt: skip
def test_weights_stay_within_nothing_and_the_cap(
    score: float, confidence: float, is_newcomer: bool, cap: float, newcomer: float
) -> None:
    """Also where reputation is not what it should be."""
    changed = rules(weight_cap=cap, newcomer_weight=newcomer)
    weight = weight_of(score, confidence, is_newcomer, changed)
    assert 0 <= weight <= cap
    assert not is_newcomer or weight <= newcomer
