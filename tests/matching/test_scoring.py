"""Scores: within bounds, explained by their parts, and never worse for what is better."""

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.matching.constraints import Constraint
from app.matching.explain import explain, shown
from app.matching.parties import Standing, party
from app.matching.rules import DEFAULTS, problems, rules_of, shares
from app.matching.scoring import Worth, score, worth
from app.matching.terms import Part
from tests.matching.postings import HERE, facts, place, posting, postings, rules, window

WEIGHTS = st.dictionaries(
    st.sampled_from(list(Part)), st.floats(0, 10, allow_subnormal=False), min_size=1
)
PAIR = (postings("need"), postings("offer"))


def of(need: Any, offer: Any, **known: Any) -> Worth:
    """Return what a pair is worth."""
    now = facts(**known)
    return worth(party(need, now), party(offer, now), now)


@settings(max_examples=100, deadline=None)
@given(*PAIR, WEIGHTS, st.floats(0, 1), st.floats(0, 1))
def test_the_parts_explain_the_total(
    need: Any, offer: Any, weights: Any, one: float, other: float
) -> None:
    """All are in [0, 1], weights sum to 1, each direction is a mean, the total a geometric one."""
    assume(sum(weights.values()) > 0)
    people = {
        "usr_need": Standing(reputation={need["category"]: one}),
        "usr_offer": Standing(reputation={offer["category"]: other}),
    }
    now = facts(rules=rules(weights=weights), people=people)
    scored = score(party(need, now), party(offer, now), now)
    total, serves, suits = scored.worth
    assert [part.part for part in scored.parts] == list(Part)
    assert math.isclose(sum(part.weight for part in scored.parts), 1)
    assert all(0 <= value <= 1 for part in scored.parts for value in (part.serves, part.suits))
    assert all(part.reason.endswith(".") for part in scored.parts)
    assert math.isclose(sum(p.weight * p.serves for p in scored.parts), serves, abs_tol=1e-12)
    assert math.isclose(sum(p.weight * p.suits for p in scored.parts), suits, abs_tol=1e-12)
    assert math.isclose(total, math.sqrt(serves * suits), abs_tol=1e-12)
    assert 0 <= total <= 1
    assert scored.worth == worth(party(need, now), party(offer, now), now)


@settings(max_examples=60, deadline=None)
@given(*PAIR, st.floats(0.01, 100))
def test_only_the_proportions_of_weights_matter(need: Any, offer: Any, factor: float) -> None:
    """A space that doubles all its weights has changed nothing."""
    scaled = {part: weight * factor for part, weight in DEFAULTS["weights"].items()}
    assert of(need, offer, rules=rules(weights=scaled)) == pytest.approx(of(need, offer))


@settings(max_examples=60, deadline=None)
@given(*PAIR)
def test_another_skill_that_is_needed_never_harms(need: Any, offer: Any) -> None:
    """Both directions and the total stay or grow."""
    missing = sorted(set(need["skills"]) - set(offer["skills"]))
    assume(missing)
    assume(offer["skills"])
    better = offer | {"skills": [*offer["skills"], missing[0]]}
    assert all(a >= b - 1e-12 for a, b in zip(of(need, better), of(need, offer), strict=True))


@settings(max_examples=60, deadline=None)
@given(*PAIR, st.floats(0, 0.2), st.floats(0, 0.2))
def test_nearer_is_never_worse(need: Any, offer: Any, one: float, other: float) -> None:
    """Whatever the radii are."""
    near, far = sorted([one, other])
    need = need | {"place": place(*HERE)}
    worths = [of(need, offer | {"place": place(HERE[0] + d, HERE[1])}) for d in (near, far)]
    assert all(a >= b - 1e-12 for a, b in zip(*worths, strict=True))


@settings(max_examples=60, deadline=None)
@given(*PAIR, st.floats(0, 1), st.floats(0, 1))
def test_a_better_reputation_is_never_worse(
    need: Any, offer: Any, one: float, other: float
) -> None:
    """It raises how well the offer serves, and the total with it."""
    low, high = sorted([one, other])
    worths = [
        of(need, offer, people={"usr_offer": Standing(reputation={offer["category"]: value})})
        for value in (high, low)
    ]
    assert worths[0].serves >= worths[1].serves
    assert worths[0].suits == worths[1].suits
    assert worths[0].total >= worths[1].total


@settings(max_examples=60, deadline=None)
@given(*PAIR, st.integers(1, 40), st.integers(1, 8))
def test_more_time_never_serves_a_need_worse(need: Any, offer: Any, start: int, long: int) -> None:
    """Another window of the offer can only cover more of the need's time."""
    assume(offer["windows"])
    better = offer | {"windows": [*offer["windows"], window(start, start + long)]}
    assert of(need, better).serves >= of(need, offer).serves - 1e-12


