"""Where a thread goes when nobody answers it: the next expert, the wider group, the operator.

A step is taken at the instant it is given, and the next wait begins there, not when the step was
due: an expert who was asked late has had no time to answer, whoever was late in asking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.broking.states import NEXT, Deed, State
from app.broking.words import Lack, Tier, conflict
from app.db.thread_documents import BrokingRules, Route, RoutingTimes, Thread

# Of those whose turn came, so many are remembered; and so many can be invited at once.
MOST_ASKED, MOST_INVITED = 100, 20


class Rung(StrEnum):
    """Whom a thread goes to, in this order."""

    EXPERT = "EXPERT"
    GROUP = "GROUP"
    OPERATOR = "OPERATOR"


@dataclass(frozen=True, slots=True)
class Step:
    """That a thread goes on.

    Attributes:
        rung: to whom: one more expert, all experts, or the operator.
        expert: identifier of the expert, for EXPERT alone.
        at: when it goes.
        was_due_at: when it should have gone.
        state: how the thread stands then.
        route: the thread's route then, with when it goes on from there.
        reasons: sentences that say why.

    """

    rung: Rung
    expert: str | None
    at: datetime
    was_due_at: datetime
    state: State
    route: Route
    reasons: list[str]


def fresh_route(at: datetime, rules: BrokingRules) -> Route:
    """Return the route of a thread that was asked or reopened at an instant."""
    due = at + _span(rules["routing"]["first_seconds"])
    return Route(rung=None, since=at, asked=[], declined=False, due_at=due)


def declined(route: Route, person: str, at: datetime) -> Route:
    """Return the route after an expert said no: it goes on at once if it was their turn."""
    if route["rung"] != Rung.EXPERT or route["declined"] or route["asked"][-1:] != [person]:
        return route
    return {**route, "declined": True, "due_at": at}


def invited(route: Route, person: str, rules: BrokingRules, at: datetime) -> Route:
    """Return the route of a thread that waits, once an expert is invited: it is their turn."""
    due = at + _span(rules["routing"]["expert_seconds"])
    asked = [*(one for one in route["asked"] if one != person), person][-MOST_ASKED:]
    return Route(rung=Rung.EXPERT, since=at, asked=asked, declined=False, due_at=due)


def not_invitable(thread: Thread, person: str, *, is_expert: bool) -> Lack | None:
    """Return why somebody cannot be invited to a thread, None if they can.

    `is_expert` says whether they belong to the experts of the thread's space.
    """
    if person == thread["asker"]:
        return conflict("Whoever asks cannot be the expert too.")
    if not is_expert:
        return conflict("Only experts of the space can be invited.")
    others = [one for one in thread["invited"] if one != person]
    if len(others) >= MOST_INVITED:
        return conflict(f"{MOST_INVITED} experts are invited: somebody must decline first.")
    if thread["visibility"] == Tier.PAIR and others:
        return conflict("It is for two people: the expert invited must decline first.")
    return None


def due_at(thread: Thread, rules: BrokingRules) -> datetime | None:
    """Return when a thread goes on if nobody answers, None if it does not.

    Only what waits for an answer goes on: OPEN, ROUTED and REOPENED, and not after the operator.
    The route's own `due_at`, by which due threads are found, is set to this after every deed, and
    when a thread that was found turns out not to be due, for the space's times may have changed.
    """
    route = thread["route"]
    if (State(thread["state"]), Deed.ESCALATE) not in NEXT or route["rung"] == Rung.OPERATOR:
        return None
    if route["declined"]:
        return route["due_at"]
    return route["since"] + _wait(route["rung"], rules["routing"])


def next_step(
    thread: Thread, suggested: Sequence[str], rules: BrokingRules, at: datetime
) -> Step | None:
    """Return the step that is due at an instant, None if none is.

    Args:
        thread: as it stands.
        suggested: experts in the order of `experts.suggest`; whose turn it was is passed over.
        rules: the space's.
        at: how far time has come.

    """
    due = due_at(thread, rules)
    if due is None or due > at:
        return None
    route = thread["route"]
    passed = {thread["asker"], *route["asked"]}
    expert = next((person for person in suggested if person not in passed), None)
    rung, why = _next_rung(thread, rules["routing"], expert)
    reached = Route(
        rung=rung,
        since=at,
        asked=[*route["asked"], expert] if rung is Rung.EXPERT and expert else route["asked"],
        declined=False,
        due_at=None if rung is Rung.OPERATOR else at + _wait(rung, rules["routing"]),
    )
    deed = Deed.ESCALATE if rung is Rung.OPERATOR else Deed.ROUTE
    return Step(
        rung=rung,
        expert=expert if rung is Rung.EXPERT else None,
        at=at,
        was_due_at=due,
        state=NEXT[State(thread["state"]), deed],
        route=reached,
        reasons=[_waited(thread, due), why],
    )


def _next_rung(thread: Thread, times: RoutingTimes, expert: str | None) -> tuple[Rung, str]:
    """Return the next rung and why it is this one."""
    asked, most = len(thread["route"]["asked"]), times["most_experts"]
    if thread["visibility"] == Tier.PAIR:
        return Rung.OPERATOR, "It is for two people: nobody else is asked, the operator mends it."
    if thread["route"]["rung"] == Rung.GROUP:
        return Rung.OPERATOR, "All experts could see it: it goes to the operator."
    if asked >= most:
        return Rung.GROUP, f"{asked} of at most {most} experts were asked: it goes to all of them."
    if expert is None:
        return Rung.GROUP, "No other expert suits it: it goes to all of them."
    return Rung.EXPERT, f"It goes to expert {asked + 1} of at most {most}."


def _waited(thread: Thread, due: datetime) -> str:
    if thread["route"]["declined"]:
        return "The expert whose turn it was said no."
    since = thread["route"]["since"]
    return f"Nobody answered within {due - since}, since {_at(since)}."


def _wait(rung: str | None, times: RoutingTimes) -> timedelta:
    match rung:
        case None:
            return _span(times["first_seconds"])
        case Rung.EXPERT:
            return _span(times["expert_seconds"])
        case _:
            return _span(times["group_seconds"])


def _span(seconds: float) -> timedelta:
    return timedelta(milliseconds=round(seconds * 1000))


def _at(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds") + "Z"
