"""The life of a contribution of money: every state and deed, and what a campaign's end does."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from app.campaigning.pledge_states import (
    COUNTED,
    FIRST,
    OVER,
    PENDING,
    TABLE,
    Actor,
    Deed,
    Moment,
    possible,
    settlement,
    step,
)
from app.campaigning.steps import Cause, Refused, Step
from app.campaigning.words import CampaignState
from app.campaigning.words import PledgeState as S
from tests.campaigning.seeking import campaign, contribution, day

OPEN, FAILED, CANCELLED = (campaign(state=state) for state in ("OPEN", "FAILED", "CANCELLED"))
SUCCEEDED = campaign(state="SUCCEEDED")
ASKED_FIRST = {Deed.CAPTURE, Deed.REFUND}
# When time does it, and when anybody does.
RIPE = {Deed.RELEASE: FAILED, Deed.CAPTURE: SUCCEEDED, Deed.REFUND: CANCELLED}


def ripe(state: S, deed: Deed, actor: Actor) -> Step | Refused:
    """Do a deed at a time and with a campaign that are no hindrance to it."""
    moment = Moment(day(8), RIPE.get(deed, OPEN))
    return step(contribution(500, state=state), deed, actor, moment)


@pytest.mark.parametrize(("state", "deed"), list(itertools.product(S, Deed)))
def test_a_deed_leads_where_the_table_says_or_is_refused_with_the_state(
    state: S, deed: Deed
) -> None:
    """Money is moved by the provider; when others want that, it is asked for it, and no more."""
    row = TABLE.get((state, deed))
    for actor in Actor:
        result = ripe(state, deed, actor)
        if row is None or actor not in row.by:
            assert isinstance(result, Refused)
            assert result.found is state
            assert result.cause is (Cause.STATE if row is None else Cause.ACTOR)
            continue
        assert isinstance(result, Step), (actor, result)
        asks = deed in ASKED_FIRST and actor is not Actor.PROVIDER
        assert result.state is (state if asks else row.to[0])
        assert result.state in row.to
        assert result.changes["asked"] == (deed if asks else None)
        assert result.changes["due_at"] == (day(8) if asks else None)


def test_every_state_is_reached_and_only_ends_lead_nowhere() -> None:
    """From a pledge each state can be reached; counting, waiting and being over exclude another."""
    seen = {FIRST}
    while fresh := {S(to) for (s, _), row in TABLE.items() if s in seen for to in row.to} - seen:
        seen |= fresh
    assert seen == set(S)
    assert set(S) - {state for state, _ in TABLE} == OVER | {S.REFUNDED}
    assert sorted([*COUNTED, *PENDING, *OVER, S.REFUNDED, S.DISPUTED]) == sorted(S)


def cause(found: Any, deed: Deed, actor: Actor, at: float, where: Any = OPEN) -> Cause:
    """Return why a deed is refused."""
    result = step(found, deed, actor, Moment(day(at), where))
    assert isinstance(result, Refused), result
    return result.cause


def changed(found: Any, deed: Deed, actor: Actor, at: float, where: Any = OPEN) -> Any:
    """Do a deed; return the contribution after it."""
    result = step(found, deed, actor, Moment(day(at), where, reason="So."))
    assert isinstance(result, Step), result
    return found | result.changes


KEPT = [CampaignState.SUCCEEDED, CampaignState.FULFILLING, CampaignState.FULFILLED]
UNDONE = [CampaignState.FAILED, CampaignState.CANCELLED]
OTHERS = set(CampaignState) - {*KEPT, *UNDONE}


@pytest.mark.parametrize("state", S)
def test_the_end_of_a_campaign_settles_every_pledge(state: S) -> None:
    """Success takes what is confirmed, failure lets it go and gives back, and both only once."""
    found = contribution(500, state=state)
    kept = {S.PLEDGED: Deed.RELEASE, S.CONFIRMED: Deed.CAPTURE}.get(state)
    undone = {S.CAPTURED: Deed.REFUND} | dict.fromkeys([S.PLEDGED, S.CONFIRMED], Deed.RELEASE)
    for name in KEPT:
        assert settlement(found, campaign(state=name)) is kept
    for name in UNDONE:
        assert settlement(found, campaign(state=name)) is undone.get(state)
    for name in OTHERS:
        assert settlement(found, campaign(state=name)) is None
    if kept is not None:
        assert settlement(contribution(500, state=state, asked=kept), SUCCEEDED) is None


@pytest.mark.parametrize("state", [*KEPT, *UNDONE])
def test_what_is_settled_has_nothing_left_to_settle(state: CampaignState) -> None:
    """Whatever a pledge's state, time's deed is possible, and after the provider's word all is."""
    end = campaign(state=state)
    for first in S:
        found: Any = contribution(500, state=first, reference="pay_1")
        deed = settlement(found, end)
        if deed is None:
            continue
        found = changed(found, deed, Actor.TIME, 31, end)
        assert found["asked"] == (Deed.RELEASE if deed is Deed.RELEASE else deed)
        if deed is not Deed.RELEASE:
            found = changed(found, deed, Actor.PROVIDER, 32, end)
            assert found["asked"] is None
        assert settlement(found, end) is None


def test_money_is_taken_early_where_that_is_promised() -> None:
    """At once where all is kept; when the first round has ended well, what came in it."""
    found = contribution(500, round=1)
    assert settlement(found, campaign(mode="KEEP_IT_ALL")) is Deed.CAPTURE
    assert settlement(found, campaign(mode="ROUNDS", round=1)) is None
    second = campaign(mode="ROUNDS", round=2)
    assert settlement(found, second) is Deed.CAPTURE
    assert settlement(contribution(500, round=2), second) is None
    assert settlement(contribution(500, state="PLEDGED"), second) is None
    suspended = campaign(mode="KEEP_IT_ALL", state="SUSPENDED", suspended_from="OPEN")
    assert settlement(found, suspended) is None


