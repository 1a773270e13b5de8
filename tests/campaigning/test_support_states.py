"""The life of support other than money: every state with every deed."""

import itertools
from typing import Any

import pytest

from app.campaigning.steps import Cause, Refused, Step
from app.campaigning.support_states import (
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
from app.campaigning.words import CampaignState
from app.campaigning.words import SupportState as S
from tests.campaigning.seeking import campaign, contribution, day

ENDS = ["FAILED", "CANCELLED", "FULFILLED"]


def offer(state: str, **changes: Any) -> Any:
    """Return an hour of somebody's time."""
    return contribution(60, state=state, kind="TIME", currency=None, provider=None, **changes)


def moment(state: str = "OPEN", **changes: Any) -> Moment:
    """Return a moment at which the campaign stands so."""
    return Moment(day(1), campaign(state=state), **changes)


@pytest.mark.parametrize(("state", "deed"), list(itertools.product(S, Deed)))
def test_a_deed_leads_where_the_table_says_or_is_refused_with_the_state(
    state: S, deed: Deed
) -> None:
    """What is not listed is refused and names the state found; what is listed is for its actors."""
    row = TABLE.get((state, deed))
    for actor in Actor:
        result = step(
            offer(state), deed, actor, moment("FAILED" if deed is Deed.EXPIRE else "OPEN")
        )
        if row is not None and actor in row.by:
            assert isinstance(result, Step), (actor, result)
            assert (result.state, result.changes) == (row.to[0], {"state": row.to[0]})
        else:
            assert isinstance(result, Refused)
            assert result.found is state
            assert result.cause is (Cause.STATE if row is None else Cause.ACTOR)


def test_every_state_is_reached_and_only_ends_lead_nowhere() -> None:
    """From an offer each state can be reached; it counts once it is delivered."""
    seen = {FIRST}
    while fresh := {S(to) for (s, _), row in TABLE.items() if s in seen for to in row.to} - seen:
        seen |= fresh
    assert seen == set(S)
    assert set(S) - {state for state, _ in TABLE} == OVER | {S.ACKNOWLEDGED}
    assert sorted([*COUNTED, *PENDING, *OVER]) == sorted(S)


@pytest.mark.parametrize("state", CampaignState)
def test_support_is_accepted_and_delivered_while_the_campaign_lives(state: CampaignState) -> None:
    """Until all is fulfilled, not while it is suspended, and never after its end."""
    alive = state in {"OPEN", "SUCCEEDED", "FULFILLING"}
    for found, deed in ((offer("OFFERED"), Deed.ACCEPT), (offer("ACCEPTED"), Deed.DELIVER)):
        result = step(found, deed, Actor.TEAM, moment(state))
        assert isinstance(result, Step) is alive
        if isinstance(result, Refused):
            assert result.cause is (Cause.LATE if state in ENDS else Cause.STATE)
            assert state in result.sentence


@pytest.mark.parametrize("state", CampaignState)
def test_offers_end_with_the_campaign(state: CampaignState) -> None:
    """What was delivered stays; what was not expires, or is cancelled with it."""
    for offered in S:
        waits = offered in PENDING and state in ENDS
        deed = settlement(offer(offered), campaign(state=state))
        assert deed is (Deed.EXPIRE if waits else None)
    result = step(offer("ACCEPTED"), Deed.EXPIRE, Actor.TIME, moment(state))
    if isinstance(result, Refused):
        assert (result.cause, state in ENDS) == (Cause.EARLY, False)
    else:
        assert result.state is (S.CANCELLED if state == "CANCELLED" else S.EXPIRED)


def test_the_team_can_contradict_a_delivery_until_it_gave_thanks() -> None:
    """Then it is accepted still; the reason is kept."""
    denied = step(offer("DELIVERED"), Deed.DENY, Actor.TEAM, moment(reason=" Nobody came. "))
    assert isinstance(denied, Step)
    assert denied.changes == {"state": S.ACCEPTED, "reason": "Nobody came."}
    assert isinstance(step(offer("ACKNOWLEDGED"), Deed.DENY, Actor.TEAM, moment()), Refused)


def test_what_is_possible_is_what_would_not_be_refused() -> None:
    """An interface can ask which buttons to show."""
    accepted = offer("ACCEPTED")
    assert possible(accepted, Actor.SUPPORTER, moment()) == [Deed.DELIVER, Deed.CANCEL]
    assert possible(accepted, Actor.SUPPORTER, moment("FAILED")) == [Deed.CANCEL]
    assert possible(accepted, Actor.TIME, moment("FAILED")) == [Deed.EXPIRE]
