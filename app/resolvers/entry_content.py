"""What people write of an entry, read and checked: all that is wrong with it is told at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.db.pool_documents import Content, PoolRules, Value
from app.failures import Problem
from app.pooling import diffs
from app.pooling.contents import NOWHERE
from app.pooling.facets import amended, checked_all
from app.pooling.geometry import read_geometry
from app.pooling.values import read_text
from app.resolvers.inputs import Checks

LONGEST_SUMMARY = 500
PLAIN = ("accuracy_metres", "observed_at")

Given = Mapping[str, Any]


def read_content(
    checks: Checks, given: Given, base: Content | None, rules: PoolRules, now: datetime
) -> Content:
    """Return a content as it was, but for what is given; problems are added to the checks.

    Args:
        checks: gathers what is wrong.
        given: by the names of the content's fields, those that are said; `place` as GeoJSON,
            `facets` as a list of a name and a value each, which is None to take one away.
        base: the content before; None for a new entry.
        rules: those of the pool.
        now: the present instant. What is observed at no other time was observed now, if anything
            is observed: that is what facets say.

    """
    known: dict[str, Any] = _unsaid(now) if base is None else dict(base)
    for name in ("title", "category"):
        if name in given:
            known[name] = _text(given[name])
    known |= {name: given[name] for name in PLAIN if name in given}
    if "evidence" in given:
        known["evidence"] = list(dict.fromkeys(_text(link) for link in given["evidence"]))
    if "place" in given:
        place, wrong = read_geometry("place", given["place"])
        known["place"] = place or NOWHERE
        checks.problems += wrong
    if "facets" in given:
        changes = _read_facets(checks, given["facets"], rules)
        known["facets"] = amended(known["facets"], changes)
        if changes and "observed_at" not in given:
            known["observed_at"] = now
    content: Content = known  # type: ignore[assignment]
    checks.problems += diffs.problems(content, now)
    return content


def read_summary(checks: Checks, summary: str) -> str:
    """Return what somebody says of a change of theirs."""
    return checks.text("summary", summary, most=LONGEST_SUMMARY)


def _unsaid(now: datetime) -> dict[str, Any]:
    return {
        "title": "",
        "category": "",
        "place": NOWHERE,
        "accuracy_metres": None,
        "facets": {},
        "evidence": [],
        "observed_at": now,
    }


def _text(given: str) -> str:
    """Return a text in its normal form; one that cannot be shown is told of where all are."""
    text = read_text(given)
    return given if text is None else text


def _read_facets(
    checks: Checks, given: Sequence[Mapping[str, Any]], rules: PoolRules
) -> dict[str, Value | None]:
    """Return the values of facets; what is wrong is named by its place in the list."""
    places: dict[str, int] = {}
    for n, one in enumerate(given):
        if one["name"] in places:
            checks.add(f"facets.{n}.name", "It is there twice.")
        places.setdefault(one["name"], n)
    values = {name: given[n]["value"] for name, n in places.items()}
    found = checked_all(rules["facets"], values)
    known = {kind["name"] for kind in rules["facets"]}
    for problem in found.problems:
        name = problem.path.partition(".")[2]
        field = "value" if name in known else "name"
        checks.problems.append(Problem(f"facets.{places[name]}.{field}", problem.message))
    return dict(found.values)
