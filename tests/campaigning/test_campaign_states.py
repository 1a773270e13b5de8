"""The life of a campaign: every state with every deed, how it closes, what time does with it."""

import itertools
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigning.campaign_states import (
    TABLE,
    Actor,
    Deed,
    Moment,
    closing,
    due,
    due_at,
    is_running,
    possible,
    step,
    takes_support,
)
from app.campaigning.steps import Cause, Refused, Step
from app.campaigning.words import CampaignState as S
from app.db.campaign_documents import Campaign, Progress
from tests.campaigning.seeking import campaign, day, goal

END = {S.FAILED, S.FULFILLED, S.CANCELLED}
DRAFT = {"approved_at": None, "opened_at": None, "due_at": None}
REVIEW = {"state": "IN_REVIEW", "approved_at": None, "opened_at": None}
OPENABLE = {"state": "IN_REVIEW", "opened_at": None}


def came(**counted: int) -> dict[str, Progress]:
    """Return progress in which so much counts of each kind."""
    return {kind: Progress(counted=n, pending=0, supporters=1) for kind, n in counted.items()}


def ripe(state: S, deed: Deed, actor: Actor) -> Step | Refused:
    """Do a deed at a time and with a campaign that are no hindrance to it."""
    at, changes = day(2), dict[str, Any](progress=came(MONEY=1_000))
    if state is S.SUSPENDED:
        changes |= {"suspended_from": S.OPEN}
    if deed is Deed.APPROVE:
        changes |= {"approved_at": None}
    if deed is Deed.OPEN:
        changes |= {"opens_at": day(1)}
    if deed is Deed.CLOSE and actor is Actor.OWNER:
        changes |= {"deadline": None, "mode": "KEEP_IT_ALL"}
    if actor is Actor.TIME and deed is not Deed.OPEN:
        at = day(30)
    moment = Moment(at, reason="It is so.", deadline=day(40))
    return step(campaign(state=state, **changes), deed, actor, moment)


@pytest.mark.parametrize(("state", "deed"), list(itertools.product(S, Deed)))
def test_a_deed_leads_where_the_table_says_or_is_refused_with_the_state(
    state: S, deed: Deed
) -> None:
    """What is not listed is refused and names the state found; what is listed is for its actors."""
    row = TABLE.get((state, deed))
    for actor in Actor:
        result = ripe(state, deed, actor)
        if row is not None and actor in row.by:
            assert isinstance(result, Step), (actor, result)
            assert result.state is row.to[0]
            assert result.changes["state"] == row.to[0]
        else:
            assert isinstance(result, Refused)
            assert result.found is state
            assert result.cause is (Cause.STATE if row is None else Cause.ACTOR)
            assert state in result.sentence


def test_every_state_is_reached_and_only_ends_lead_nowhere() -> None:
    """From a draft each state can be reached; what leads nowhere is meant to."""
    seen = {S.DRAFT}
    while fresh := {S(to) for (s, _), row in TABLE.items() if s in seen for to in row.to} - seen:
        seen |= fresh
    assert seen == set(S)
    assert set(S) - {state for state, _ in TABLE} == END


def do(found: Any, *deeds: tuple[Deed, Actor, float], **changes: Any) -> Any:
    """Do deeds one after the other; return the campaign after them."""
    for deed, actor, at in deeds:
        result = step(found, deed, actor, Moment(day(at), **{"reason": "So it is.", **changes}))
        assert isinstance(result, Step), result
        found = found | result.changes
    return found


def refusal(found: Any, deed: Deed, actor: Actor, at: float = 1, **changes: Any) -> Refused:
    """Return the refusal of a deed."""
    result = step(found, deed, actor, Moment(day(at), **changes))
    assert isinstance(result, Refused), result
    return result


def cause(found: Any, deed: Deed, actor: Actor, at: float = 1, **changes: Any) -> Cause:
    """Return why a deed is refused."""
    return refusal(found, deed, actor, at, **changes).cause


