"""The life of a campaign: which deed leads from which state to which, by whom, and how it closes.

`TABLE` is all of it; what it does not list is refused, and the refusal names the state found.
`_GUARDS` has what a row asks besides. A campaign that is suspended goes back to where it was, and
its deadline has gone on meanwhile: if that has passed, it is due to be closed at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from app.campaigning.goals import minimums
from app.campaigning.steps import Cause, Objection, Refused, Row, Step, can_be, refused, row
from app.campaigning.words import CampaignState as S
from app.campaigning.words import Mode
from app.db.campaign_documents import Campaign

MOST_EXTENSION = timedelta(days=30)
SECOND_ROUND_DAYS = 30  # where the campaign does not say it
ROUNDS = 2


class Deed(StrEnum):
    """What can be done with a campaign."""

    SUBMIT = "SUBMIT"
    APPROVE = "APPROVE"
    RETURN = "RETURN"
    OPEN = "OPEN"
    EXTEND = "EXTEND"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    FULFIL_BEGIN = "FULFIL_BEGIN"
    FULFIL = "FULFIL"


class Actor(StrEnum):
    """Who does it: the owner, somebody of the team, a moderator or operator, or time itself."""

    OWNER = "OWNER"
    TEAM = "TEAM"
    MODERATOR = "MODERATOR"
    TIME = "TIME"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a deed finds besides the campaign.

    Attributes:
        at: when it is done (naive UTC).
        reason: why, as whoever does it says.
        deadline: the one that an extension asks for.
        most_extension: how much later than the present deadline that can be.
        review: whether the space wants a moderator's word before a campaign is opened.

    """

    at: datetime
    reason: str = ""
    deadline: datetime | None = None
    most_extension: timedelta = MOST_EXTENSION
    review: bool = True


@dataclass(frozen=True, slots=True)
class Closing:
    """How a round of a campaign ends.

    Attributes:
        state: SUCCEEDED, FAILED, or OPEN if another round begins.
        outcome: the same, None while another round is to come.
        round: the round that it is in then.
        deadline: the end of that round.
        lacking: the kinds of support whose minimum was not reached.

    """

    state: S
    outcome: S | None
    round: int
    deadline: datetime | None
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """A deed that is looked at: on which campaign, by whom, when, and where it usually leads."""

    campaign: Campaign
    actor: Actor
    moment: Moment
    to: S


OWNER, TIME = frozenset({Actor.OWNER}), frozenset({Actor.TIME})
TEAM, MODERATOR = OWNER | {Actor.TEAM}, frozenset({Actor.MODERATOR})
# What a campaign can be suspended from once its outcome is known.
DECIDED = frozenset({S.SUCCEEDED, S.FULFILLING})

TABLE: Mapping[tuple[S, Deed], Row] = {
    (S.DRAFT, Deed.SUBMIT): Row((S.IN_REVIEW,), TEAM),
    (S.DRAFT, Deed.CANCEL): Row((S.CANCELLED,), TEAM | MODERATOR),
    (S.IN_REVIEW, Deed.APPROVE): Row((S.IN_REVIEW,), MODERATOR),
    (S.IN_REVIEW, Deed.RETURN): Row((S.DRAFT,), TEAM | MODERATOR | TIME),
    (S.IN_REVIEW, Deed.OPEN): Row((S.OPEN,), TEAM | TIME),
    (S.IN_REVIEW, Deed.CANCEL): Row((S.CANCELLED,), TEAM | MODERATOR),
    (S.OPEN, Deed.EXTEND): Row((S.OPEN,), TEAM),
    (S.OPEN, Deed.CLOSE): Row((S.SUCCEEDED, S.FAILED, S.OPEN), OWNER | TIME),
    (S.OPEN, Deed.SUSPEND): Row((S.SUSPENDED,), MODERATOR),
    (S.OPEN, Deed.CANCEL): Row((S.CANCELLED,), TEAM | MODERATOR),
    (S.SUSPENDED, Deed.RESUME): Row((S.OPEN, S.SUCCEEDED, S.FULFILLING), MODERATOR),
    (S.SUSPENDED, Deed.CANCEL): Row((S.CANCELLED,), TEAM | MODERATOR),
    (S.SUCCEEDED, Deed.FULFIL_BEGIN): Row((S.FULFILLING,), TEAM),
    (S.SUCCEEDED, Deed.SUSPEND): Row((S.SUSPENDED,), MODERATOR),
    (S.SUCCEEDED, Deed.CANCEL): Row((S.CANCELLED,), MODERATOR),
    (S.FULFILLING, Deed.FULFIL): Row((S.FULFILLED,), TEAM),
    (S.FULFILLING, Deed.SUSPEND): Row((S.SUSPENDED,), MODERATOR),
    (S.FULFILLING, Deed.CANCEL): Row((S.CANCELLED,), MODERATOR),
}


