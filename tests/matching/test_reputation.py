"""Reputation and reliability: unknown is not bad, evidence fades, rings count less and less."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.matching.reliability import Ending, ending_for, reliability
from app.matching.reputation import Reputation, reputation, weigh
from app.matching.rules import DEFAULTS
from tests.matching.postings import NOON, hour, match, review, rules

DAY = timedelta(days=1)
PRIOR = DEFAULTS["prior"]


def of(reviews: list[Any], ties: Any = None, **changes: Any) -> Reputation:
    """Return Ada's reputation at noon."""
    return reputation(reviews, ties or {}, rules(**changes), NOON)


def test_a_newcomer_is_unknown() -> None:
    """The score is what the space supposes, without any confidence, and trust is not a number."""
    found = of([])
    assert (found.score, found.confidence, found.count, found.trust) == (PRIOR, 0, 0, None)
    assert found.reasons == (
        "Nothing is known yet: 0.60 is supposed, which is neither good nor bad.",
    )


def test_evidence_takes_over_from_the_supposition() -> None:
    """Each further good review of a stranger raises score, trust and confidence."""
    steps = [of([review(f"p{n}") for n in range(count)]) for count in range(1, 30)]
    for before, after in itertools.pairwise(steps):
        assert before.score < after.score < 1
        assert before.confidence < after.confidence < 1
        assert (before.trust or 0) < (after.trust or 0) <= after.score
    assert of([review(f"p{n}", rating=1) for n in range(30)]).score < 0.1


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 5), st.integers(0, 900))))
def test_a_score_stays_within_bounds_and_a_better_rating_never_harms(
    given_reviews: list[tuple[str, int, int]],
) -> None:
    """Whoever wrote how often and when."""
    reviews = [
        review(who, rating, _id=f"rev_{n}", written_at=NOON - days * DAY)
        for n, (who, rating, days) in enumerate(given_reviews)
    ]
    found = of(reviews)
    assert 0 <= found.score <= 1
    assert 0 <= found.confidence < 1
    assert found.count == len(reviews)
    assert found.evidence <= len(reviews)
    for n, one in enumerate(reviews):
        better = {**one, "rating": min(one["rating"] + 1, 5)}
        assert of([*reviews[:n], better, *reviews[n + 1 :]]).score >= found.score


def test_evidence_fades_with_time() -> None:
    """After a half-life a review counts half, and long after it the person is unknown again."""
    half_life = DEFAULTS["half_life_days"] * DAY
    old = of([review("ben", written_at=NOON - half_life)])
    assert old.evidence == pytest.approx(0.5)
    assert PRIOR < old.score < of([review("ben")]).score
    assert of([review("ben", written_at=NOON - 40 * half_life)]).score == pytest.approx(PRIOR)
    assert "1 are older and count less." in old.reasons


def test_reviews_of_the_same_two_count_less_and_less() -> None:
    """However often they praise each other, it is worth less than two strangers' praise."""
    again = [review("ben", _id=f"rev_{n}", written_at=NOON - n * DAY / 24) for n in range(20)]
    weights = [one.weight for one in weigh(again, {}, DEFAULTS, NOON)]
    assert weights == sorted(weights, reverse=True)
    assert of(again).evidence < 2.001
    assert of(again).score < of([review(who) for who in "bcd"]).score
    assert "19 are repeated ones of the same person." in of(again).reasons


def test_the_latest_of_the_same_two_counts_most() -> None:
    """Who has changed for the worse is seen to have."""
    now_bad = [review("ben", 5, _id="a", written_at=NOON - DAY), review("ben", 1, _id="b")]
    assert of(now_bad).score < PRIOR


def ring(*people: str) -> dict[str, set[str]]:
    """Return who has met whom if everybody met the two beside them."""
    ties: dict[str, set[str]] = {person: set() for person in people}
    for one, other in zip(people, [*people[1:], people[0]], strict=True):
        ties[one].add(other)
        ties[other].add(one)
    return ties


@pytest.mark.parametrize("people", [("ada", "ben", "cem"), ("ada", "ben", "dan", "cem")])
def test_reviews_in_a_ring_count_less(people: tuple[str, ...]) -> None:
    """Three or four who praise each other in turn are worth less than two strangers."""
    reviews = [review("ben"), review("cem")]
    strangers, friends = of(reviews), of(reviews, ring(*people))
    assert strangers.evidence == 2
    assert friends.evidence == 1.5
    assert friends.score < strangers.score
    assert "1 come from people who know each other." in friends.reasons


