"""The waiting list of an offer or need: whose turn it is when a seat is free, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db.match_documents import Match, MatchingRules


@dataclass(frozen=True, slots=True)
class Hold:
    """A seat kept for a match until an instant."""

    match: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done with a waiting list.

    Attributes:
        held: the seats that are newly held, first come first served.
        lapsed: the matches whose hold or whose time is over: they expire.

    """

    held: tuple[Hold, ...]
    lapsed: tuple[str, ...]


def turn(
    capacity: int, confirmed: int, queue: Sequence[Match], at: datetime, rules: MatchingRules
) -> Turn:
    """Return whose turn it is; doing it and asking again at the same instant changes nothing.

    A hold ends when what it is held for begins, at the latest. Confirmed matches and running holds
    together never pass the capacity by this.

    Args:
        capacity: the seats of the posting.
        confirmed: how many of them are taken by confirmed matches.
        queue: the matches that wait (`waiting_since` is set), with and without a hold.
        at: the instant.
        rules: those of the space.

    """
    lapsed = tuple(sorted(match["_id"] for match in queue if _is_over(match, at)))
    alive = [match for match in queue if not _is_over(match, at)]
    running = sum(match["held_until"] is not None for match in alive)
    free = max(capacity - confirmed - running, 0)
    next_ones = sorted((match for match in alive if match["held_until"] is None), key=_turn_of)
    held = tuple(Hold(match["_id"], _until(match, at, rules)) for match in next_ones[:free])
    return Turn(held, lapsed)


def place_in_line(match: Match, queue: Sequence[Match]) -> int:
    """Return how many are served before this match, from 0; those with a hold have been."""
    waiting = [other for other in queue if other["held_until"] is None]
    return sum(_turn_of(other) < _turn_of(match) for other in waiting)


def _turn_of(match: Match) -> tuple[datetime, str]:
    return match["waiting_since"] or match["created_at"], match["_id"]


def _is_over(match: Match, at: datetime) -> bool:
    window, held_until = match["window"], match["held_until"]
    return (held_until is not None and held_until <= at) or (
        window is not None and window["starts_at"] <= at
    )


def _until(match: Match, at: datetime, rules: MatchingRules) -> datetime:
    until = at + timedelta(minutes=rules["hold_minutes"])
    window = match["window"]
    return until if window is None else min(until, window["starts_at"])