def step(campaign: Campaign, deed: Deed, actor: Actor, moment: Moment) -> Step | Refused:
    """Return where a deed leads and what it changes, or why not.

    CLOSE reads `progress`: it has to be that of the whole ledger at this moment.
    """
    found = S(campaign["state"])
    one = row(TABLE, found, deed, actor)
    if isinstance(one, Refused):
        return one
    case = _Case(campaign, actor, moment, S(one.to[0]))
    guard = _GUARDS.get(deed)
    if guard is not None and (objection := guard(case)) is not None:
        return refused(found, objection)
    changes = {"state": case.to, **_CHANGES.get(deed, _nothing)(case)}
    changes["due_at"] = due_at(cast("Campaign", {**campaign, **changes}))
    return Step(changes["state"], changes)


def possible(campaign: Campaign, actor: Actor, moment: Moment) -> list[Deed]:
    """Return what this actor could do with the campaign at this moment, if need be with a reason.

    CLOSE is among it as soon as it is due: `progress` is not asked.
    """
    return [deed for deed in Deed if can_be(step(campaign, deed, actor, moment))]


def closing(campaign: Campaign, at: datetime) -> Closing:
    """Return how the present round ends, by what counts in `progress`; it does not ask if it may.

    ALL_OR_NOTHING succeeds if every goal's minimum is reached; KEEP_IT_ALL if anything came in. In
    ROUNDS the first round decides as ALL_OR_NOTHING does, and the second, which then begins at
    this moment, is for the optimum: it succeeds whatever comes.
    """
    needed = minimums(campaign["goals"])
    lacking = tuple(kind for kind, least in needed.items() if counted(campaign, kind) < least)
    mode = Mode(campaign["mode"])
    if mode is Mode.KEEP_IT_ALL:
        succeeds = any(counted(campaign, kind) > 0 for kind in campaign["progress"])
    else:
        succeeds = not lacking or campaign["round"] >= ROUNDS
    if mode is Mode.ROUNDS and succeeds and campaign["round"] < ROUNDS:
        ends = at + timedelta(days=campaign["round_days"] or SECOND_ROUND_DAYS)
        return Closing(S.OPEN, None, campaign["round"] + 1, ends, lacking)
    outcome = S.SUCCEEDED if succeeds else S.FAILED
    return Closing(outcome, outcome, campaign["round"], campaign["deadline"], lacking)


def counted(campaign: Campaign, kind: str) -> int:
    """Return how much of a kind of support counts towards its goal."""
    progress = campaign["progress"].get(kind)
    return 0 if progress is None else progress["counted"]


def takes_support(campaign: Campaign, at: datetime) -> bool:
    """Say whether anybody can support it: it is open, and its deadline has not come."""
    return campaign["state"] == S.OPEN and not _is_past(campaign["deadline"], at)


