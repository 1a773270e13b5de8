"""Tests of facets: what a filter asks of their values, for the database and for a matcher alike."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from app.db.pool_documents import FacetKind, Value
from app.failures import Problem
from app.pooling.diffs import is_same
from app.pooling.facets import checked, suitability
from app.pooling.rules import NAME
from app.pooling.words import Kind, State, Suitability

MOST_WORDS = 50
# Whole numbers that the database can compare have 64 bits, one of them for the sign.
LARGEST = 2**63

Query = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FacetTest:
    """What the value of a facet has to be: one of `eq`, `among`, `least` and `most` is given.

    Yes and no are no numbers, texts are compared as they are, and nothing holds of a facet that an
    entry does not have.
    """

    name: str
    eq: Value | None = None
    among: Sequence[Value] | None = None
    least: float | None = None
    most: float | None = None

    def matches(self, facets: Mapping[str, Value]) -> bool:
        """Say whether the facets of an entry are as is asked for; means the same as `query`."""
        value = facets.get(self.name)
        if value is None:
            return False
        return (
            (self.eq is None or is_same(value, self.eq))
            and (self.among is None or any(is_same(value, one) for one in self.among))
            and (self.least is None or (_is_number(value) and value >= self.least))
            and (self.most is None or (_is_number(value) and value <= self.most))
        )

    def query(self) -> Query:
        """Return the test as MongoDB takes it."""
        given = {"$eq": self.eq, "$in": self.among, "$gte": self.least, "$lte": self.most}
        tests = {sign: wanted for sign, wanted in given.items() if wanted is not None}
        return {f"matched.facets.{self.name}": tests or {"$ne": None}}

    def problems(self, path: str, kinds: Mapping[str, FacetKind] | None) -> Iterator[Problem]:
        """Yield what keeps any entry from passing; `kinds` are the facets of the pool by name."""
        yield from _misnamed(f"{path}.name", self.name, kinds)
        given = [self.eq, self.among, self.least, self.most]
        if sum(part is not None for part in given) != 1:
            yield Problem(path, "Give one of `eq`, `in`, `least` and `most`.")
        yield from miscounted(f"{path}.in", self.among, MOST_WORDS)
        kind = (kinds or {}).get(self.name)
        for name, value in self._given():
            is_bound = name in {"least", "most"}
            if isinstance(value, int) and not -LARGEST <= value < LARGEST:
                yield Problem(f"{path}.{name}", "Give a number of at most 64 bits.")
            elif _is_number(value) and not math.isfinite(value):
                yield Problem(f"{path}.{name}", "Give a finite number.")
            elif kind is not None and not is_bound:
                yield from _unfit(f"{path}.{name}", value, kind)
            elif kind is not None and kind["kind"] != Kind.NUMBER:
                yield Problem(f"{path}.{name}", "Only numbers have bounds.")

    def _given(self) -> Iterator[tuple[str, Value]]:
        """Yield the values that are asked for, each with its path."""
        for name, value in (("eq", self.eq), ("least", self.least), ("most", self.most)):
            if value is not None:
                yield name, value
        for n, value in enumerate((self.among or ())[:MOST_WORDS]):
            yield f"in.{n}", value


@dataclass(frozen=True, slots=True)
class NeedTest:
    """Whether an entry suits a need: one of these words; what is not known of it is UNKNOWN."""

    need: str
    among: Sequence[str]

    def matches(self, facets: Mapping[str, Value]) -> bool:
        """Say whether an entry suits the need so; means the same as `query`."""
        return suitability(facets, self.need) in self.among

    def query(self) -> Query:
        """Return the test as MongoDB takes it: unknown is whatever says nothing else."""
        known = [word.value for word in Suitability if word is not Suitability.UNKNOWN]
        if Suitability.UNKNOWN in self.among:
            tested = {"$nin": [word for word in known if word not in self.among]}
        else:
            tested = {"$in": [word for word in known if word in self.among]}
        return {f"matched.facets.{self.need}": tested}

    def problems(self, path: str, kinds: Mapping[str, FacetKind] | None) -> Iterator[Problem]:
        """Yield what keeps any entry from passing; `kinds` are the facets of the pool by name."""
        yield from _misnamed(f"{path}.need", self.need, kinds)
        yield from miscounted(f"{path}.in", self.among, MOST_WORDS)
        yield from unheard(f"{path}.in", self.among, Suitability)
        if kinds and self.need in kinds and kinds[self.need]["kind"] != Kind.SUITABILITY:
            yield Problem(f"{path}.need", f"{self.need} is not a need, but another facet.")


def miscounted(path: str, given: Sequence[object] | None, most: int) -> Iterator[Problem]:
    """Yield a problem if a list is given that is empty, or too long."""
    if given is not None and not 1 <= len(given) <= most:
        yield Problem(path, f"Give 1 to {most}, or leave it out, not {len(given)}.")


def unheard(path: str, given: Sequence[str], words: type[State | Suitability]) -> Iterator[Problem]:
    """Yield the words that are none of these."""
    known = {word.value for word in words}
    for n, word in enumerate(given):
        if word not in known:
            yield Problem(f"{path}.{n}", f"Give one of {', '.join(sorted(known))}.")


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unfit(path: str, value: Value, kind: FacetKind) -> Iterator[Problem]:
    """Yield why no entry has such a value of a facet, if none can."""
    found = checked(kind, value, path)
    if isinstance(found, Problem):
        yield found
    elif not is_same(found, value):
        yield Problem(path, f"It is kept as {found}.")


def _misnamed(path: str, name: str, kinds: Mapping[str, FacetKind] | None) -> Iterator[Problem]:
    if not NAME.fullmatch(name):  # others could mean something in the path of a field
        yield Problem(path, "A facet has a name such as STEP_FREE.")
    elif kinds is not None and name not in kinds:
        known = ", ".join(kinds) or "none"
        yield Problem(path, f"Give a facet of the pool, which are: {known}.")
