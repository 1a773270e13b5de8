"""What postings are found by: their traits, and filters over what everybody may see of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.db.documents import Place
from app.db.match_documents import Posting, TimeWindow, Traits
from app.matching.traits import category_key, word_key
from app.places import blurred
from app.regions import Box, Circle
from app.resolvers.inputs import Checks

MOST_WORDS = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Whose postings there are to be found: those of one person, and not those of others."""

    owner: str | None = None
    besides: frozenset[str] = frozenset()


def traits(category: str, skills: Sequence[str], place: Place | None, grid_metres: float) -> Traits:
    """Return what a posting is found by."""
    return Traits(
        area=None if place is None else blurred(place, grid_metres),
        category=category_key(category),
        skills=sorted({word_key(skill) for skill in skills}),
    )


@dataclass(frozen=True, slots=True)
class PostingFilter:
    """Which postings of a space are wanted; every part that is given must hold.

    Places are the blurred ones: by an exact place, anybody could find out with ever smaller circles
    where somebody lives. A posting without a place is in no circle and no box; one without windows
    has time at any time.

    Attributes:
        space: the space.
        near: within a circle.
        within: within a box.
        window: with some time in common.
        category: a category, and all below it, without regard to case.
        kinds: one of these.
        statuses: one of these.
        skills: all of these, without regard to case.

    """

    space: str
    near: Circle | None = None
    within: Box | None = None
    window: TimeWindow | None = None
    category: str | None = None
    kinds: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    skills: Sequence[str] = ()

    def matches(self, posting: Posting, found: Found) -> bool:
        """Say whether a posting is wanted; means the same as `query`."""
        known, area = posting["traits"], posting["traits"]["area"]
        return (
            posting["space"] == self.space
            and posting["owner"] not in found.besides
            and (found.owner is None or posting["owner"] == found.owner)
            and (self.kinds is None or posting["kind"] in self.kinds)
            and (self.statuses is None or posting["status"] in self.statuses)
            and (self.category is None or below(known["category"], self.category))
            and {word_key(skill) for skill in self.skills} <= set(known["skills"])
            and (self.window is None or _has_time(posting["windows"], self.window))
            and (self.near is None or (area is not None and self.near.holds(area)))
            and (self.within is None or (area is not None and self.within.holds(area)))
        )

    def query(self, found: Found) -> dict[str, Any]:
        """Return the filter as MongoDB takes it."""
        parts: list[dict[str, Any]] = [{"space": self.space}]
        if found.owner is not None:
            parts.append({"owner": found.owner})
        if found.besides:
            parts.append({"owner": {"$nin": sorted(found.besides)}})
        if self.kinds is not None:
            parts.append({"kind": {"$in": list(self.kinds)}})
        if self.statuses is not None:
            parts.append({"status": {"$in": list(self.statuses)}})
        if self.category is not None:
            parts.append({"traits.category": below_query(self.category)})
        if self.skills:
            parts.append({"traits.skills": {"$all": sorted({word_key(s) for s in self.skills})}})
        if self.window is not None:
            parts.append(_timely(self.window))
        if self.near is not None:
            parts += self.near.queries("traits.area")
        if self.within is not None:
            parts += self.within.queries("traits.area", led=self.near is not None)
        return {"$and": parts}

    def check(self) -> None:
        """Refuse what no posting can match.

        Raises:
            InvalidInput: with every problem.

        """
        checks = Checks()
        check_reach(checks, self.near, self.window)
        if self.within is not None:
            checks.problems += self.within.problems("filter.withinBox")
        if len(self.skills) > MOST_WORDS:
            checks.add("filter.skills", f"Give at most {MOST_WORDS}, not {len(self.skills)}.")
        checks.done()


def check_reach(checks: Checks, near: Circle | None, window: TimeWindow | None) -> None:
    """Note what is wrong with a circle and a span of time that are looked for."""
    if near is not None:
        checks.problems += near.problems("filter.near")
    if window is not None and window["ends_at"] <= window["starts_at"]:
        checks.add("filter.window.endsAt", "Give an instant after `startsAt`.")


def below(key: str, category: str) -> bool:
    """Say whether the key of a category is that of this one, or of one below it."""
    return key.startswith(category_key(category))


def below_query(category: str) -> dict[str, str]:
    """Return the span of the keys of a category and of all below it."""
    key = category_key(category)  # it ends with a slash
    return {"$gte": key, "$lt": key[:-1] + chr(ord("/") + 1)}


def _has_time(windows: Sequence[TimeWindow], wanted: TimeWindow) -> bool:
    return not windows or any(
        window["starts_at"] < wanted["ends_at"] and window["ends_at"] > wanted["starts_at"]
        for window in windows
    )


def _timely(wanted: TimeWindow) -> dict[str, Any]:
    span = {"starts_at": {"$lt": wanted["ends_at"]}, "ends_at": {"$gt": wanted["starts_at"]}}
    return {"$or": [{"windows": []}, {"windows": {"$elemMatch": span}}]}