def is_running(campaign: Campaign) -> bool:
    """Say whether it is opened and not yet closed; suspended or not, with its deadline or past it.

    What was promised in time can still be confirmed then, until the closing decides.
    """
    if campaign["state"] == S.SUSPENDED:
        return campaign["suspended_from"] == S.OPEN
    return campaign["state"] == S.OPEN


def due_at(campaign: Campaign) -> datetime | None:
    """Return when time has something to do with it, None if never: see `due`."""
    deadline, opens_at = campaign["deadline"], campaign["opens_at"]
    if campaign["state"] == S.OPEN:
        return deadline
    if campaign["state"] == S.IN_REVIEW:
        awaited = (deadline, opens_at if campaign["approved_at"] is not None else None)
        return min((at for at in awaited if at is not None), default=None)
    return None


def due(campaign: Campaign, at: datetime) -> Deed | None:
    """Return what time does with it now: CLOSE or OPEN it, or RETURN what can no more be opened."""
    when = due_at(campaign)
    if when is None or at < when:
        return None
    if campaign["state"] == S.OPEN:
        return Deed.CLOSE
    return Deed.RETURN if _is_past(campaign["deadline"], at) else Deed.OPEN


def _is_past(instant: datetime | None, at: datetime) -> bool:
    return instant is not None and at >= instant


def _said(instant: datetime) -> str:
    return f"{instant.isoformat(timespec='seconds')}Z"


def _reason(case: _Case) -> Objection | None:
    if case.moment.reason.strip():
        return None
    return Objection(Cause.VALUE, "Say why: it is shown to those whom it concerns.", "reason")


def _may_approve(case: _Case) -> Objection | None:
    if case.campaign["approved_at"] is not None:
        return Objection(Cause.TWICE, "It is approved already; its team can open it.")
    return None


def _may_return(case: _Case) -> Objection | None:
    if case.actor is Actor.MODERATOR:
        return _reason(case)
    if case.actor is Actor.TIME and not _is_past(case.campaign["deadline"], case.moment.at):
        return Objection(Cause.EARLY, "It can still be opened before its deadline.")
    return None


def _may_open(case: _Case) -> Objection | None:
    campaign, at = case.campaign, case.moment.at
    opens_at, deadline = campaign["opens_at"], campaign["deadline"]
    if campaign["approved_at"] is None:
        return Objection(Cause.LACKING, "A moderator has to approve it first.", "approval")
    if deadline is None and campaign["mode"] != Mode.KEEP_IT_ALL:
        return Objection(Cause.LACKING, f"{campaign['mode']} needs a deadline.", "deadline")
    if _is_past(deadline, at):
        return Objection(Cause.LATE, "Its deadline has passed: take it back and set another one.")
    if opens_at is not None and at < opens_at:
        return Objection(Cause.EARLY, f"It opens at {_said(opens_at)}.")
    if opens_at is None and case.actor is Actor.TIME:
        return Objection(Cause.EARLY, "Its team opens it when it likes.")
    return None


def _may_extend(case: _Case) -> Objection | None:
    deadline, until = case.campaign["deadline"], case.moment.deadline
    if deadline is None:
        return Objection(Cause.LACKING, "It has no deadline to be extended.", "deadline")
    if _is_past(deadline, case.moment.at):
        return Objection(Cause.LATE, f"It ended at {_said(deadline)}.")
    if case.campaign["extended"]:
        return Objection(Cause.TWICE, "It has been extended once, which is all.")
    latest = deadline + case.moment.most_extension
    if until is None or not deadline < until <= latest:
        span = f"later than {_said(deadline)} and not later than {_said(latest)}"
        return Objection(Cause.VALUE, f"The new deadline has to be {span}.", "deadline")
    return None


def _may_close(case: _Case) -> Objection | None:
    deadline = case.campaign["deadline"]
    if case.actor is Actor.TIME:
        ends = "It has no deadline." if deadline is None else f"It ends at {_said(deadline)}."
        return None if _is_past(deadline, case.moment.at) else Objection(Cause.EARLY, ends)
    if deadline is not None or case.campaign["mode"] != Mode.KEEP_IT_ALL:
        sentence = "Its deadline ends it; the owner ends what keeps all and has no deadline."
        return Objection(Cause.ACTOR, sentence, Actor.TIME)
    return None