def test_a_campaign_goes_from_draft_to_fulfilled() -> None:
    """Each step leaves its mark, and the deadline is due as soon as it is open."""
    submitted = do(campaign(state="DRAFT", **DRAFT), (Deed.SUBMIT, Actor.OWNER, 0))
    assert (submitted["state"], submitted["due_at"]) == (S.IN_REVIEW, day(30))
    refused = refusal(submitted, Deed.OPEN, Actor.OWNER)
    assert (refused.cause, refused.about) == (Cause.LACKING, "approval")
    opened = do(submitted, (Deed.APPROVE, Actor.MODERATOR, 1), (Deed.OPEN, Actor.TEAM, 2))
    assert (opened["approved_at"], opened["opened_at"], opened["round"]) == (day(1), day(2), 1)
    assert opened["due_at"] == day(30)
    closed = do(opened | {"progress": came(MONEY=1_000)}, (Deed.CLOSE, Actor.TIME, 30))
    assert (closed["state"], closed["outcome"], closed["settling"]) == (S.SUCCEEDED,) * 2 + (True,)
    assert (closed["closed_at"], closed["due_at"]) == (day(30), None)
    done = do(closed, (Deed.FULFIL_BEGIN, Actor.TEAM, 31), (Deed.FULFIL, Actor.OWNER, 60))
    assert (done["state"], done["outcome"]) == (S.FULFILLED, S.SUCCEEDED)


def test_a_space_can_do_without_review() -> None:
    """Then submitting is being approved."""
    draft = campaign(state="DRAFT", **DRAFT)
    submitted = do(draft, (Deed.SUBMIT, Actor.TEAM, 0), review=False)
    assert do(submitted, (Deed.OPEN, Actor.TEAM, 0))["state"] == S.OPEN


def test_what_is_returned_needs_approval_anew() -> None:
    """A moderator says why; the team can take it back by itself, and nothing stays approved."""
    assert refusal(campaign(**REVIEW), Deed.RETURN, Actor.MODERATOR).about == "reason"
    returned = do(campaign(**OPENABLE), (Deed.RETURN, Actor.MODERATOR, 1), reason=" No goal. ")
    assert (returned["state"], returned["reason"]) == (S.DRAFT, "No goal.")
    assert returned["approved_at"] is None
    taken = do(campaign(**OPENABLE), (Deed.RETURN, Actor.OWNER, 1), reason="")
    assert (taken["reason"], taken["approved_at"]) == (None, None)
    assert cause(campaign(**OPENABLE), Deed.APPROVE, Actor.MODERATOR) is Cause.TWICE


def test_an_opening_that_was_announced_happens_by_itself() -> None:
    """Not before its time, for anybody; without one the team opens it when it likes."""
    announced = campaign(**OPENABLE, opens_at=day(5))
    for actor in (Actor.OWNER, Actor.TIME):
        assert cause(announced, Deed.OPEN, actor, 4.99) is Cause.EARLY
    assert (due_at(announced), due(announced, day(4.99))) == (day(5), None)
    assert due(announced, day(5)) is Deed.OPEN
    assert do(announced, (Deed.OPEN, Actor.TIME, 5))["state"] == S.OPEN
    assert cause(campaign(**OPENABLE), Deed.OPEN, Actor.TIME) is Cause.EARLY
    assert due_at(campaign(**REVIEW, opens_at=day(5))) == day(30), "it is not approved"


def test_what_was_not_opened_before_its_deadline_goes_back() -> None:
    """It cannot be opened any more, and time says why."""
    missed = campaign(**OPENABLE, opens_at=day(5))
    assert cause(missed, Deed.OPEN, Actor.OWNER, 30) is Cause.LATE
    assert due(missed, day(30)) is Deed.RETURN
    assert cause(missed, Deed.RETURN, Actor.TIME, 29) is Cause.EARLY
    returned = do(missed, (Deed.RETURN, Actor.TIME, 30))
    assert (returned["state"], returned["due_at"]) == (S.DRAFT, None)
    assert "deadline" in returned["reason"]


