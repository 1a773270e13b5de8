"""The life of a match: every state with every deed, and what the table alone cannot say."""

import itertools
from typing import Any

import pytest

from app.matching.rules import DEFAULTS
from app.matching.states import (
    SIDES,
    TABLE,
    Actor,
    Cause,
    Deed,
    Moment,
    Refused,
    State,
    Step,
    clashes,
    opening,
    possible,
    step,
)
from app.matching.terms import Side
from tests.matching.postings import hour, match, window

END = {
    State.DECLINED, State.WITHDRAWN, State.EXPIRED, State.REVIEWED,
}  # fmt: skip
COMPLETED = {"ended_at": hour(50), "disputed_from": "COMPLETED"}
# For each row of the table a match and an instant at which nothing but the row decides.
RIPE: dict[Deed, tuple[float, dict[str, Any]]] = {
    Deed.EXPIRE: (30, {}),
    Deed.START: (47, {}),
    Deed.COMPLETE: (48, {}),
    Deed.REPORT_NO_SHOW: (49, {}),
    Deed.CLOSE_REVIEWS: (1000, {"reviewed_by": ["NEED"], **COMPLETED}),
    Deed.REVIEW: (60, {"reviewed_by": ["OFFER"], **COMPLETED}),
}


def moment(at: float = 1, **changes: Any) -> Moment:
    """Return a moment so many hours after noon."""
    return Moment(hour(at), DEFAULTS, **changes)


def ripe(state: State, deed: Deed, actor: Actor) -> Step | Refused:
    """Do a deed at a time and with a match that are no hindrance to it."""
    at, changes = RIPE.get(deed, (1, {}))
    side = actor.value if actor in SIDES else "NEED"
    accepted = [side] if deed is Deed.WITHDRAW else []
    if state is State.ACCEPTED_BY_ONE and deed is not Deed.WITHDRAW:
        accepted = ["OFFER" if side == "NEED" else "NEED"]
    if deed is Deed.REVIEW and actor is Actor.OFFER:
        changes = changes | {"reviewed_by": ["NEED"]}
    return step(match(state=state, accepted_by=accepted, **changes), deed, actor, moment(at))


@pytest.mark.parametrize(("state", "deed"), list(itertools.product(State, Deed)))
def test_a_deed_leads_where_the_table_says_or_is_refused_with_the_state(
    state: State, deed: Deed
) -> None:
    """What is not listed is refused and names the state found; what is listed is for its actors."""
    row = TABLE.get((state, deed))
    for actor in Actor:
        result = ripe(state, deed, actor)
        if row is not None and actor in row[1]:
            assert isinstance(result, Step), (actor, result)
            assert result.state is row[0]
            assert result.changes["state"] == row[0]
        else:
            assert isinstance(result, Refused)
            assert result.found is state
            assert result.cause is (Cause.STATE if row is None else Cause.ACTOR)
            assert state in result.sentence


def test_every_state_is_reached_and_only_ends_lead_nowhere() -> None:
    """From a proposal each state can be reached; what leads nowhere is meant to."""
    reached, left = set(State), {state for state, _ in TABLE}
    seen = {State.PROPOSED}
    while fresh := {to for (state, _), (to, _) in TABLE.items() if state in seen} - seen:
        seen |= fresh
    assert seen == reached
    assert set(State) - left == END


def do(found: Any, *deeds: tuple[Deed, Actor, float], **changes: Any) -> Any:
    """Do deeds one after the other; return the match after them."""
    for deed, actor, at in deeds:
        result = step(found, deed, actor, moment(at, **changes))
        assert isinstance(result, Step), result
        found = found | result.changes
    return found


def cause(found: Any, deed: Deed, actor: Actor, at: float = 1, **changes: Any) -> Cause:
    """Return why a deed is refused."""
    result = step(found, deed, actor, moment(at, **changes))
    assert isinstance(result, Refused), result
    return result.cause


def test_a_match_goes_from_proposal_to_review() -> None:
    """Both accept, they meet, both write: each step is remembered."""
    done = do(
        match(),
        (Deed.ACCEPT, Actor.NEED, 1),
        (Deed.ACCEPT, Actor.OFFER, 2),
        (Deed.START, Actor.OFFER, 48),
        (Deed.COMPLETE, Actor.NEED, 50),
        (Deed.REVIEW, Actor.NEED, 51),
    )
    assert done["state"] == State.COMPLETED
    assert (done["confirmed_at"], done["ended_at"]) == (hour(2), hour(50))
    done = do(done, (Deed.REVIEW, Actor.OFFER, 52))
    assert (done["state"], done["reviewed_by"]) == (State.REVIEWED, ["NEED", "OFFER"])