def test_the_larger_the_ring_the_less_each_counts() -> None:
    """Ten who all know each other are worth less than three strangers."""
    people = [f"p{n}" for n in range(10)]
    ties = {one: {*people, "ada"} - {one} for one in people}
    weights = sorted(one.ring for one in weigh([review(p) for p in people], ties, DEFAULTS, NOON))
    assert weights == pytest.approx(sorted(1 / n for n in range(1, 11)))
    assert of([review(one) for one in people], ties).evidence < 3


def test_having_met_ada_is_no_ring() -> None:
    """People who have only Ada in common are strangers to each other."""
    ties = {"ben": {"ada"}, "cem": {"ada"}, "ada": {"ben", "cem"}}
    assert of([review("ben"), review("cem")], ties).evidence == 2


def test_only_reviews_that_are_shown_count() -> None:
    """A blind review says nothing yet, in whatever way one asks."""
    hidden = [review("ben", 1, shown_at=None), review("cem", 1, shown_at=hour(1))]
    assert of(hidden) == of([])


def test_reputation_is_by_category() -> None:
    """A good cook is not thereby a good driver; in all, both count."""
    reviews = [review("ben", 5, category="food"), review("cem", 1, category="transport")]
    score = {
        category: reputation(reviews, {}, DEFAULTS, NOON, category).score
        for category in ("food", "transport", "care", None)
    }
    assert score["food"] > PRIOR > score["transport"]
    assert score["care"] == PRIOR
    assert score["food"] > score[None] > score["transport"]


@pytest.mark.parametrize(
    ("changes", "need_side", "offer_side"),
    [
        ({"state": "CONFIRMED"}, None, None),
        ({"state": "COMPLETED"}, Ending.KEPT, Ending.KEPT),
        ({"state": "REVIEWED"}, Ending.KEPT, Ending.KEPT),
        ({"state": "CANCELLED"}, None, None),
        ({"state": "CANCELLED", "charged_to": "NEED"}, Ending.LATE_CANCEL, None),
        ({"state": "NO_SHOW", "charged_to": "OFFER"}, None, Ending.NO_SHOW),
        (
            {"state": "DISPUTED", "disputed_from": "NO_SHOW", "charged_to": "OFFER"},
            None,
            None,
        ),
        (
            {"state": "RESOLVED", "disputed_from": "NO_SHOW", "charged_to": "NEED"},
            Ending.NO_SHOW,
            None,
        ),
        (
            {"state": "RESOLVED", "disputed_from": "CANCELLED", "charged_to": "NEED"},
            Ending.LATE_CANCEL,
            None,
        ),
        ({"state": "RESOLVED", "disputed_from": "NO_SHOW"}, None, None),
        ({"state": "RESOLVED", "disputed_from": "COMPLETED"}, Ending.KEPT, Ending.KEPT),
    ],
)
def test_an_end_counts_for_whom_it_is_charged_to(
    changes: dict[str, Any], need_side: Ending | None, offer_side: Ending | None
) -> None:
    """What is disputed counts for nobody until it is resolved."""
    ended = match(**changes)
    assert ending_for(ended, "ada") is need_side
    assert ending_for(ended, "ben") is offer_side
    assert ending_for(ended, "eve") is None


def test_late_cancels_and_no_shows_show() -> None:
    """A no-show weighs more than a late cancel, both fade, and the reasons count them."""
    kept = [match(f"mat_{n}", state="REVIEWED", ended_at=NOON) for n in range(5)]
    late = match("late", state="CANCELLED", charged_to="NEED", ended_at=NOON)
    missed = match("missed", state="NO_SHOW", charged_to="NEED", ended_at=NOON)
    all_kept = reliability("ada", kept, DEFAULTS, NOON)
    once_late = reliability("ada", [*kept, late], DEFAULTS, NOON)
    once_missed = reliability("ada", [*kept, missed], DEFAULTS, NOON)
    assert all_kept.score > once_late.score > once_missed.score
    later = reliability("ada", [*kept, missed], DEFAULTS, NOON + 2000 * DAY)
    assert later.confidence < once_missed.confidence
    assert (once_late.kept, once_late.late_cancels, once_late.no_shows) == (5, 1, 0)
    assert once_late.reasons == ("5 confirmed matches were completed.", "1 were cancelled late.")
    assert reliability("eve", kept, DEFAULTS, NOON).score == PRIOR
    assert reliability("eve", kept, DEFAULTS, NOON).reasons[0].startswith("Nothing is known")
