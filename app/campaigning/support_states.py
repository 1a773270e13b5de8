"""The life of support other than money: offered, accepted, delivered, and thanked for.

`TABLE` is all of it. It counts when it is delivered; whoever delivers may say so, and the team can
contradict: then it is accepted still, and does not count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.campaigning.steps import Cause, Objection, Refused, Row, Step, can_be, refused, row
from app.campaigning.words import CampaignState
from app.campaigning.words import SupportState as S
from app.db.campaign_documents import Campaign, Contribution


class Deed(StrEnum):
    """What can be done with an offer of support."""

    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    DELIVER = "DELIVER"
    DENY = "DENY"
    ACKNOWLEDGE = "ACKNOWLEDGE"
    CANCEL = "CANCEL"
    EXPIRE = "EXPIRE"


class Actor(StrEnum):
    """Who does it: the supporter, the campaign's team, or time."""

    SUPPORTER = "SUPPORTER"
    TEAM = "TEAM"
    TIME = "TIME"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a deed finds besides: when it is (naive UTC), the campaign as it is then, and why."""

    at: datetime
    campaign: Campaign
    reason: str = ""


COUNTED = frozenset({S.DELIVERED, S.ACKNOWLEDGED})
PENDING = frozenset({S.OFFERED, S.ACCEPTED})
OVER = frozenset({S.DECLINED, S.CANCELLED, S.EXPIRED})
FIRST = S.OFFERED
# In which a campaign can make use of what is offered, and in which it never will again.
ALIVE = frozenset({CampaignState.OPEN, CampaignState.SUCCEEDED, CampaignState.FULFILLING})
GONE = frozenset({CampaignState.FAILED, CampaignState.CANCELLED, CampaignState.FULFILLED})

SUPPORTER, TEAM = frozenset({Actor.SUPPORTER}), frozenset({Actor.TEAM})
TIME = frozenset({Actor.TIME})

TABLE: Mapping[tuple[S, Deed], Row] = {
    (S.OFFERED, Deed.ACCEPT): Row((S.ACCEPTED,), TEAM),
    (S.OFFERED, Deed.DECLINE): Row((S.DECLINED,), TEAM),
    (S.OFFERED, Deed.CANCEL): Row((S.CANCELLED,), SUPPORTER),
    (S.OFFERED, Deed.EXPIRE): Row((S.EXPIRED, S.CANCELLED), TIME),
    (S.ACCEPTED, Deed.DELIVER): Row((S.DELIVERED,), SUPPORTER | TEAM),
    (S.ACCEPTED, Deed.CANCEL): Row((S.CANCELLED,), SUPPORTER | TEAM),
    (S.ACCEPTED, Deed.EXPIRE): Row((S.EXPIRED, S.CANCELLED), TIME),
    (S.DELIVERED, Deed.DENY): Row((S.ACCEPTED,), TEAM),
    (S.DELIVERED, Deed.ACKNOWLEDGE): Row((S.ACKNOWLEDGED,), TEAM),
}


def step(contribution: Contribution, deed: Deed, actor: Actor, moment: Moment) -> Step | Refused:
    """Return where a deed leads and what it changes, or why not."""
    found = S(contribution["state"])
    one = row(TABLE, found, deed, actor)
    if isinstance(one, Refused):
        return one
    guard = _GUARDS.get(deed)
    if guard is not None and (objection := guard(moment)) is not None:
        return refused(found, objection)
    state = S(one.to[0])
    if deed is Deed.EXPIRE and moment.campaign["state"] == CampaignState.CANCELLED:
        state = S.CANCELLED
    reason = moment.reason.strip()
    return Step(state, {"state": state, **({"reason": reason} if reason else {})})


def possible(contribution: Contribution, actor: Actor, moment: Moment) -> list[Deed]:
    """Return what this actor could do with the contribution at this moment."""
    return [deed for deed in Deed if can_be(step(contribution, deed, actor, moment))]


def settlement(contribution: Contribution, campaign: Campaign) -> Deed | None:
    """Return what time has to do with an offer as its campaign stands: EXPIRE, or nothing.

    After success what was offered can still be accepted and delivered, until all is fulfilled.
    """
    waits = S(contribution["state"]) in PENDING
    return Deed.EXPIRE if waits and CampaignState(campaign["state"]) in GONE else None


def _is_wanted(moment: Moment) -> Objection | None:
    state = CampaignState(moment.campaign["state"])
    if state in ALIVE:
        return None
    cause = Cause.LATE if state in GONE else Cause.STATE
    return Objection(cause, f"The campaign is {state}: it takes nothing.")


def _is_gone(moment: Moment) -> Objection | None:
    state = CampaignState(moment.campaign["state"])
    return None if state in GONE else Objection(Cause.EARLY, f"The campaign is {state}.")


def _may_deny(moment: Moment) -> Objection | None:
    if _is_gone(moment) is not None:
        return None
    state = CampaignState(moment.campaign["state"])
    return Objection(Cause.LATE, f"The campaign is {state}: what it counted stays.")


_GUARDS: Mapping[Deed, Callable[[Moment], Objection | None]] = {
    Deed.DENY: _may_deny,
    Deed.ACCEPT: _is_wanted,
    Deed.DELIVER: _is_wanted,
    Deed.EXPIRE: _is_gone,
}
