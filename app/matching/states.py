"""The life of a match: which deed leads from which state to which, by whom, and what it changes.

`TABLE` is all of it; what it does not list is refused, and the refusal names the state found.
Some rows ask more than the table can say (not twice, not before its time): `_GUARDS` has that.
A match whose two sides agree but whose seat is taken stays ACCEPTED_BY_ONE and waits; when a seat
is held for it, either side takes it by accepting once more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.db.match_documents import Match, MatchingRules
from app.matching.commitment import lacking
from app.matching.terms import Side


class State(StrEnum):
    """Where a match stands."""

    PROPOSED = "PROPOSED"
    ACCEPTED_BY_ONE = "ACCEPTED_BY_ONE"
    CONFIRMED = "CONFIRMED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    REVIEWED = "REVIEWED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"
    DISPUTED = "DISPUTED"
    RESOLVED = "RESOLVED"


class Deed(StrEnum):
    """What can be done with a match."""

    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"
    CANCEL = "CANCEL"
    START = "START"
    COMPLETE = "COMPLETE"
    REPORT_NO_SHOW = "REPORT_NO_SHOW"
    REVIEW = "REVIEW"
    CLOSE_REVIEWS = "CLOSE_REVIEWS"
    DISPUTE = "DISPUTE"
    RESOLVE = "RESOLVE"


class Actor(StrEnum):
    """Who does it: the owner of the need or of the offer, a moderator, or time itself."""

    NEED = "NEED"
    OFFER = "OFFER"
    MODERATOR = "MODERATOR"
    TIME = "TIME"


class Cause(StrEnum):
    """Why a deed is refused."""

    STATE = "STATE"
    ACTOR = "ACTOR"
    TWICE = "TWICE"
    EARLY = "EARLY"
    LATE = "LATE"
    LACKING = "LACKING"
    CLASH = "CLASH"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a deed finds besides the match.

    Attributes:
        at: when it is done (naive UTC).
        rules: those of the space.
        seat_free: whether both postings have a seat left, one held for this match included.
        clash: whether either of the two is confirmed elsewhere at the same time (`clashes`).
        charged_to: what a moderator finds: on whose reliability the end counts, if on anyone's.

    """

    at: datetime
    rules: MatchingRules
    seat_free: bool = True
    clash: bool = False
    charged_to: Side | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The state that a deed leads to, and the fields of the match that it changes with it."""

    state: State
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """That a deed is not possible: why, in the state that was found."""

    cause: Cause
    found: State
    sentence: str


SIDES = frozenset({Actor.NEED, Actor.OFFER})
MODERATOR = frozenset({Actor.MODERATOR})
TIME = frozenset({Actor.TIME})

Row = tuple[State, frozenset[Actor]]
TABLE: dict[tuple[State, Deed], Row] = {
    (State.PROPOSED, Deed.ACCEPT): (State.ACCEPTED_BY_ONE, SIDES),
    (State.PROPOSED, Deed.DECLINE): (State.DECLINED, SIDES),
    (State.PROPOSED, Deed.WITHDRAW): (State.WITHDRAWN, MODERATOR),
    (State.PROPOSED, Deed.EXPIRE): (State.EXPIRED, TIME),
    (State.ACCEPTED_BY_ONE, Deed.ACCEPT): (State.CONFIRMED, SIDES),
    (State.ACCEPTED_BY_ONE, Deed.DECLINE): (State.DECLINED, SIDES),
    (State.ACCEPTED_BY_ONE, Deed.WITHDRAW): (State.WITHDRAWN, SIDES | MODERATOR),
    (State.ACCEPTED_BY_ONE, Deed.EXPIRE): (State.EXPIRED, TIME),
    (State.CONFIRMED, Deed.START): (State.IN_PROGRESS, SIDES),
    (State.CONFIRMED, Deed.CANCEL): (State.CANCELLED, SIDES | MODERATOR),
    (State.CONFIRMED, Deed.REPORT_NO_SHOW): (State.NO_SHOW, SIDES),
    (State.IN_PROGRESS, Deed.COMPLETE): (State.COMPLETED, SIDES),
    (State.IN_PROGRESS, Deed.REPORT_NO_SHOW): (State.NO_SHOW, SIDES),
    (State.IN_PROGRESS, Deed.DISPUTE): (State.DISPUTED, SIDES),
    (State.COMPLETED, Deed.REVIEW): (State.REVIEWED, SIDES),
    (State.COMPLETED, Deed.CLOSE_REVIEWS): (State.REVIEWED, TIME),
    (State.COMPLETED, Deed.DISPUTE): (State.DISPUTED, SIDES),
    (State.CANCELLED, Deed.DISPUTE): (State.DISPUTED, SIDES),
    (State.NO_SHOW, Deed.DISPUTE): (State.DISPUTED, SIDES),
    (State.DISPUTED, Deed.RESOLVE): (State.RESOLVED, MODERATOR),
    (State.RESOLVED, Deed.REVIEW): (State.RESOLVED, SIDES),
    (State.RESOLVED, Deed.CLOSE_REVIEWS): (State.RESOLVED, TIME),
}
# How long before its beginning a match can be started: whoever comes is there a little earlier.
START_AHEAD = timedelta(hours=1)


def opening(proposer: Side | None) -> tuple[State, list[Side]]:
    """Return how a match begins, and who has accepted it: whoever proposes has accepted.

    None: the space proposes, so both are still to be asked.
    """
    return (State.PROPOSED, []) if proposer is None else (State.ACCEPTED_BY_ONE, [proposer])


def step(match: Match, deed: Deed, actor: Actor, moment: Moment) -> Step | Refused:
    """Return where a deed leads and what it changes, or why not."""
    found = State(match["state"])
    row = TABLE.get((found, deed))
    if row is None:
        return Refused(Cause.STATE, found, f"{_verb(deed)} is not possible: it is {found}.")
    state, actors = row
    if actor not in actors:
        who = ", ".join(sorted(actors))
        return Refused(Cause.ACTOR, found, f"{_verb(deed)} in {found} is for: {who}.")
    guarded = _GUARDS.get(deed)
    if guarded is not None and (objection := guarded(match, actor, moment)) is not None:
        cause, sentence = objection
        return Refused(cause, found, sentence)
    return _CHANGES.get(deed, _plain)(match, actor, moment, state)


def possible(match: Match, actor: Actor, moment: Moment) -> list[Deed]:
    """Return what this actor could do with the match at this moment."""
    return [deed for deed in Deed if isinstance(step(match, deed, actor, moment), Step)]


def is_late(match: Match, at: datetime, rules: MatchingRules) -> bool:
    """Say whether cancelling at this moment is late: at the space's limit or after it."""
    window = match["window"]
    if window is None:
        return False
    return at >= window["starts_at"] - timedelta(hours=rules["cancel_limit_hours"])