def test_who_proposes_has_accepted() -> None:
    """Only what the space proposes waits for both."""
    assert opening(None) == (State.PROPOSED, [])
    assert opening(Side.OFFER) == (State.ACCEPTED_BY_ONE, [Side.OFFER])


def test_one_side_cannot_answer_twice() -> None:
    """The second acceptance is the other side's; who accepted withdraws, who did not declines."""
    accepted = match(state="ACCEPTED_BY_ONE", accepted_by=["NEED"])
    assert cause(accepted, Deed.ACCEPT, Actor.NEED) is Cause.TWICE
    assert cause(accepted, Deed.DECLINE, Actor.NEED) is Cause.TWICE
    assert cause(accepted, Deed.WITHDRAW, Actor.OFFER) is Cause.ACTOR
    assert do(accepted, (Deed.WITHDRAW, Actor.NEED, 2))["ended_by"] == "NEED"
    assert do(accepted, (Deed.DECLINE, Actor.OFFER, 2))["ended_by"] == "OFFER"


def test_an_answer_has_its_time() -> None:
    """Until then it cannot expire, and from then on it cannot be accepted."""
    proposed = match(answer_by=hour(24))
    assert cause(proposed, Deed.EXPIRE, Actor.TIME, 23.99) is Cause.EARLY
    assert cause(proposed, Deed.ACCEPT, Actor.NEED, 24) is Cause.LATE
    assert do(proposed, (Deed.EXPIRE, Actor.TIME, 24))["state"] == State.EXPIRED


def test_a_full_offer_lets_wait_and_a_hold_lets_in() -> None:
    """Without a seat both acceptances stand and wait; a held seat is taken in its time."""
    accepted = match(state="ACCEPTED_BY_ONE", accepted_by=["NEED"])
    waiting = do(accepted, (Deed.ACCEPT, Actor.OFFER, 2), seat_free=False)
    assert (waiting["state"], waiting["waiting_since"]) == (State.ACCEPTED_BY_ONE, hour(2))
    assert cause(waiting, Deed.ACCEPT, Actor.NEED, 3) is Cause.TWICE
    assert cause(waiting, Deed.EXPIRE, Actor.TIME, 30) is Cause.EARLY
    held = waiting | {"held_until": hour(34)}
    assert cause(held, Deed.ACCEPT, Actor.NEED, 34) is Cause.LATE
    taken = do(held, (Deed.ACCEPT, Actor.NEED, 33))
    assert (taken["state"], taken["waiting_since"]) == (State.CONFIRMED, None)
    assert do(held, (Deed.EXPIRE, Actor.TIME, 34))["state"] == State.EXPIRED


def test_a_long_match_is_not_confirmed_without_its_agreement() -> None:
    """The refusal says all that is missing."""
    long = match(state="ACCEPTED_BY_ONE", accepted_by=["NEED"], commitment="LONG_TERM")
    assert cause(long, Deed.ACCEPT, Actor.OFFER) is Cause.LACKING
    agreed = {"joint_objective": "A garden", "agreement": "…", "agreed_by": ["NEED", "OFFER"]}
    assert do(long | agreed, (Deed.ACCEPT, Actor.OFFER, 1))["state"] == State.CONFIRMED


def test_nobody_is_confirmed_twice_at_the_same_time() -> None:
    """A clash refuses the acceptance that would confirm; seats of one offer do not clash."""
    accepted = match(state="ACCEPTED_BY_ONE", accepted_by=["NEED"])
    assert cause(accepted, Deed.ACCEPT, Actor.OFFER, clash=True) is Cause.CLASH
    other = match("mat_two", need="else", state="CONFIRMED", window=window(49, 51))
    assert clashes(accepted, other, "ada")
    assert not clashes(accepted, other, "ben"), "the same offer, with another seat"
    assert not clashes(accepted, other, "eve")
    assert not clashes(accepted, match("mat_two", need="else"), "ada"), "not confirmed"
    for free in (None, window(50, 52)):
        later = match("mat_two", need="else", state="CONFIRMED", window=free)
        assert not clashes(accepted, later, "ada")