@pytest.mark.parametrize("mode", ["ALL_OR_NOTHING", "ROUNDS"])
def test_what_is_decided_at_a_deadline_needs_one(mode: str) -> None:
    """Only what keeps all can be open without end."""
    endless = campaign(**OPENABLE, deadline=None, mode=mode)
    assert refusal(endless, Deed.OPEN, Actor.OWNER).about == "deadline"
    assert do(endless | {"mode": "KEEP_IT_ALL"}, (Deed.OPEN, Actor.OWNER, 1))["due_at"] is None


def test_it_is_extended_once_and_in_time() -> None:
    """By at most what the rules say, and never to an earlier end."""
    found = campaign()
    for until in (None, day(29), day(30), day(60.001)):
        refused = refusal(found, Deed.EXTEND, Actor.TEAM, deadline=until)
        assert (refused.cause, refused.about) == (Cause.VALUE, "deadline")
    assert cause(found, Deed.EXTEND, Actor.TEAM, 30, deadline=day(40)) is Cause.LATE
    extended = do(found, (Deed.EXTEND, Actor.TEAM, 29), deadline=day(60))
    assert (extended["deadline"], extended["due_at"]) == (day(60), day(60))
    assert cause(extended, Deed.EXTEND, Actor.TEAM, 30, deadline=day(70)) is Cause.TWICE
    week = timedelta(days=7)
    longer = refusal(found, Deed.EXTEND, Actor.OWNER, deadline=day(38), most_extension=week)
    assert longer.cause is Cause.VALUE
    endless = campaign(deadline=None, mode="KEEP_IT_ALL")
    assert cause(endless, Deed.EXTEND, Actor.OWNER, deadline=day(40)) is Cause.LACKING


MET, SHORT = came(MONEY=1_000, TIME=60), came(MONEY=999, TIME=60)


@pytest.mark.parametrize(
    ("mode", "round", "progress", "state"),
    [
        ("ALL_OR_NOTHING", 1, MET, S.SUCCEEDED),
        ("ALL_OR_NOTHING", 1, SHORT, S.FAILED),
        ("ALL_OR_NOTHING", 1, came(MONEY=5_000), S.FAILED),
        ("ALL_OR_NOTHING", 1, {}, S.FAILED),
        ("KEEP_IT_ALL", 1, SHORT, S.SUCCEEDED),
        ("KEEP_IT_ALL", 1, came(TIME=1), S.SUCCEEDED),
        ("KEEP_IT_ALL", 1, came(MONEY=0), S.FAILED),
        ("KEEP_IT_ALL", 1, {}, S.FAILED),
        ("ROUNDS", 1, MET, S.OPEN),
        ("ROUNDS", 1, SHORT, S.FAILED),
        ("ROUNDS", 2, MET, S.SUCCEEDED),
        ("ROUNDS", 2, SHORT, S.SUCCEEDED),
    ],
)
def test_how_a_campaign_closes(
    mode: str, round: int, progress: dict[str, Progress], state: S
) -> None:
    """What counts decides, by the mode; what is only promised does not."""
    goals = [goal(), goal("TIME", 60), goal("SKILL", 0)]
    found = campaign(mode=mode, round=round, round_days=10, goals=goals, progress=progress)
    end = closing(found, day(30))
    assert end.state is state
    assert end.outcome is (None if state is S.OPEN else state)
    assert (end.round, end.deadline) == ((2, day(40)) if state is S.OPEN else (round, day(30)))
    assert ("MONEY" in end.lacking) is (progress.get("MONEY", {"counted": 0})["counted"] < 1_000)
    changed = do(found, (Deed.CLOSE, Actor.TIME, 30))
    assert (changed["state"], changed["outcome"], changed["settling"]) == (state, end.outcome, True)
    assert changed["due_at"] == (day(40) if state is S.OPEN else None)