def reviews_end(match: Match, moment: Moment) -> datetime:
    """Return when reviews of a completed match can be written no more.

    While it was disputed they could not be written, so that time does not count.
    """
    ends = (match["ended_at"] or moment.at) + timedelta(days=moment.rules["review_days"])
    dispute: Mapping[str, Any] = match.get("dispute") or {}
    disputed_at, resolved_at = dispute.get("at"), dispute.get("resolved_at")
    return ends + (resolved_at - disputed_at) if disputed_at and resolved_at else ends


def clashes(match: Match, other: Match, person: str) -> bool:
    """Say whether a person would be in two places: both confirmed, at the same time.

    Matches of one and the same posting of that person do not clash: its capacity counts them.
    """
    if State(other["state"]) not in {State.CONFIRMED, State.IN_PROGRESS}:
        return False
    if _posting_of(match, person) == _posting_of(other, person) or match["_id"] == other["_id"]:
        return False
    one, two = match["window"], other["window"]
    if one is None or two is None:
        return False
    return one["starts_at"] < two["ends_at"] and two["starts_at"] < one["ends_at"]


def _posting_of(match: Match, person: str) -> str | None:
    return {match["need_owner"]: match["need"], match["offer_owner"]: match["offer"]}.get(person)


def _verb(deed: Deed) -> str:
    return deed.replace("_", " ").capitalize()


Objection = tuple[Cause, str] | None


def _may_accept(match: Match, actor: Actor, moment: Moment) -> Objection:
    objection = _may_answer(match, actor, moment)
    if objection is not None or State(match["state"]) is State.PROPOSED:
        return objection
    if missing := lacking(match):
        return Cause.LACKING, " ".join(item.sentence for item in missing)
    if moment.clash:
        return Cause.CLASH, "One of the two is confirmed elsewhere at the same time."
    return None


def _may_answer(match: Match, actor: Actor, moment: Moment) -> Objection:
    waits, held_until = match["waiting_since"] is not None, match["held_until"]
    if waits and held_until is None:
        return Cause.TWICE, "Both have accepted; it waits for a seat."
    if not waits and actor in match["accepted_by"]:
        return Cause.TWICE, "This side has accepted already; the other has not."
    until = held_until if waits else match["answer_by"]
    if until is not None and moment.at >= until:
        return Cause.LATE, f"The time for it was over at {until.isoformat(timespec='seconds')}Z."
    return None


def _may_decline(match: Match, actor: Actor, moment: Moment) -> Objection:
    if actor in match["accepted_by"]:
        return Cause.TWICE, "This side has accepted already; it can withdraw."
    return None


def _may_withdraw(match: Match, actor: Actor, moment: Moment) -> Objection:
    if actor in SIDES and actor not in match["accepted_by"]:
        return Cause.ACTOR, "Only a side that has accepted can withdraw; this one can decline."
    return None


def _may_expire(match: Match, actor: Actor, moment: Moment) -> Objection:
    """Let a hold, the time to answer, or what it is all about be over."""
    window = match["window"]
    waits = match["waiting_since"] is not None
    ends = (
        match["held_until"] if waits else match["answer_by"],
        None if window is None else window["starts_at"],
    )
    if any(end is not None and moment.at >= end for end in ends):
        return None
    return Cause.EARLY, "It can still be answered."


