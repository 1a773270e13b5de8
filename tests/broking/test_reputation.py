"""Reputation: the table, the cap of a day, votes, and that undoing leaves no trace."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.broking.reputation import Ballot, Merit, Value, acceptance, by_subject, standing, vote
from app.broking.words import Code, Lack
from app.db.thread_documents import Credit, ReputationTable
from tests.broking.threads import credit, hour, reply, rules, thread

TABLE = rules()["reputation"]
merits = st.sampled_from(list(Merit))
credits = st.lists(
    st.builds(
        credit,
        merits,
        st.integers(0, 72),
        by=st.sampled_from(["ana", "cleo", "dev"]),
        undone_at=st.sampled_from([None, hour(99)]),
    ),
    max_size=12,
)
tables = st.builds(
    ReputationTable,
    gives=st.dictionaries(merits, st.floats(-50, 50, allow_nan=False)),
    daily_cap=st.floats(0, 200),
)


def test_the_table_says_what_each_act_gives() -> None:
    """Evidence is listed by kind, with how often and how much, and who gave it is counted."""
    found = standing(
        [
            credit("ADVICE_ACCEPTED"),
            credit("ADVICE_UP", 1),
            credit("ADVICE_UP", 2, by="cleo"),
            credit("ADVICE_DOWN", 3, by="dev"),
        ],
        TABLE,
    )
    assert (found.score, found.count, found.confidence, found.capped) == (23, 4, 3 / 8, 0)
    assert found.reasons == [
        "1 × advice accepted: +15.",
        "2 × advice voted up: +10.",
        "1 × advice voted down: -2.",
        "It came from 3 different people.",
    ]


def test_nothing_known_is_not_bad() -> None:
    """No evidence, no confidence."""
    found = standing([], TABLE)
    assert (found.score, found.confidence, found.count) == (0, 0, 0)
    assert found.reasons == ["There is no evidence yet: unknown, not bad."]


def test_a_day_has_a_cap_that_ends_at_midnight() -> None:
    """Gains above it are kept back; losses count in full."""
    table = ReputationTable(gives={Merit.ADVICE_UP: 30, Merit.ADVICE_DOWN: -7}, daily_cap=50)
    day = [credit("ADVICE_UP", n) for n in range(3)]
    assert standing([*day, credit("ADVICE_DOWN", 4)], table).score == 43
    capped = standing(day, table)
    assert (capped.score, capped.capped) == (50, 40)
    assert capped.reasons[-1] == "40 points are kept back: a day brings 50 at most."
    assert standing([*day, credit("ADVICE_UP", 23.999)], table).score == 50
    assert standing([*day, credit("ADVICE_UP", 24)], table).score == 80


def test_a_score_is_not_less_than_nothing() -> None:
    """Many votes down leave 0, and are all in the evidence."""
    found = standing([credit("ADVICE_DOWN", n) for n in range(9)], TABLE)
    assert (found.score, found.count) == (0, 9)


def test_one_subject_does_not_count_in_another() -> None:
    """Nor towards its cap."""
    table = ReputationTable(gives={Merit.ADVICE_UP: 30}, daily_cap=50)
    given = [credit("ADVICE_UP", n, subject=s) for n in range(2) for s in ("migraine", "garden")]
    scores = {subject: found.score for subject, found in by_subject(given, table).items()}
    assert scores == {"garden": 50, "migraine": 50}


VALUES = [None, Value.UP, Value.DOWN]


@pytest.mark.parametrize(("before", "after"), [*product(VALUES, VALUES)])
def test_a_vote_is_given_changed_and_taken_back(before: Value | None, after: Value | None) -> None:
    """What the old one gave goes, what the new one gives comes; the same again is nothing."""
    old = None if before is None else {"value": before}
    ballot = vote(reply(), "cleo", old, after)  # type: ignore[arg-type]
    assert isinstance(ballot, Ballot)
    merit = {None: None, Value.UP: Merit.ADVICE_UP, Value.DOWN: Merit.ADVICE_DOWN}
    changes = before is not after
    assert ballot.undone is (merit[before] if changes else None)
    assert ballot.given is (merit[after] if changes else None)
    count = {None: (0, 0), Value.UP: (1, 0), Value.DOWN: (0, 1)}
    assert (ballot.votes_up, ballot.votes_down) == (
        count[after][0] - count[before][0],
        count[after][1] - count[before][1],
    )


def test_nobody_votes_on_their_own_reply() -> None:
    """Neither up nor down."""
    for value in Value:
        lack = vote(reply(), "ben", None, value)
        assert isinstance(lack, Lack)
        assert lack.code is Code.NOT_ALLOWED


def test_clarifications_have_merits_of_their_own() -> None:
    """The table can give them less than advice."""
    ballot = vote(reply(act="CLARIFY"), "ana", None, Value.UP)
    assert ballot == Ballot(None, Merit.CLARIFY_UP, 1, 0)


def test_accepting_credits_who_advised_and_who_accepted() -> None:
    """Only advice of that thread can be accepted."""
    assert acceptance(thread(), reply()) == [
        ("ben", Merit.ADVICE_ACCEPTED),
        ("ana", Merit.ACCEPTED_ADVICE),
    ]
    assert isinstance(acceptance(thread(), reply(act="CLARIFY")), Lack)
    assert isinstance(acceptance(thread(), reply(thread="thr_two")), Lack)


@settings(max_examples=80, deadline=None)
@given(credits, st.builds(credit, merits, st.integers(0, 72)), tables)
def test_undoing_restores_exactly(held: list[Credit], more: Credit, table: ReputationTable) -> None:
    """To the last digit, whatever came in between, capped or not, and in whatever order."""
    before = standing(held, table)
    undone: Credit = {**more, "undone_at": hour(80)}
    assert standing([*held, undone], table) == before
    assert standing([undone, *reversed(held)], table) == before
    again = standing([*held, more], table)
    assert again.count == before.count + 1


@settings(max_examples=60, deadline=None)
@given(credits, tables)
def test_no_day_brings_more_than_the_cap(held: list[Credit], table: ReputationTable) -> None:
    """However the points were earned."""
    found = standing(held, table)
    days = {one["at"].date() for one in held if one["undone_at"] is None}
    assert 0 <= found.score <= len(days) * table["daily_cap"] * (1 + 1e-12)
    assert 0 <= found.confidence < 1
    assert found.capped >= 0
    assert found.count == sum(one.count for one in found.evidence)