@pytest.mark.parametrize(("at", "charged_to"), [(23.99, None), (24, "OFFER"), (60, "OFFER")])
def test_cancelling_is_free_before_the_limit(at: float, charged_to: str | None) -> None:
    """From the limit on it counts for whoever cancels; never for what a moderator cancels."""
    confirmed = match(state="CONFIRMED")
    assert do(confirmed, (Deed.CANCEL, Actor.OFFER, at))["charged_to"] == charged_to
    assert do(confirmed, (Deed.CANCEL, Actor.MODERATOR, at))["charged_to"] is None
    anytime = do(match(state="CONFIRMED", window=None), (Deed.CANCEL, Actor.OFFER, at))
    assert anytime["charged_to"] is None


def test_nothing_is_completed_before_it_has_begun() -> None:
    """Though somebody came early and said so; what has no time can be done at any time."""
    early = do(match(state="CONFIRMED"), (Deed.START, Actor.NEED, 47))
    assert cause(early, Deed.COMPLETE, Actor.NEED, 47.99) is Cause.EARLY
    assert Deed.COMPLETE not in possible(early, Actor.NEED, moment(47.99))
    assert do(early, (Deed.COMPLETE, Actor.NEED, 48))["state"] == State.COMPLETED
    anytime = match(state="IN_PROGRESS", window=None)
    assert do(anytime, (Deed.COMPLETE, Actor.OFFER, 1))["state"] == State.COMPLETED


def test_a_no_show_is_reported_of_the_other_and_can_be_disputed() -> None:
    """Not before it began; what the moderators find replaces what was said."""
    confirmed = match(state="CONFIRMED")
    assert cause(confirmed, Deed.REPORT_NO_SHOW, Actor.NEED, 47) is Cause.EARLY
    missed = do(confirmed, (Deed.REPORT_NO_SHOW, Actor.NEED, 49))
    assert (missed["absent"], missed["charged_to"]) == ("OFFER", "OFFER")
    disputed = do(missed, (Deed.DISPUTE, Actor.OFFER, 50))
    assert disputed["disputed_from"] == State.NO_SHOW
    found = do(disputed, (Deed.RESOLVE, Actor.MODERATOR, 60), charged_to=Side.NEED)
    assert (found["state"], found["charged_to"]) == (State.RESOLVED, "NEED")


def test_reviews_have_their_time_and_are_written_once() -> None:
    """After fourteen days they open by themselves, if there is one."""
    completed = match(state="COMPLETED", ended_at=hour(0))
    days = 24.0
    assert cause(completed, Deed.REVIEW, Actor.NEED, 14 * days) is Cause.LATE
    assert cause(completed, Deed.CLOSE_REVIEWS, Actor.TIME, 14 * days) is Cause.LACKING
    written = do(completed, (Deed.REVIEW, Actor.NEED, 1))
    assert cause(written, Deed.REVIEW, Actor.NEED, 2) is Cause.TWICE
    assert cause(written, Deed.CLOSE_REVIEWS, Actor.TIME, 13 * days) is Cause.EARLY
    assert do(written, (Deed.CLOSE_REVIEWS, Actor.TIME, 14 * days))["state"] == State.REVIEWED


def test_the_time_of_a_dispute_is_no_time_for_reviews() -> None:
    """What was left of the fourteen days when it began is left when it is resolved."""
    dispute = {"by": "NEED", "reason": "", "at": hour(1), "note": "", "resolved_by": "mia"}
    resolved = match(state="RESOLVED", ended_at=hour(0), disputed_from="COMPLETED")
    resolved["dispute"] = dispute | {"resolved_at": hour(101)}  # type: ignore[typeddict-item]
    end = 14 * 24 + 100.0
    written = do(resolved, (Deed.REVIEW, Actor.NEED, end - 0.01))
    assert (written["state"], written["reviewed_by"]) == (State.RESOLVED, ["NEED"])
    assert cause(resolved, Deed.REVIEW, Actor.NEED, end) is Cause.LATE
    assert cause(written, Deed.CLOSE_REVIEWS, Actor.TIME, end - 0.01) is Cause.EARLY
    never: Any = {**resolved, "disputed_from": "NO_SHOW"}
    assert cause(never, Deed.REVIEW, Actor.NEED, 102) is Cause.STATE


def test_what_is_possible_is_what_would_not_be_refused() -> None:
    """An interface can ask which buttons to show."""
    confirmed = match(state="CONFIRMED")
    assert possible(confirmed, Actor.NEED, moment(1)) == [Deed.CANCEL]
    assert possible(confirmed, Actor.NEED, moment(47)) == [Deed.CANCEL, Deed.START]
    assert Deed.REPORT_NO_SHOW in possible(confirmed, Actor.NEED, moment(49))
    assert possible(confirmed, Actor.TIME, moment(49)) == []
