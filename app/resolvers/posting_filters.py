"""What postings are found by: their traits, and filters over what everybody may see of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.db.documents import Place
from app.db.match_documents import Posting, TimeWindow, Traits
from app.matching.places import EARTH_RADIUS_METRES, blurred, metres_between, point
from app.resolvers.inputs import Checks

FARTHEST_METRES = 20_000_000
MOST_WORDS = 20
# A circle around a box is drawn this much wider: it only leads the database to what is near.
WIDER = 1.000_001


@dataclass(frozen=True, slots=True)
class Circle:
    """What lies within so many metres of a point."""

    middle: Place
    radius_metres: float


@dataclass(frozen=True, slots=True)
class Box:
    """What lies between two meridians and two parallels, in degrees; from west eastwards to east.

    Where west is greater than east, it crosses the date line.
    """

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Found:
    """Whose postings there are to be found: those of one person, and not those of others."""

    owner: str | None = None
    besides: frozenset[str] = frozenset()


def traits(category: str, skills: Sequence[str], place: Place | None, grid_metres: float) -> Traits:
    """Return what a posting is found by."""
    return Traits(
        area=None if place is None else blurred(place, grid_metres),
        category=_key(category),
        skills=sorted({_word(skill) for skill in skills}),
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
        known = posting["traits"]
        return (
            posting["space"] == self.space
            and posting["owner"] not in found.besides
            and (found.owner is None or posting["owner"] == found.owner)
            and (self.kinds is None or posting["kind"] in self.kinds)
            and (self.statuses is None or posting["status"] in self.statuses)
            and (self.category is None or known["category"].startswith(_key(self.category)))
            and {_word(skill) for skill in self.skills} <= set(known["skills"])
            and (self.window is None or _has_time(posting["windows"], self.window))
            and (self.near is None or _in_circle(known["area"], self.near))
            and (self.within is None or _in_box(known["area"], self.within))
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
            parts.append({"traits.category": _beginning(_key(self.category))})
        if self.skills:
            parts.append({"traits.skills": {"$all": sorted({_word(s) for s in self.skills})}})
        if self.window is not None:
            parts.append(_timely(self.window))
        if self.near is not None:
            parts.append(_circle(self.near))
        if self.within is not None:
            parts += _box(self.within, circled=self.near is None)
        return {"$and": parts}

    def check(self) -> None:
        """Refuse what no posting can match.

        Raises:
            InvalidInput: with every problem.

        """
        checks = Checks()
        if self.near is not None:
            checks.place("filter.near.point", self.near.middle)
            if not 0 < self.near.radius_metres <= FARTHEST_METRES:
                checks.add("filter.near.radiusM", f"Give metres above 0, up to {FARTHEST_METRES}.")
        if self.within is not None:
            _check_box(checks, self.within)
        if self.window is not None and self.window["ends_at"] <= self.window["starts_at"]:
            checks.add("filter.window.endsAt", "Give an instant after `startsAt`.")
        if len(self.skills) > MOST_WORDS:
            checks.add("filter.skills", f"Give at most {MOST_WORDS}, not {len(self.skills)}.")
        checks.done()


def _check_box(checks: Checks, box: Box) -> None:
    for name, degrees in (("west", box.west), ("east", box.east)):
        if not -180 <= degrees <= 180:  # noqa: PLR2004 - said below
            checks.add(f"filter.withinBox.{name}", "Give degrees from -180 to 180.")
    for name, degrees in (("south", box.south), ("north", box.north)):
        if not -90 <= degrees <= 90:  # noqa: PLR2004 - said below
            checks.add(f"filter.withinBox.{name}", "Give degrees from -90 to 90.")
    if box.south > box.north:
        checks.add("filter.withinBox.north", "Give a parallel north of `south`.")


def _word(text: str) -> str:
    return text.strip().casefold()


def _key(category: str) -> str:
    return "".join(f"{_word(word)}/" for word in category.split("/"))


def _beginning(key: str) -> dict[str, str]:
    """Return the span of texts that begin with a key, which ends with a slash."""
    return {"$gte": key, "$lt": key[:-1] + chr(ord("/") + 1)}


def _has_time(windows: Sequence[TimeWindow], wanted: TimeWindow) -> bool:
    return not windows or any(
        window["starts_at"] < wanted["ends_at"] and window["ends_at"] > wanted["starts_at"]
        for window in windows
    )


def _timely(wanted: TimeWindow) -> dict[str, Any]:
    span = {"starts_at": {"$lt": wanted["ends_at"]}, "ends_at": {"$gt": wanted["starts_at"]}}
    return {"$or": [{"windows": []}, {"windows": {"$elemMatch": span}}]}


def _in_circle(area: Place | None, circle: Circle) -> bool:
    if area is None:
        return False
    return metres_between(point(area), point(circle.middle)) <= circle.radius_metres


def _circle(circle: Circle) -> dict[str, Any]:
    radians = circle.radius_metres / EARTH_RADIUS_METRES
    middle = circle.middle["coordinates"]
    return {"traits.area": {"$geoWithin": {"$centerSphere": [middle, radians]}}}


def _in_box(area: Place | None, box: Box) -> bool:
    if area is None:
        return False
    longitude, latitude = area["coordinates"]
    if not box.south <= latitude <= box.north:
        return False
    if box.west <= box.east:
        return box.west <= longitude <= box.east
    return longitude >= box.west or longitude <= box.east


def _box(box: Box, *, circled: bool) -> list[dict[str, Any]]:
    """Return a box as bounds of coordinates, and a circle around it, which an index serves.

    A polygon of GeoJSON would not do: its sides are the shortest ways, not parallels.
    """
    longitude, latitude = "traits.area.coordinates.0", "traits.area.coordinates.1"
    parts: list[dict[str, Any]] = [{latitude: {"$gte": box.south, "$lte": box.north}}]
    if box.west <= box.east:
        parts.append({longitude: {"$gte": box.west, "$lte": box.east}})
    else:
        parts.append({"$or": [{longitude: {"$gte": box.west}}, {longitude: {"$lte": box.east}}]})
    around = _around(box)
    if circled and around.radius_metres <= FARTHEST_METRES:
        parts.append(_circle(around))
    return parts


def _around(box: Box) -> Circle:
    """Return the circle from the middle of a box to the farthest of its corners."""
    width = (box.east - box.west) % 360 or 360 * (box.east != box.west)
    east = (box.west + width / 2 + 180) % 360 - 180
    middle = Place(type="Point", coordinates=[east, (box.south + box.north) / 2])
    corners = [
        Place(type="Point", coordinates=[box.west, latitude]) for latitude in (box.south, box.north)
    ]
    metres = max(metres_between(point(middle), point(corner)) for corner in corners)
    return Circle(middle, math.ceil(metres * WIDER) + 1)