def test_the_second_round_is_of_full_length_and_the_last() -> None:
    """It begins when the first is closed, however late that was; each closes once."""
    first = campaign(mode="ROUNDS", round_days=10, progress=came(MONEY=1_000))
    second = do(first, (Deed.CLOSE, Actor.TIME, 33))
    assert (second["round"], second["deadline"], second["closed_at"]) == (2, day(43), None)
    assert cause(second, Deed.CLOSE, Actor.TIME, 33) is Cause.EARLY
    assert takes_support(second, day(42))
    closed = do(second, (Deed.CLOSE, Actor.TIME, 43))
    assert (closed["state"], closed["deadline"]) == (S.SUCCEEDED, day(43))
    assert cause(closed, Deed.CLOSE, Actor.TIME, 44) is Cause.STATE
    unsaid = closing(first | {"round_days": None}, day(30))
    assert unsaid.deadline == day(60)


def test_it_closes_at_its_deadline_and_by_its_owner_only_where_there_is_none() -> None:
    """A moment before is too early; what keeps all without a deadline ends at its owner's word."""
    assert cause(campaign(), Deed.CLOSE, Actor.TIME, 29.999) is Cause.EARLY
    assert cause(campaign(), Deed.CLOSE, Actor.OWNER, 31) is Cause.ACTOR
    kept = campaign(mode="KEEP_IT_ALL", progress=came(MONEY=1))
    assert cause(kept, Deed.CLOSE, Actor.OWNER) is Cause.ACTOR
    endless = kept | {"deadline": None, "due_at": None}
    assert cause(endless, Deed.CLOSE, Actor.TIME, 900) is Cause.EARLY
    assert cause(endless, Deed.CLOSE, Actor.TEAM) is Cause.ACTOR
    assert do(endless, (Deed.CLOSE, Actor.OWNER, 9))["state"] == S.SUCCEEDED


def test_suspending_stops_support_but_not_the_clock() -> None:
    """It goes back to where it was; if its deadline passed, it is due at once."""
    assert refusal(campaign(), Deed.SUSPEND, Actor.MODERATOR, reason=" ").about == "reason"
    suspended = do(campaign(), (Deed.SUSPEND, Actor.MODERATOR, 3))
    assert (suspended["suspended_from"], suspended["due_at"]) == (S.OPEN, None)
    assert is_running(suspended)
    assert not takes_support(suspended, day(4))
    assert cause(suspended, Deed.CLOSE, Actor.TIME, 31) is Cause.STATE
    resumed = do(suspended, (Deed.RESUME, Actor.MODERATOR, 31))
    assert (resumed["state"], resumed["suspended_from"], resumed["reason"]) == (S.OPEN, None, None)
    assert due(resumed, day(31)) is Deed.CLOSE
    assert not takes_support(resumed, day(31))
    assert do(resumed, (Deed.CLOSE, Actor.TIME, 31))["state"] == S.FAILED


@pytest.mark.parametrize("state", [S.SUCCEEDED, S.FULFILLING])
def test_what_has_succeeded_is_stopped_and_undone_by_moderators_alone(state: S) -> None:
    """Its team cannot, not even while it is suspended; all is to be settled again."""
    found = campaign(state=state, outcome="SUCCEEDED", closed_at=day(30))
    suspended = do(found, (Deed.SUSPEND, Actor.MODERATOR, 35))
    assert not is_running(suspended)
    for one in (found, suspended):
        assert cause(one, Deed.CANCEL, Actor.OWNER, 36, reason="Enough.") is Cause.ACTOR
        cancelled = do(one, (Deed.CANCEL, Actor.MODERATOR, 36))
        assert (cancelled["state"], cancelled["settling"]) == (S.CANCELLED, True)
        assert (cancelled["closed_at"], cancelled["suspended_from"]) == (day(30), None)
    assert do(suspended, (Deed.RESUME, Actor.MODERATOR, 40))["state"] == state