@settings(max_examples=60, deadline=None)
@given(*PAIR)
def test_needs_and_offers_are_judged_alike(need: Any, offer: Any) -> None:
    """Without skills and hours, which are asked for by one side, a pair can be turned round."""
    plain: dict[str, Any] = {"skills": [], "windows": []}
    there, back = of(need | plain, offer | plain), of(offer | plain, need | plain)
    assert (there.serves, there.suits) == pytest.approx((back.suits, back.serves))


def test_both_must_be_good() -> None:
    """What serves one side only scores below what is fair to both with the same sum."""
    only = {"weights": {Part.SKILLS: 1}}
    need = posting("need", skills=["a", "b"])
    broad = posting("offer", skills=["a", "b", *"cdefghijkl"])
    even = posting("offer", skills=["a"])
    assert of(need, broad, rules=rules(**only)).serves == 1
    assert of(need, broad, rules=rules(**only)).total < of(need, even, rules=rules(**only)).total


def test_a_newcomer_is_unknown_and_not_bad() -> None:
    """Somebody known to be bad scores below a newcomer, somebody good above."""
    need, offer = posting("need"), posting("offer")
    bad, good = (
        of(need, offer, people={"usr_offer": Standing(reputation={"care": value})}).total
        for value in (0.1, 0.9)
    )
    assert bad < of(need, offer).total < good


def test_words_are_compared_without_case_and_languages_without_region() -> None:
    """`Cooking` is `cooking`, and Austrians are understood."""
    need = posting("need", skills=["Cooking "], languages=["de-AT"])
    offer = posting("offer", skills=["cooking"], languages=["de"])
    only = rules(weights={Part.SKILLS: 1, Part.LANGUAGE: 1})
    assert of(need, offer, rules=only).total == 1
    assert of(need, offer | {"languages": ["tr"]}, rules=only).serves == 0.5


def test_why_is_told_of_a_pair_that_may_be() -> None:
    """The total comes first, then the parts by their weight."""
    need = posting("need", skills=["cook", "drive"], place=place(*HERE), radius_metres=4_000.0)
    offer = posting("offer", skills=["cook"], place=place(13.41, 52.53))
    told = explain(need, offer, facts())
    assert told.permitted
    assert told.sentences[0].startswith("The score is 0.")
    assert told.sentences[1].startswith("Category, 27% of the weight: 1.00. Both are about care.")
    assert any("1 of 2 skills that are needed are offered: cook." in s for s in told.sentences)
    assert any("about 1.3 km apart" in sentence for sentence in told.sentences)
    assert [part.document()["part"] for part in told.score.parts] == list(Part)


def test_why_not_is_told_first() -> None:
    """A pair that was not matched hears which constraint failed, and its score all the same."""
    told = explain(posting("need", kind="ITEM"), posting("offer", taken=1), facts())
    assert not told.permitted
    assert [item.constraint for item in told.broken] == [Constraint.KIND, Constraint.CAPACITY]
    assert told.sentences[0] == "The need asks for ITEM, the offer gives SERVICE."
    assert told.score.worth.total > 0


def test_a_pair_of_blocked_people_is_hidden() -> None:
    """Neither is to learn that the other blocked them."""
    blocks = {("usr_offer", "usr_need")}
    assert explain(posting("need"), posting("offer"), facts(blocks=blocks)).hidden
    assert not explain(posting("need"), posting("offer"), facts()).hidden


def test_a_posting_is_shown_with_its_place_blurred() -> None:
    """The exact place is for those who are confirmed."""
    exact = posting("need", place=place(13.377704, 52.516275))
    seen = shown(exact, facts())
    assert seen["place"] not in (None, exact["place"])
    assert seen | {"place": exact["place"]} == exact
    assert shown(posting("need"), facts())["place"] is None


def test_weights_come_back_normalised() -> None:
    """What is not named counts nothing; nothing at all is refused."""
    assert shares({Part.SKILLS: 3, Part.TIME: 1}) == {
        Part.CATEGORY: 0, Part.SKILLS: 0.75, Part.DISTANCE: 0, Part.TIME: 0.25,
        Part.LANGUAGE: 0, Part.REPUTATION: 0,
    }  # fmt: skip
    with pytest.raises(ValueError, match="weight"):
        shares({Part.SKILLS: 0})


def test_the_default_rules_are_sound_and_others_say_what_is_not() -> None:
    """Every problem has its path."""
    assert problems(DEFAULTS) == []
    assert rules_of(None) == DEFAULTS
    assert rules_of({"hold_minutes": 5})["hold_minutes"] == 5
    wrong = rules(weights={"LUCK": 1, Part.TIME: -1}, least_score=2, hold_minutes=0)
    assert [problem.path for problem in problems(wrong)] == [
        "matching.weights.LUCK", "matching.weights.TIME", "matching.weights",
        "matching.least_score", "matching.hold_minutes",
    ]  # fmt: skip
