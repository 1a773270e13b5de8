"""Which matches are wanted, over what both of their sides may know from the beginning."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.db.match_documents import Areas, Match, TimeWindow
from app.regions import Circle
from app.resolvers.inputs import Checks
from app.resolvers.posting_filters import below, below_query, check_reach

SIDES = ("need", "offer")


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """Which matches are wanted; every part that is given must hold.

    Places are those of need and offer as they were blurred when the match was proposed, also once
    it is confirmed: by the exact ones, ever smaller circles would tell where the other lives.

    Attributes:
        space: of this space.
        states: in one of these.
        near: whose need or offer lies within a circle.
        window: with some time in common; one without a time may be at any time.
        category: about a category, or one below it, without regard to case.

    """

    space: str | None = None
    states: Sequence[str] | None = None
    near: Circle | None = None
    window: TimeWindow | None = None
    category: str | None = None

    def matches(self, match: Match) -> bool:
        """Say whether a match is wanted; means the same as `query`."""
        known, time = match["traits"], match["window"]
        return (
            (self.space is None or match["space"] == self.space)
            and (self.states is None or match["state"] in self.states)
            and (self.category is None or below(known["category"], self.category))
            and (self.window is None or time is None or _meet(time, self.window))
            and (self.near is None or _touches(self.near, known["areas"]))
        )

    def query(self) -> list[dict[str, Any]]:
        """Return the filter as MongoDB takes it: all of these must hold."""
        parts: list[dict[str, Any]] = []
        if self.space is not None:
            parts.append({"space": self.space})
        if self.states is not None:
            parts.append({"state": {"$in": list(self.states)}})
        if self.category is not None:
            parts.append({"traits.category": below_query(self.category)})
        if self.window is not None:
            starts, ends = self.window["starts_at"], self.window["ends_at"]
            span = {"window.starts_at": {"$lt": ends}, "window.ends_at": {"$gt": starts}}
            parts.append({"$or": [{"window": None}, span]})
        if self.near is not None:
            fields = [f"traits.areas.{side}" for side in SIDES]
            parts.append({"$or": [one for field in fields for one in self.near.queries(field)]})
        return parts

    def check(self) -> None:
        """Refuse what no match can be.

        Raises:
            InvalidInput: with every problem.

        """
        checks = Checks()
        check_reach(checks, self.near, self.window)
        checks.done()


def _meet(one: TimeWindow, other: TimeWindow) -> bool:
    return one["starts_at"] < other["ends_at"] and one["ends_at"] > other["starts_at"]


def _touches(circle: Circle, areas: Areas) -> bool:
    return any(area is not None and circle.holds(area) for area in (areas["need"], areas["offer"]))
