"""Filters over entries: one meaning for the database, for a matcher and for what changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from app.db.pool_documents import FacetKind, Matched
from app.failures import InvalidInput, Problem
from app.pooling.areas import Polygon
from app.pooling.cells import ranges
from app.pooling.diffs import LONGEST_CATEGORY
from app.pooling.facet_tests import FacetTest, NeedTest, Query, miscounted, unheard
from app.pooling.matched import category_key
from app.pooling.states import LIVE
from app.pooling.words import Change, State
from app.regions import Box, Circle
from app.text import LONGEST_QUERY, read_query

MOST_TESTS = 20


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries of a space are wanted; every part that is given must hold.

    Places are those that filters look at: blurred where the category is sensitive. Otherwise
    anybody could find out with ever smaller circles where something is.

    Attributes:
        space: the space.
        near: within a circle.
        within: within a box.
        inside: within a polygon.
        categories: one of these, or below one of them, without regard to case.
        facets: values of facets, all of them.
        suitability: how needs are met, all of them.
        states: one of these; without, those that are shown: not what is gone, merged or hidden.
        fresh: true: nothing of it asks to be checked; false: something does.
        observed_since: observed then or later.
        observed_until: observed before.
        text: its words begin with all of these.

    """

    space: str
    near: Circle | None = None
    within: Box | None = None
    inside: Polygon | None = None
    categories: Sequence[str] | None = None
    facets: Sequence[FacetTest] = ()
    suitability: Sequence[NeedTest] = ()
    states: Sequence[str] | None = None
    fresh: bool | None = None
    observed_since: datetime | None = None
    observed_until: datetime | None = None
    text: str | None = None
    _shown: frozenset[str] = field(init=False, repr=False, compare=False)
    _keys: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        shown = LIVE if self.states is None else self.states
        object.__setattr__(self, "_shown", frozenset(map(str, shown)))
        object.__setattr__(self, "_keys", tuple(map(category_key, self.categories or ())))

    def matches(self, matched: Matched, space: str) -> bool:
        """Say whether an entry of a space is wanted; means the same as `query`."""
        observed, spot = matched["observed_at"], matched["spot"]
        return (
            space == self.space
            and matched["state"] in self._shown
            and (self.fresh is None or matched["stale"] is not self.fresh)
            and (self.observed_since is None or observed >= self.observed_since)
            and (self.observed_until is None or observed < self.observed_until)
            and (self.categories is None or matched["category"].startswith(self._keys))
            and all(test.matches(matched["facets"]) for test in self.facets)
            and all(test.matches(matched["facets"]) for test in self.suitability)
            and (self.text is None or _holds(matched["words"], _grams(self.text)))
            and (self.within is None or self.within.holds(spot))
            and (self.inside is None or self.inside.holds(spot))
            and (self.near is None or self.near.holds(spot))
        )

    def change(self, before: Matched | None, after: Matched | None) -> Change | None:
        """Return how an entry of the space came to stand to this filter; None if it is without.

        `before` and `after` are what filters look at in two revisions that follow each other; None
        if there was no entry, or if there is none any more. What is wanted on both sides is
        updated, whatever of it has changed.
        """
        was, is_now = (one is not None and self.matches(one, self.space) for one in (before, after))
        if was and is_now:
            return Change.UPDATED
        if is_now:
            return Change.ENTERED
        return Change.LEFT if was else None

    def query(self) -> Query:
        """Return the filter as MongoDB takes it."""
        if self.near is None:
            return self.rest()
        return {"$and": [*self.near.queries("matched.spot"), *self._parts()]}

    def rest(self) -> Query:
        """Return the filter without its circle, for those who look around it themselves."""
        return {"$and": list(self._parts())}

    def check(self, kinds: Iterable[FacetKind] | None = None) -> None:
        """Refuse what no entry can match; with the facets of the pool, what none of them says.

        Raises:
            InvalidInput: with every problem.

        """
        known = None if kinds is None else {kind["name"]: kind for kind in kinds}
        problems = [*self._misplaced(), *self._unmatchable(known)]
        if problems:
            raise InvalidInput(*problems)

    def _parts(self) -> Iterator[Query]:
        yield {"space": self.space}
        yield {"matched.state": {"$in": sorted(self._shown)}}
        if self.fresh is not None:
            yield {"matched.stale": not self.fresh}
        if self.observed_since is not None:
            yield {"matched.observed_at": {"$gte": self.observed_since}}
        if self.observed_until is not None:
            yield {"matched.observed_at": {"$lt": self.observed_until}}
        if self.categories is not None:
            yield _any(map(_beginning, self._keys))
        yield from (test.query() for test in self.facets)
        yield from (test.query() for test in self.suitability)
        if self.text is not None:
            yield {"matched.words": {"$all": list(_grams(self.text))}}
        yield from self._places()

    def _places(self) -> Iterator[Query]:
        """Yield the exact bounds, and where no circle does, the cells by which an index leads."""
        if self.near is None and (around := self.within or (self.inside and self.inside.box)):
            spans = ranges(around)
            yield _any({"matched.cell": {"$gte": low, "$lt": high}} for low, high in spans)
        if self.within is not None:
            yield from self.within.queries("matched.spot", led=True)
        if self.inside is not None:
            # Of bare coordinates MongoDB takes a polygon as plane; of GeoJSON it would be a sphere.
            corners = [list(corner) for corner in self.inside.corners]
            yield {"matched.spot.coordinates": {"$geoWithin": {"$polygon": corners}}}

    def _misplaced(self) -> Iterator[Problem]:
        if self.near is not None:
            yield from self.near.problems("filter.near")
        if self.within is not None:
            yield from self.within.problems("filter.withinBox")
        if self.inside is not None:
            yield from self.inside.problems("filter.withinPolygon")

    def _unmatchable(self, kinds: Mapping[str, FacetKind] | None) -> Iterator[Problem]:
        yield from miscounted("filter.categories", self.categories, MOST_TESTS)
        for n, category in enumerate(self.categories or ()):
            if len(category) > LONGEST_CATEGORY:
                message = f"Give at most {LONGEST_CATEGORY} characters, not {len(category)}."
                yield Problem(f"filter.categories.{n}", message)
            elif not all(word.strip() for word in category.split("/")):
                message = "Leave no word of the path empty: `food/cafe`."
                yield Problem(f"filter.categories.{n}", message)
        asked: dict[str, Sequence[FacetTest | NeedTest]] = {
            "facets": self.facets,
            "suitability": self.suitability,
        }
        for path, tests in asked.items():
            if len(tests) > MOST_TESTS:
                yield Problem(f"filter.{path}", f"Give at most {MOST_TESTS}, not {len(tests)}.")
            for n, test in enumerate(tests[:MOST_TESTS]):
                yield from test.problems(f"filter.{path}.{n}", kinds)
        yield from miscounted("filter.states", self.states, MOST_TESTS)
        yield from unheard("filter.states", self.states or (), State)
        since, until = self.observed_since, self.observed_until
        if since is not None and until is not None and until <= since:
            yield Problem("filter.observedUntil", "Give an instant after `observedSince`.")
        if self.text is not None and not (len(self.text) <= LONGEST_QUERY and _grams(self.text)):
            message = f"Give words or their beginnings, at most {LONGEST_QUERY} characters."
            yield Problem("filter.text", message)


def _any(parts: Iterable[Query]) -> Query:
    """Return what holds if one part does; nothing holds of no parts, which `$or` refuses."""
    alternatives = list(parts)
    if len(alternatives) == 1:
        return alternatives[0]
    return {"$or": alternatives or [{"space": {"$in": []}}]}


def _beginning(key: str) -> Query:
    """Return the span of keys that begin with a key, which ends with a slash."""
    return {"matched.category": {"$gte": key, "$lt": key[:-1] + chr(ord("/") + 1)}}


@lru_cache(maxsize=1024)
def _grams(text: str) -> tuple[str, ...]:
    return read_query(text).grams


def _holds(words: Sequence[str], grams: Sequence[str]) -> bool:
    return bool(grams) and all(gram in words for gram in grams)