def test_cancelling_what_was_open_needs_a_reason() -> None:
    """Its supporters are told; a draft is thrown away without a word."""
    assert refusal(campaign(), Deed.CANCEL, Actor.OWNER).cause is Cause.VALUE
    assert do(campaign(), (Deed.CANCEL, Actor.OWNER, 2))["settling"]
    draft = campaign(state="DRAFT", **DRAFT)
    thrown = do(draft, (Deed.CANCEL, Actor.TEAM, 2), reason="")
    assert (thrown["state"], thrown["settling"], thrown["reason"]) == (S.CANCELLED, False, None)
    assert cause(draft, Deed.CANCEL, Actor.MODERATOR) is Cause.VALUE


def test_what_is_possible_is_what_would_not_be_refused_for_good() -> None:
    """An interface can ask which buttons to show; it asks for the reason afterwards."""
    assert possible(campaign(), Actor.TEAM, Moment(day(1))) == [Deed.EXTEND, Deed.CANCEL]
    assert possible(campaign(), Actor.MODERATOR, Moment(day(1))) == [Deed.CANCEL, Deed.SUSPEND]
    assert possible(campaign(), Actor.TIME, Moment(day(1))) == []
    assert possible(campaign(), Actor.TIME, Moment(day(30))) == [Deed.CLOSE]
    assert possible(campaign(**REVIEW), Actor.MODERATOR, Moment(day(1))) == [
        Deed.APPROVE,
        Deed.RETURN,
        Deed.CANCEL,
    ]


# For each step: which of the deeds of a state, how many days later, how much has come in.
walks = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from([0, 0, 1, 29, 40]), st.integers(0, 1_500)),
    max_size=20,
)


@given(st.sampled_from(["ALL_OR_NOTHING", "KEEP_IT_ALL", "ROUNDS"]), st.booleans(), walks)
@settings(max_examples=100, deadline=None)
def test_whatever_happens_a_campaign_stays_sound(
    mode: str, ends: bool, walk: list[tuple[int, int, int]]
) -> None:
    """It closes once a round, is extended once, and what is due is what time may do."""
    found = campaign(state="DRAFT", mode=mode, deadline=day(30) if ends else None, **DRAFT)
    at, closed, extended = day(0), 0, 0
    for choice, days, amount in walk:
        at += timedelta(days=days)
        found["progress"] = came(MONEY=amount)
        listed = [deed for state, deed in TABLE if state == found["state"]]
        if not listed:
            break
        deed, actor = list(itertools.product(listed, Actor))[choice % (len(listed) * len(Actor))]
        result = step(found, deed, actor, moment_after(found, at))
        if isinstance(result, Refused):
            continue
        closed += deed is Deed.CLOSE
        extended += deed is Deed.EXTEND
        found = cast("Campaign", {**found, **result.changes})
        check(found, at)
    assert closed <= (2 if mode == "ROUNDS" else 1)
    assert extended <= 1


def moment_after(found: Campaign, at: datetime) -> Moment:
    """Return a moment with all that a deed can ask for."""
    later = None if found["deadline"] is None else found["deadline"] + timedelta(days=20)
    return Moment(at, reason="So it is.", deadline=later)


def check(found: Campaign, at: datetime) -> None:
    """Assert what holds of a campaign at any time."""
    state = found["state"]
    assert (found["suspended_from"] is None) == (state != S.SUSPENDED)
    assert (found["closed_at"] is None) == (state in {"DRAFT", "IN_REVIEW"} or is_running(found))
    assert state not in {S.SUCCEEDED, S.FAILED} or found["outcome"] == state
    assert found["due_at"] == due_at(found)
    assert not takes_support(found, at) or is_running(found)
    by_time = due(found, at)
    if by_time is not None:
        assert isinstance(step(found, by_time, Actor.TIME, Moment(at)), Step)
