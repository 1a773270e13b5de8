"""The life of a thread: every pair of state and deed, and every pair of deed and party."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.broking.states import (
    NEXT,
    WHO,
    Deed,
    Party,
    State,
    next_state,
    not_duplicate,
    not_theirs,
)
from app.broking.words import Code, Lack
from tests.broking.threads import thread

WAITING = "OPEN ROUTED REOPENED"
UNSETTLED = f"{WAITING} ANSWERED ESCALATED"
LIVE = f"{UNSETTLED} ACCEPTED"

# Deed: where it is possible, and what follows; `-` where the thread stays what it is.
LAWS = [
    ("ROUTE", WAITING, "ROUTED"),
    ("ESCALATE", WAITING, "ESCALATED"),
    ("INVITE", f"{WAITING} ESCALATED", "ROUTED"),
    ("INVITE", "ANSWERED ACCEPTED", "-"),
    ("ADVISE", f"{WAITING} ESCALATED", "ANSWERED"),
    ("ADVISE", "ANSWERED ACCEPTED", "-"),
    ("CLARIFY", LIVE, "-"),
    ("VOTE", f"{LIVE} CLOSED DUPLICATE", "-"),
    ("REVISE", LIVE, "-"),
    ("ACCEPT", "ROUTED REOPENED ANSWERED ESCALATED", "ACCEPTED"),
    ("UNDO_ACCEPT", "ACCEPTED", "ANSWERED"),
    ("UNDO_ACCEPT", "ROUTED REOPENED ANSWERED ESCALATED", "-"),
    ("CLOSE", LIVE, "CLOSED"),
    ("REOPEN", "CLOSED DUPLICATE", "REOPENED"),
    ("MARK_DUPLICATE", UNSETTLED, "DUPLICATE"),
    ("WITHDRAW", f"{LIVE} CLOSED DUPLICATE", "WITHDRAWN"),
]
EXPECTED = {
    (state, deed): state if after == "-" else after
    for deed, states, after in LAWS
    for state in states.split()
}
OWNED = {
    "ROUTE": "CLOCK OPERATOR",
    "ESCALATE": "CLOCK MODERATOR OPERATOR",
    "INVITE": "ASKER MODERATOR OPERATOR",
    "ADVISE": "SEEKER EXPERT",
    "CLARIFY": "ASKER SEEKER EXPERT",
    "VOTE": "ASKER SEEKER EXPERT",
    "REVISE": "ASKER",
    "ACCEPT": "ASKER",
    "UNDO_ACCEPT": "ASKER",
    "CLOSE": "ASKER MODERATOR OPERATOR",
    "REOPEN": "ASKER MODERATOR OPERATOR",
    "MARK_DUPLICATE": "ASKER MODERATOR OPERATOR",
    "WITHDRAW": "ASKER",
}


@pytest.mark.parametrize(("state", "deed"), [*product(State, Deed)])
def test_every_deed_in_every_state_leads_on_or_names_the_state(state: State, deed: Deed) -> None:
    """What is not in the table is refused, with the state found."""
    accepted = "rep_one" if deed is Deed.UNDO_ACCEPT else None
    after = next_state(thread(state=state, advised=1, accepted_reply=accepted), deed)
    if (state, deed) in EXPECTED:
        assert after == EXPECTED[state, deed]
    else:
        assert isinstance(after, Lack)
        assert after.code is Code.CONFLICT
        assert f"The thread is {state}" in after.message


@pytest.mark.parametrize(("deed", "party"), [*product(Deed, Party)])
def test_every_deed_belongs_to_those_who_are_listed(deed: Deed, party: Party) -> None:
    """A refusal names all who may."""
    lack = not_theirs(deed, {party})
    assert (lack is None) == (party in OWNED[deed].split())
    if lack is not None:
        assert lack.code is Code.NOT_ALLOWED
        assert lack.missing.count(" or ") == len(WHO[deed]) - 1


def test_nobody_is_no_party() -> None:
    """Without a standing, nothing is allowed."""
    assert all(not_theirs(deed, set()) for deed in Deed)


def test_a_thread_goes_the_whole_way() -> None:
    """From asking to closing, as it usually goes."""
    way = [Deed.ROUTE, Deed.ADVISE, Deed.ACCEPT, Deed.CLOSE, Deed.REOPEN]
    state, passed = State.OPEN, []
    for deed in way:
        after = next_state(thread(state=state, advised=1), deed)
        assert isinstance(after, State)
        state = after
        passed.append(state)
    assert passed == ["ROUTED", "ANSWERED", "ACCEPTED", "CLOSED", "REOPENED"]


def test_one_reply_is_accepted_at_a_time() -> None:
    """After a reopening the acceptance stands until it is undone."""
    held = thread(state="REOPENED", advised=2, accepted_reply="rep_one")
    refused = next_state(held, Deed.ACCEPT)
    assert isinstance(refused, Lack)
    assert "undo that first" in refused.message
    assert next_state(held, Deed.UNDO_ACCEPT) is State.REOPENED


def test_nothing_is_accepted_before_somebody_advised() -> None:
    """Nor undone, where nothing is accepted."""
    asked = thread(state="ROUTED")
    assert isinstance(next_state(asked, Deed.ACCEPT), Lack)
    assert isinstance(next_state(asked, Deed.UNDO_ACCEPT), Lack)


@pytest.mark.parametrize(
    ("original", "word"),
    [
        (thread(), "itself"),
        (thread(_id="thr_two", space="spc_two"), "another space"),
        (thread(_id="thr_two", state="DUPLICATE"), "DUPLICATE"),
        (thread(_id="thr_two", state="WITHDRAWN"), "WITHDRAWN"),
    ],
)
def test_a_duplicate_has_an_original_that_can_be_read(original: object, word: str) -> None:
    """So chains and rings of duplicates cannot come to be."""
    lack = not_duplicate(thread(), original)  # type: ignore[arg-type]
    assert lack is not None
    assert word in lack.message


def test_a_duplicate_of_a_closed_thread_is_one() -> None:
    """What was settled is what one wants to be led to."""
    assert not_duplicate(thread(), thread(_id="thr_two", state="CLOSED")) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(list(Deed)), max_size=12))
def test_what_is_withdrawn_stays_so(deeds: list[Deed]) -> None:
    """There is no way back, whatever is done after."""
    state = State.WITHDRAWN
    for deed in deeds:
        state = NEXT.get((state, deed), state)
    assert state is State.WITHDRAWN
