"""The life of a contribution of money: by whom it goes where, and what is asked of its provider.

`TABLE` is all of it. What a campaign's end makes of a pledge is `settlement`; what a provider's
word makes of it is in `payments`. Money is taken and given back by the provider alone: when
anybody else wants that, it is asked for (`asked`), and the state changes when it has been done. A
pledge that ends before money was taken ends at once, and the provider is asked to let it go. When
it is new, `asked` is CONFIRM.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.campaigning.campaign_states import is_running
from app.campaigning.steps import Cause, Objection, Refused, Row, Step, can_be, refused, row
from app.campaigning.words import CampaignState, Mode
from app.campaigning.words import PledgeState as S
from app.db.campaign_documents import Campaign, Contribution

# How long a pledge can wait to be confirmed; a transfer takes a person to send and one to note it.
LASTS, LASTS_BY_HAND = timedelta(days=7), timedelta(days=30)
# The provider whose money lies with the team as soon as it is confirmed.
BY_HAND = "TRANSFER"


class Deed(StrEnum):
    """What can be done with a contribution of money; CAPTURE takes it, REFUND gives it back."""

    CONFIRM = "CONFIRM"
    DECLINE = "DECLINE"
    CAPTURE = "CAPTURE"
    CANCEL = "CANCEL"
    RELEASE = "RELEASE"
    REFUND = "REFUND"
    DISPUTE = "DISPUTE"
    WIN = "WIN"
    LOSE = "LOSE"
    EXPIRE = "EXPIRE"


class Actor(StrEnum):
    """Who does it: the supporter, the campaign's team, a moderator, the payment provider, time."""

    SUPPORTER = "SUPPORTER"
    TEAM = "TEAM"
    MODERATOR = "MODERATOR"
    PROVIDER = "PROVIDER"
    TIME = "TIME"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a deed finds besides the contribution.

    Attributes:
        at: when it is done (naive UTC).
        campaign: as it stands then.
        reason: why, as whoever does it says.
        lasts: how long a pledge can wait to be confirmed.

    """

    at: datetime
    campaign: Campaign
    reason: str = ""
    lasts: timedelta = LASTS


@dataclass(frozen=True, slots=True)
class _Case:
    """A deed that is looked at: on which contribution, which deed, by whom, when, leading where."""

    contribution: Contribution
    deed: Deed
    actor: Actor
    moment: Moment
    to: S


COUNTED = frozenset({S.CONFIRMED, S.CAPTURED})
PENDING = frozenset({S.PLEDGED})
# Over before any money was taken.
OVER = frozenset({S.DECLINED, S.CANCELLED, S.EXPIRED})
FIRST = S.PLEDGED

SUPPORTER, TIME = frozenset({Actor.SUPPORTER}), frozenset({Actor.TIME})
PROVIDER = frozenset({Actor.PROVIDER})
STEWARDS = frozenset({Actor.TEAM, Actor.MODERATOR})

TABLE: Mapping[tuple[S, Deed], Row] = {
    (S.PLEDGED, Deed.CONFIRM): Row((S.CONFIRMED,), PROVIDER),
    (S.PLEDGED, Deed.DECLINE): Row((S.DECLINED,), PROVIDER),
    (S.PLEDGED, Deed.CANCEL): Row((S.CANCELLED,), SUPPORTER),
    (S.PLEDGED, Deed.RELEASE): Row((S.EXPIRED, S.CANCELLED), TIME),
    (S.PLEDGED, Deed.EXPIRE): Row((S.EXPIRED,), PROVIDER | TIME),
    (S.CONFIRMED, Deed.DECLINE): Row((S.DECLINED,), PROVIDER),
    (S.CONFIRMED, Deed.CAPTURE): Row((S.CAPTURED, S.CONFIRMED), PROVIDER | TIME),
    (S.CONFIRMED, Deed.CANCEL): Row((S.CANCELLED,), SUPPORTER),
    (S.CONFIRMED, Deed.RELEASE): Row((S.EXPIRED, S.CANCELLED), TIME),
    (S.CONFIRMED, Deed.EXPIRE): Row((S.EXPIRED,), PROVIDER),
    (S.CAPTURED, Deed.REFUND): Row((S.REFUNDED, S.CAPTURED), STEWARDS | PROVIDER | TIME),
    (S.CAPTURED, Deed.DISPUTE): Row((S.DISPUTED,), PROVIDER),
    (S.DISPUTED, Deed.WIN): Row((S.CAPTURED,), PROVIDER),
    (S.DISPUTED, Deed.LOSE): Row((S.REFUNDED,), PROVIDER),
    (S.DISPUTED, Deed.REFUND): Row((S.REFUNDED,), PROVIDER),
}


def step(contribution: Contribution, deed: Deed, actor: Actor, moment: Moment) -> Step | Refused:
    """Return where a deed leads and what it changes, or why not."""
    found = S(contribution["state"])
    one = row(TABLE, found, deed, actor)
    if isinstance(one, Refused):
        return one
    case = _Case(contribution, deed, actor, moment, S(one.to[0]))
    guard = _GUARDS.get(deed)
    if guard is not None and (objection := guard(case)) is not None:
        return refused(found, objection)
    changes = _changes(case)
    return Step(changes["state"], changes)


def possible(contribution: Contribution, actor: Actor, moment: Moment) -> list[Deed]:
    """Return what this actor could do with the contribution at this moment."""
    return [deed for deed in Deed if can_be(step(contribution, deed, actor, moment))]


def settlement(contribution: Contribution, campaign: Campaign) -> Deed | None:
    """Return what time has to do with a pledge as its campaign stands, None if nothing.

    What was promised and not confirmed is let go when the campaign closes. What is confirmed is
    taken when the campaign succeeds, when a round ends well for what came in it, and at once where
    all is kept; it is let go when the campaign fails or is cancelled, and what was taken already is
    given back. What came by hand is taken already, so it is given back too, and counts until then.
    While a campaign is suspended nothing moves.
    """
    state, now = S(contribution["state"]), CampaignState(campaign["state"])
    settled: Deed | None = None
    if now in {CampaignState.FAILED, CampaignState.CANCELLED}:
        by_hand = state is S.CONFIRMED and contribution["provider"] == BY_HAND
        settled = Deed.CAPTURE if by_hand else _UNDONE.get(state)
    elif now in {CampaignState.SUCCEEDED, CampaignState.FULFILLING, CampaignState.FULFILLED}:
        settled = _KEPT.get(state)
    elif now is CampaignState.OPEN and state is S.CONFIRMED:
        ended = contribution["round"] < campaign["round"]
        settled = Deed.CAPTURE if ended or campaign["mode"] == Mode.KEEP_IT_ALL else None
    return None if settled == contribution["asked"] else settled


_UNDONE = {S.PLEDGED: Deed.RELEASE, S.CONFIRMED: Deed.RELEASE, S.CAPTURED: Deed.REFUND}
_KEPT = {S.PLEDGED: Deed.RELEASE, S.CONFIRMED: Deed.CAPTURE}


def _may_confirm(case: _Case) -> Objection | None:
    if not is_running(case.moment.campaign):
        return Objection(Cause.LATE, "The campaign takes no more: it is given back.")
    return None


def _may_cancel(case: _Case) -> Objection | None:
    campaign, deadline = case.moment.campaign, case.moment.campaign["deadline"]
    if not is_running(campaign) or (deadline is not None and case.moment.at >= deadline):
        return Objection(Cause.LATE, "The campaign has ended, which decides what becomes of it.")
    if case.contribution["round"] < campaign["round"]:
        return Objection(Cause.LATE, "Its round has ended, which it helped to decide.")
    if case.contribution["asked"] == Deed.CAPTURE:
        return Objection(Cause.LATE, "The money is being taken; it can be given back then.")
    return None


def _may_expire(case: _Case) -> Objection | None:
    if (
        case.actor is Actor.TIME
        and case.moment.at < case.contribution["created_at"] + case.moment.lasts
    ):
        return Objection(Cause.EARLY, "It can still be confirmed.")
    return None


def _may_settle(case: _Case) -> Objection | None:
    """Let the provider tell what it did, others ask for it once, and time when it is time."""
    if case.actor is Actor.PROVIDER:
        return None
    if case.contribution["asked"] == case.deed:
        return Objection(Cause.TWICE, "The payment provider has been asked for it already.")
    if (
        case.actor is Actor.TIME
        and settlement(case.contribution, case.moment.campaign) != case.deed
    ):
        return Objection(Cause.EARLY, f"The campaign is {case.moment.campaign['state']}.")
    return None


_GUARDS: Mapping[Deed, Callable[[_Case], Objection | None]] = {
    Deed.CONFIRM: _may_confirm,
    Deed.CANCEL: _may_cancel,
    Deed.EXPIRE: _may_expire,
    Deed.CAPTURE: _may_settle,
    Deed.RELEASE: _may_settle,
    Deed.REFUND: _may_settle,
}


def _changes(case: _Case) -> dict[str, Any]:
    state, at = case.to, case.moment.at
    reason = case.moment.reason.strip()
    changes: dict[str, Any] = {"reason": reason} if reason else {}
    if case.actor is Actor.PROVIDER:
        return {**changes, "state": state, **asking(None, at)}
    if case.deed in {Deed.CAPTURE, Deed.REFUND}:
        return {**changes, "state": S(case.contribution["state"]), **asking(case.deed, at)}
    if case.deed is Deed.RELEASE and case.moment.campaign["state"] == CampaignState.CANCELLED:
        state = S.CANCELLED
    return {**changes, "state": state, **letting_go(case.contribution, at)}


def letting_go(contribution: Contribution, at: datetime) -> dict[str, Any]:
    """Return the changes that let a payment go at its provider, as far as it is known there.

    If it is just being confirmed, that goes on: its name there comes with the answer, and what is
    confirmed too late is let go then. Of a transfer that has not come, there is nothing.
    """
    if contribution["provider"] == BY_HAND and contribution["state"] == S.PLEDGED:
        return asking(None, at)
    if contribution["reference"] is not None:
        return asking(Deed.RELEASE, at)
    return {} if contribution["asked"] == Deed.CONFIRM else asking(None, at)


def asking(asked: Deed | None, at: datetime) -> dict[str, Any]:
    """Return the changes that ask a provider for something from this moment on, or for nothing."""
    return {"asked": asked, "due_at": None if asked is None else at, "attempts": 0}
