"""How a match begins: until when it waits for an answer, for which time, and how committed."""

from datetime import datetime
from typing import Any

import pytest

from app.matching.opening import (
    Proposal,
    covers,
    due_at,
    first_common,
    open_match,
    shown_score,
    with_room,
)
from app.matching.rules import DEFAULTS
from app.matching.terms import Side
from tests.matching.postings import NOON, facts, hour, match, posting, window


def opened(need: Any = None, offer: Any = None, **proposal: Any) -> Any:
    """Return a match that is proposed at noon."""
    pair = posting("need") | (need or {}), posting("offer") | (offer or {})
    score = shown_score(*pair, facts())
    return open_match("mat_one", *pair, score, Proposal(NOON, DEFAULTS, **proposal))


def test_who_proposes_has_accepted_and_a_space_accepts_for_nobody() -> None:
    """The state and the sides are those of the table of states."""
    assert (opened()["state"], opened()["accepted_by"]) == ("PROPOSED", [])
    made = opened(proposer=Side.OFFER)
    assert (made["state"], made["accepted_by"]) == ("ACCEPTED_BY_ONE", ["OFFER"])
    assert made["proposed_by"] == "OFFER"


@pytest.mark.parametrize(
    ("need", "offer", "proposal", "expected"),
    [
        ({}, {}, {}, hour(72)),
        ({"expires_at": hour(40)}, {"expires_at": hour(50)}, {}, hour(40)),
        ({"expires_at": hour(40)}, {}, {"window": window(5, 6)}, hour(5)),
    ],
)
def test_an_answer_comes_before_anything_it_depends_on_is_over(
    need: Any, offer: Any, proposal: Any, expected: datetime
) -> None:
    """The space's time for answers, the expiry of both postings, and the beginning: the first."""
    made = opened(need, offer, **proposal)
    assert made["answer_by"] == made["due_at"] == expected


def test_a_match_is_as_committed_as_the_more_committed_of_the_two() -> None:
    """And about what is needed."""
    made = opened({"commitment": "SPOT"}, {"commitment": "LONG_TERM", "category": "care/elderly"})
    assert (made["commitment"], made["category"]) == ("LONG_TERM", "care")


@pytest.mark.parametrize(
    ("need", "offer", "expected"),
    [
        ([], [], None),
        ([window(3, 4)], [], window(3, 4)),
        ([window(1, 3), window(5, 9)], [window(2, 6)], window(2, 3)),
        ([window(-2, 2), window(5, 9)], [], window(5, 9)),
        ([window(-2, 2)], [window(-1, 4)], window(1, 2)),
        ([window(1, 2)], [window(2, 3)], None),
        ([window(-3, -2)], [], None),
    ],
)
def test_the_first_common_time_is_still_to_come(need: Any, offer: Any, expected: Any) -> None:
    """Of a time that has begun the second half is left, if there is no other."""
    pair = posting("need", windows=need), posting("offer", windows=offer)
    assert first_common(*pair, NOON) == expected


def test_a_window_lies_within_one_time_of_a_posting() -> None:
    """Times that touch are one time; without any, every window will do."""
    times = posting("need", windows=[window(1, 3), window(3, 5), window(7, 9)])
    assert covers(times, window(2, 5))
    assert not covers(times, window(4, 8))
    assert not covers(times, window(0, 2))
    assert covers(posting("need"), window(0, 900))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": "PROPOSED"}, hour(24)),
        ({"state": "ACCEPTED_BY_ONE", "answer_by": hour(60)}, hour(48)),
        ({"state": "ACCEPTED_BY_ONE", "waiting_since": NOON}, hour(48)),
        ({"state": "ACCEPTED_BY_ONE", "waiting_since": NOON, "held_until": hour(2)}, hour(2)),
        ({"state": "ACCEPTED_BY_ONE", "waiting_since": NOON, "window": None}, None),
        ({"state": "CONFIRMED"}, None),
    ],
)
def test_time_ends_what_is_not_confirmed(changes: Any, expected: datetime | None) -> None:
    """An answer, a hold or what it is all about is over; whoever only waits has time."""
    assert due_at(match(**changes)) == expected


def test_whoever_is_full_can_be_asked_and_whoever_has_ended_cannot() -> None:
    """FULFILLED is as good as OPEN for a waiting list."""
    full = with_room(posting("offer", status="FULFILLED", taken=1))
    assert (full["status"], full["taken"]) == ("OPEN", 0)
    assert with_room(posting("offer", status="WITHDRAWN"))["status"] == "WITHDRAWN"