def _may_start(match: Match, actor: Actor, moment: Moment) -> Objection:
    window = match["window"]
    if window is not None and moment.at < window["starts_at"] - START_AHEAD:
        return Cause.EARLY, "It begins later: it can be started an hour before, at the earliest."
    return None


def _may_complete(match: Match, actor: Actor, moment: Moment) -> Objection:
    window = match["window"]
    if window is not None and moment.at < window["starts_at"]:
        return Cause.EARLY, "It has not begun yet: nothing of it can be done."
    return None


def _may_report(match: Match, actor: Actor, moment: Moment) -> Objection:
    window = match["window"]
    if window is not None and moment.at < window["starts_at"]:
        return Cause.EARLY, "It has not begun yet: nobody can have missed it."
    return None


def _was_completed(match: Match) -> Objection:
    """Let only what was completed be reviewed, though it was disputed afterwards."""
    if match["state"] == State.RESOLVED and match["disputed_from"] != State.COMPLETED:
        return Cause.STATE, f"It was not completed: it is {State.RESOLVED}."
    return None


def _may_review(match: Match, actor: Actor, moment: Moment) -> Objection:
    if (objection := _was_completed(match)) is not None:
        return objection
    if actor in match["reviewed_by"]:
        return Cause.TWICE, "This side has written its review, which cannot be changed."
    if moment.at >= reviews_end(match, moment):
        return Cause.LATE, "The time for reviews is over."
    return None


def _may_close_reviews(match: Match, actor: Actor, moment: Moment) -> Objection:
    if (objection := _was_completed(match)) is not None:
        return objection
    if moment.at < reviews_end(match, moment):
        return Cause.EARLY, "Reviews can still be written."
    if not match["reviewed_by"]:
        return Cause.LACKING, "Nobody has written a review."
    return None


_GUARDS: dict[Deed, Callable[[Match, Actor, Moment], Objection]] = {
    Deed.ACCEPT: _may_accept,
    Deed.DECLINE: _may_decline,
    Deed.WITHDRAW: _may_withdraw,
    Deed.EXPIRE: _may_expire,
    Deed.START: _may_start,
    Deed.COMPLETE: _may_complete,
    Deed.REPORT_NO_SHOW: _may_report,
    Deed.REVIEW: _may_review,
    Deed.CLOSE_REVIEWS: _may_close_reviews,
}


def _plain(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    return Step(state, {"state": state})


def _accept(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    accepted_by = sorted({*match["accepted_by"], actor.value})
    changes = {"state": state, "accepted_by": accepted_by}
    if state is State.ACCEPTED_BY_ONE:
        return Step(state, changes)
    if moment.seat_free:
        settled = {"confirmed_at": moment.at, "waiting_since": None, "held_until": None}
        return Step(state, changes | settled)
    stays, since = State.ACCEPTED_BY_ONE, match["waiting_since"] or moment.at
    return Step(stays, changes | {"state": stays, "waiting_since": since, "held_until": None})


def _end(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    by = actor.value if actor in SIDES else None
    ended = {"state": state, "ended_by": by, "ended_at": moment.at}
    return Step(state, ended | {"waiting_since": None, "held_until": None})


def _cancel(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    late = actor in SIDES and is_late(match, moment.at, moment.rules)
    changes = _end(match, actor, moment, state).changes
    return Step(state, {**changes, "charged_to": actor.value if late else None})


def _report_no_show(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    absent = Side(actor).other.value
    changes = {"state": state, "ended_at": moment.at, "absent": absent, "charged_to": absent}
    return Step(state, changes)


def _complete(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    return Step(state, {"state": state, "ended_at": moment.at})


def _review(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    reviewed_by = sorted({*match["reviewed_by"], actor.value})
    reached = state if len(reviewed_by) == len(Side) else State(match["state"])
    return Step(reached, {"state": reached, "reviewed_by": reviewed_by})


def _dispute(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    return Step(state, {"state": state, "disputed_from": match["state"]})


def _resolve(match: Match, actor: Actor, moment: Moment, state: State) -> Step:
    charged_to = None if moment.charged_to is None else moment.charged_to.value
    ended_at = match["ended_at"] or moment.at
    return Step(state, {"state": state, "charged_to": charged_to, "ended_at": ended_at})


_CHANGES: dict[Deed, Callable[[Match, Actor, Moment, State], Step]] = {
    Deed.ACCEPT: _accept,
    Deed.DECLINE: _end,
    Deed.WITHDRAW: _end,
    Deed.EXPIRE: _end,
    Deed.CANCEL: _cancel,
    Deed.COMPLETE: _complete,
    Deed.REPORT_NO_SHOW: _report_no_show,
    Deed.REVIEW: _review,
    Deed.DISPUTE: _dispute,
    Deed.RESOLVE: _resolve,
}
