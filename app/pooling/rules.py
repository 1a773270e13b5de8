"""The rules of a pool: what holds unless its space says otherwise, and what is unsound."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.db.pool_documents import FacetKind, PoolRules
from app.failures import Problem
from app.pooling.columns import RESERVED
from app.pooling.words import Access, Kind, Need

FRESH_DAYS = 365
LONGEST_LICENCE, LONGEST_ATTRIBUTION, LONGEST_DESCRIPTION, LONGEST_WORD = 100, 500, 1_000, 100
MOST_FACETS, MOST_CHOICES, MOST_CATEGORIES = 50, 50, 200
LEAST_CHOICES = 2
NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
# Where the best known licences stand; any other can be named as well.
LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "ODC-By-1.0": "https://opendatacommons.org/licenses/by/1-0/",
    "PDDL-1.0": "https://opendatacommons.org/licenses/pddl/1-0/",
}
_PLAIN = FacetKind(
    name="",
    kind=Kind.SUITABILITY,
    description="",
    choices=[],
    least=None,
    most=None,
    unit=None,
    fresh_days=FRESH_DAYS,
)
_SAID = {
    Need.WHEELCHAIR: "Whether people in a wheelchair can use it.",
    Need.BLIND: "Whether people who see little or nothing can use it.",
    Need.DEAF: "Whether people who hear little or nothing can use it.",
    Need.STROLLER: "Whether people with a stroller can use it.",
}


def facet_kind(given: Mapping[str, Any]) -> FacetKind:
    """Return a facet's definition, with what holds where it says nothing."""
    whole: Any = _PLAIN | dict(given)
    return whole  # type: ignore[no-any-return]


DEFAULTS = PoolRules(
    licence="",
    attribution="",
    openness=Access.OPEN,
    facets=[facet_kind({"name": need.value, "description": _SAID[need]}) for need in Need],
    sensitive_categories=[],
    grid_metres=1_000,
    duplicate_metres=60,
    patrol=True,
    weight_cap=3.0,
    newcomer_weight=0.5,
    least_confirmations=2,
)
# A newcomer weighs less than one and it takes two at least: so newcomers who are as many as it
# takes never suffice alone, whether it is known that they are befriended or not.
_RANGES: dict[str, tuple[float, float]] = {
    "grid_metres": (10, 100_000),
    "duplicate_metres": (0, 10_000),
    "weight_cap": (1, 10),
    "newcomer_weight": (0, 0.9),
    "least_confirmations": (2, 20),
}
_LONGEST_FRESH = 36_600


def rules_of(stored: Mapping[str, Any] | None) -> PoolRules:
    """Return a space's rules, with the defaults where it says nothing, in each facet too."""
    given: Any = DEFAULTS | dict(stored or {})
    return given | {"facets": [facet_kind(facet) for facet in given["facets"]]}  # type: ignore[no-any-return]


def is_set_up(rules: PoolRules) -> bool:
    """Say whether a pool can be contributed to: nobody gives without knowing under what licence."""
    return bool(rules["licence"].strip())


def kinds_of(rules: PoolRules) -> dict[str, FacetKind]:
    """Return the facets of a pool by their names, in the pool's order."""
    return {kind["name"]: kind for kind in rules["facets"]}


def problems(rules: PoolRules, path: str = "pool") -> list[Problem]:
    """Return all that is wrong with a pool's rules, each with how to mend it."""
    return [Problem(f"{path}.{field}", message) for field, message in _found(rules)]


def clashes(before: PoolRules, after: PoolRules, path: str = "pool") -> list[Problem]:
    """Return the facets that would turn into another kind, under which old values mean nothing."""
    was = kinds_of(before)
    return [
        Problem(
            f"{path}.facets.{position}.kind",
            f"{kind['name']} is of the kind {was[kind['name']]['kind']}: take another name.",
        )
        for position, kind in enumerate(after["facets"])
        if kind["kind"] != was.get(kind["name"], kind)["kind"]
    ]