def _may_cancel(case: _Case) -> Objection | None:
    campaign = case.campaign
    if case.actor in TEAM and campaign["suspended_from"] in DECIDED:
        sentence = "It has succeeded and is suspended: cancelling it is for: MODERATOR."
        return Objection(Cause.ACTOR, sentence, Actor.MODERATOR)
    if case.actor is Actor.MODERATOR or campaign["opened_at"] is not None:
        return _reason(case)
    return None


_GUARDS: Mapping[Deed, Callable[[_Case], Objection | None]] = {
    Deed.APPROVE: _may_approve,
    Deed.RETURN: _may_return,
    Deed.OPEN: _may_open,
    Deed.EXTEND: _may_extend,
    Deed.CLOSE: _may_close,
    Deed.CANCEL: _may_cancel,
    Deed.SUSPEND: _reason,
}


def _nothing(_: _Case) -> dict[str, Any]:
    return {}


def _submit(case: _Case) -> dict[str, Any]:
    return {"reason": None, "approved_at": None if case.moment.review else case.moment.at}


def _approve(case: _Case) -> dict[str, Any]:
    return {"approved_at": case.moment.at}


def _return(case: _Case) -> dict[str, Any]:
    late = "Its deadline passed before it was opened." if case.actor is Actor.TIME else None
    return {"approved_at": None, "reason": late or case.moment.reason.strip() or None}


def _open(case: _Case) -> dict[str, Any]:
    return {"opened_at": case.moment.at, "round": 1}


def _extend(case: _Case) -> dict[str, Any]:
    return {"deadline": case.moment.deadline, "extended": True}


def _close(case: _Case) -> dict[str, Any]:
    """Change what `closing` says; money is to be captured or released in any case."""
    end = closing(case.campaign, case.moment.at)
    changes = {"state": end.state, "outcome": end.outcome, **_to_settle(is_needed=True)}
    if end.outcome is None:
        return {**changes, "round": end.round, "deadline": end.deadline}
    return {**changes, "closed_at": case.moment.at}


def _cancel(case: _Case) -> dict[str, Any]:
    campaign = case.campaign
    return {
        "reason": case.moment.reason.strip() or None,
        "suspended_from": None,
        "closed_at": campaign["closed_at"] or case.moment.at,
        **_to_settle(is_needed=campaign["opened_at"] is not None),
    }


def _suspend(case: _Case) -> dict[str, Any]:
    return {"suspended_from": case.campaign["state"], "reason": case.moment.reason.strip()}


def _resume(case: _Case) -> dict[str, Any]:
    """Go back; what time would have done to what was given meanwhile has to be looked for."""
    campaign, mode = case.campaign, case.campaign["mode"]
    state = S(campaign["suspended_from"] or case.to)
    waits = campaign["closed_at"] is not None or campaign["round"] > 1 or mode == Mode.KEEP_IT_ALL
    changes = {"state": state, "suspended_from": None, "reason": None}
    return {**changes, **(_to_settle(is_needed=True) if waits else {})}


def _to_settle(*, is_needed: bool) -> dict[str, Any]:
    return {"settling": is_needed, "settled_to": None, "untold": False}


_CHANGES: Mapping[Deed, Callable[[_Case], dict[str, Any]]] = {
    Deed.SUBMIT: _submit,
    Deed.APPROVE: _approve,
    Deed.RETURN: _return,
    Deed.OPEN: _open,
    Deed.EXTEND: _extend,
    Deed.CLOSE: _close,
    Deed.CANCEL: _cancel,
    Deed.SUSPEND: _suspend,
    Deed.RESUME: _resume,
}
