"""The goals of a campaign: how much of each kind of support is sought, and what is wrong with them.

Progress is by kind. A campaign may seek several skills, goods or spaces; together they are one sum
of pieces, and its team sees to it that what they accept is what was sought.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.campaigning.words import Mode, Support
from app.db.campaign_documents import Goal
from app.failures import Problem

MOST_GOALS = 10
MOST = 10**12
LONGEST_WHAT = 200
# Of these there is one goal at most; of the others several, for different things.
ONCE = frozenset({Support.MONEY, Support.TIME, Support.SIGNATURE})


def minimums(goals: Sequence[Goal]) -> dict[str, int]:
    """Return how much is needed of each kind, in the order of the goals."""
    return _sums(goals, [goal["minimum"] for goal in goals])


def optimums(goals: Sequence[Goal]) -> dict[str, int]:
    """Return how much would be best of each kind: the minimum where nothing else is said."""
    return _sums(goals, [goal["optimum"] or goal["minimum"] for goal in goals])


def least_share(goals: Sequence[Goal], counted: Mapping[str, int]) -> float:
    """Return how much of its minimum has come in, of the kind that is furthest behind.

    This is a campaign's `share`: 0.0 is nothing, 1.0 all that is needed; it can be more.
    """
    shares = [max(counted.get(kind, 0), 0) / least for kind, least in minimums(goals).items()]
    return min(shares, default=0.0)


def are_met(goals: Sequence[Goal], counted: Mapping[str, int]) -> bool:
    """Say whether the minimum of every kind has come in."""
    return all(counted.get(kind, 0) >= least for kind, least in minimums(goals).items())


def _sums(goals: Sequence[Goal], amounts: Sequence[int]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for goal, amount in zip(goals, amounts, strict=True):
        sums[goal["kind"]] = sums.get(goal["kind"], 0) + amount
    return sums


def problems(
    goals: Sequence[Goal], mode: str, is_currency: Callable[[str], bool]
) -> Iterator[Problem]:
    """Yield all that is wrong with the goals of a campaign, each with how to mend it.

    Args:
        goals: as they would be.
        mode: how the campaign is funded.
        is_currency: says whether a text is a code of ISO 4217.

    """
    if not 1 <= len(goals) <= MOST_GOALS:
        yield Problem("goals", f"Give 1 to {MOST_GOALS} goals, not {len(goals)}.")
    for n, goal in enumerate(goals[:MOST_GOALS]):
        found = [*_words(goal, is_currency), *_twice(goal, goals[:n]), *_amounts(goal)]
        yield from (Problem(f"goals.{n}.{field}", message) for field, message in found)
    if mode == Mode.ROUNDS:
        yield from _rounds(goals)


Found = Iterator[tuple[str, str]]


def _words(goal: Goal, is_currency: Callable[[str], bool]) -> Found:
    if goal["kind"] not in set(Support):
        yield "kind", f"Give one of {', '.join(Support)}."
    least = 0 if goal["kind"] in ONCE else 1
    if not least <= len(goal["what"].strip()) <= LONGEST_WHAT:
        yield "what", f"Say in {least} to {LONGEST_WHAT} characters what is sought."
    if goal["kind"] != Support.MONEY:
        if goal["currency"] is not None:
            yield "currency", "Leave it out: only money has a currency."
    elif goal["currency"] is None or not is_currency(goal["currency"]):
        yield "currency", "Give a currency by its code of ISO 4217, such as `EUR`."


def _twice(goal: Goal, before: Sequence[Goal]) -> Found:
    alike = [other for other in before if other["kind"] == goal["kind"]]
    if alike and goal["kind"] in ONCE:
        yield "kind", f"Give one goal of {goal['kind']}, not several."
    elif _name(goal) in map(_name, alike):
        yield "what", "There is a goal for this already. Give one, for as much as is needed."


def _name(goal: Goal) -> str:
    return " ".join(goal["what"].split()).casefold()


def _amounts(goal: Goal) -> Found:
    if not 1 <= goal["minimum"] <= MOST:
        yield "minimum", f"Give a whole number from 1 to {MOST}."
    optimum = goal["optimum"]
    if optimum is not None and not goal["minimum"] <= optimum <= MOST:
        yield "optimum", f"Give a whole number from the minimum to {MOST}, or leave it out."


def _rounds(goals: Sequence[Goal]) -> Iterator[Problem]:
    """Yield what rounds lack: the second one has to be for more than the first."""
    money = [n for n, goal in enumerate(goals) if goal["kind"] == Support.MONEY]
    sought = money or range(len(goals))
    if not any((goals[n]["optimum"] or 0) > goals[n]["minimum"] for n in sought):
        path = f"goals.{money[0]}.optimum" if money else "goals"
        yield Problem(path, "Rounds need an optimum above the minimum, for the second round.")