def test_time_does_only_what_the_campaign_asks_for() -> None:
    """A pledge lasts seven days without being confirmed, unless another time is said."""
    pledged = contribution(500, state="PLEDGED")
    assert cause(pledged, Deed.RELEASE, Actor.TIME, 1) is Cause.EARLY
    assert cause(contribution(500), Deed.CAPTURE, Actor.TIME, 1) is Cause.EARLY
    taken = contribution(500, state="CAPTURED")
    assert cause(taken, Deed.REFUND, Actor.TIME, 31, SUCCEEDED) is Cause.EARLY
    assert cause(pledged, Deed.EXPIRE, Actor.TIME, 6.99) is Cause.EARLY
    assert changed(pledged, Deed.EXPIRE, Actor.TIME, 7)["state"] == S.EXPIRED
    assert changed(pledged, Deed.EXPIRE, Actor.PROVIDER, 1)["state"] == S.EXPIRED
    short = Moment(day(1), OPEN, lasts=timedelta(hours=1))
    assert isinstance(step(pledged, Deed.EXPIRE, Actor.TIME, short), Step)


def test_a_supporter_can_go_until_the_end_and_until_money_is_taken() -> None:
    """Also while the campaign is suspended; and the provider is asked to let the promise go."""
    found = contribution(500, reference="pay_1")
    gone = changed(found, Deed.CANCEL, Actor.SUPPORTER, 29)
    assert (gone["state"], gone["asked"], gone["due_at"]) == (S.CANCELLED, Deed.RELEASE, day(29))
    assert changed(contribution(500), Deed.CANCEL, Actor.SUPPORTER, 29)["asked"] is None
    being_asked = contribution(500, state="PLEDGED", asked="CONFIRM", due_at=day(1), attempts=1)
    gone = changed(being_asked, Deed.CANCEL, Actor.SUPPORTER, 2)
    assert (gone["asked"], gone["due_at"], gone["attempts"]) == (Deed.CONFIRM, day(1), 1)
    assert cause(found, Deed.CANCEL, Actor.SUPPORTER, 30) is Cause.LATE
    assert cause(found, Deed.CANCEL, Actor.SUPPORTER, 3, SUCCEEDED) is Cause.LATE
    suspended = campaign(state="SUSPENDED", suspended_from="OPEN")
    assert changed(found, Deed.CANCEL, Actor.SUPPORTER, 3, suspended)["state"] == S.CANCELLED
    asked: Any = {**found, "asked": "CAPTURE"}
    assert cause(asked, Deed.CANCEL, Actor.SUPPORTER, 3) is Cause.LATE


def test_what_a_cancelled_campaign_lets_go_is_cancelled_and_else_it_expires() -> None:
    """The two are told apart for whoever promised."""
    found = contribution(500)
    assert changed(found, Deed.RELEASE, Actor.TIME, 3, CANCELLED)["state"] == S.CANCELLED
    assert changed(found, Deed.RELEASE, Actor.TIME, 31, FAILED)["state"] == S.EXPIRED
    pledged = contribution(500, state="PLEDGED")
    assert changed(pledged, Deed.RELEASE, Actor.TIME, 31, SUCCEEDED)["state"] == S.EXPIRED


def test_money_is_given_back_when_the_provider_has_done_it() -> None:
    """Whoever wants it asks once; until it is done, the contribution counts."""
    taken = contribution(500, state="CAPTURED", reference="pay_1")
    asked = changed(taken, Deed.REFUND, Actor.TEAM, 3)
    assert (asked["state"], asked["asked"], asked["reason"]) == (S.CAPTURED, Deed.REFUND, "So.")
    for actor in (Actor.TEAM, Actor.MODERATOR):
        assert cause(asked, Deed.REFUND, actor, 4) is Cause.TWICE
    done = changed(asked, Deed.REFUND, Actor.PROVIDER, 4)
    assert (done["state"], done["asked"], done["due_at"]) == (S.REFUNDED, None, None)


def test_nothing_is_confirmed_once_the_campaign_is_closed() -> None:
    """But between the deadline and the closing what was promised in time still is."""
    pledged = contribution(500, state="PLEDGED")
    assert changed(pledged, Deed.CONFIRM, Actor.PROVIDER, 30.01)["state"] == S.CONFIRMED
    assert cause(pledged, Deed.CONFIRM, Actor.PROVIDER, 31, SUCCEEDED) is Cause.LATE


def test_a_dispute_is_won_or_lost() -> None:
    """Meanwhile the money does not count."""
    disputed = changed(contribution(500, state="CAPTURED"), Deed.DISPUTE, Actor.PROVIDER, 3)
    assert disputed["state"] not in COUNTED | PENDING
    assert changed(disputed, Deed.WIN, Actor.PROVIDER, 4)["state"] == S.CAPTURED
    assert changed(disputed, Deed.LOSE, Actor.PROVIDER, 4)["state"] == S.REFUNDED


def test_what_is_possible_is_what_would_not_be_refused() -> None:
    """An interface can ask which buttons to show."""
    assert possible(contribution(500), Actor.SUPPORTER, Moment(day(1), OPEN)) == [Deed.CANCEL]
    assert possible(contribution(500), Actor.SUPPORTER, Moment(day(31), OPEN)) == []
    taken = contribution(500, state="CAPTURED")
    assert possible(taken, Actor.TEAM, Moment(day(1), OPEN)) == [Deed.REFUND]