def _found(rules: PoolRules) -> Iterator[tuple[str, str]]:
    if not 0 < len(rules["licence"].strip()) <= LONGEST_LICENCE:
        known = ", ".join(LICENCES)
        yield "licence", f"Name a licence in 1 to {LONGEST_LICENCE} characters, such as {known}."
    if len(rules["attribution"]) > LONGEST_ATTRIBUTION:
        yield "attribution", f"Give at most {LONGEST_ATTRIBUTION} characters."
    if rules["openness"] not in set(Access):
        yield "openness", f"Give one of {', '.join(Access)}."
    if len(rules["sensitive_categories"]) > MOST_CATEGORIES:
        yield "sensitive_categories", f"Give at most {MOST_CATEGORIES}."
    yield from _wrong_words(rules["sensitive_categories"], "sensitive_categories")
    values: Mapping[str, Any] = rules
    for field, (least, most) in _RANGES.items():
        if not least <= values[field] <= most:
            yield field, f"Give {least:g} to {most:g}."
    yield from _wrong_facets(rules["facets"])


def _wrong_facets(kinds: list[FacetKind]) -> Iterator[tuple[str, str]]:
    if len(kinds) > MOST_FACETS:
        yield "facets", f"Give at most {MOST_FACETS}."
    named = Counter(kind["name"] for kind in kinds)
    for position, kind in enumerate(kinds):
        path = f"facets.{position}"
        if not NAME.fullmatch(kind["name"]):
            yield (
                f"{path}.name",
                "Give 1 to 40 capitals, digits and underscores, a capital first.",
            )
        elif named[kind["name"]] > 1:
            yield f"{path}.name", "Another facet has the same name."
        elif kind["name"].casefold() in RESERVED:
            yield f"{path}.name", "In files this names something else: take another name."
        for field, message in _wrong_facet(kind):
            yield f"{path}.{field}", message


def _wrong_facet(kind: FacetKind) -> Iterator[tuple[str, str]]:
    if kind["kind"] not in set(Kind):
        yield "kind", f"Give one of {', '.join(Kind)}."
    if len(kind["description"]) > LONGEST_DESCRIPTION:
        yield "description", f"Give at most {LONGEST_DESCRIPTION} characters."
    if not 1 <= kind["fresh_days"] <= _LONGEST_FRESH:
        yield "fresh_days", f"Give 1 to {_LONGEST_FRESH}."
    yield from _wrong_choices(kind)
    yield from _wrong_bounds(kind)


def _wrong_choices(kind: FacetKind) -> Iterator[tuple[str, str]]:
    choices = kind["choices"]
    if kind["kind"] != Kind.CHOICE:
        if choices:
            yield "choices", f"Only a facet of the kind {Kind.CHOICE} has choices."
        return
    if not LEAST_CHOICES <= len(choices) <= MOST_CHOICES:
        yield "choices", f"Give {LEAST_CHOICES} to {MOST_CHOICES}."
    yield from _wrong_words(choices, "choices")


def _wrong_words(words: Iterable[str], path: str) -> Iterator[tuple[str, str]]:
    """Find what is empty, too long, or there twice; words differ by more than their case."""
    seen = set[str]()
    for position, word in enumerate(words):
        plain = word.strip().casefold()
        if not 0 < len(plain) <= LONGEST_WORD:
            yield f"{path}.{position}", f"Give 1 to {LONGEST_WORD} characters."
        elif plain in seen:
            yield f"{path}.{position}", "It is there twice."
        seen.add(plain)


def _wrong_bounds(kind: FacetKind) -> Iterator[tuple[str, str]]:
    least, most, unit = kind["least"], kind["most"], kind["unit"]
    if kind["kind"] != Kind.NUMBER:
        for field, value in (("least", least), ("most", most), ("unit", unit)):
            if value is not None:
                yield field, f"Only a facet of the kind {Kind.NUMBER} has this."
        return
    ends = {"least": least, "most": most}
    wrong = [field for field, end in ends.items() if end is not None and not math.isfinite(end)]
    yield from ((field, "Give a finite number, or null.") for field in wrong)
    if not wrong and least is not None and most is not None and least > most:
        yield "most", "Give at least as much as for `least`."
    if unit is not None and not 0 < len(unit.strip()) <= LONGEST_WORD:
        yield "unit", f"Give 1 to {LONGEST_WORD} characters, or null."
