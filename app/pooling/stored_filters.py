"""Filters as plain values that can be stored, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.pooling.areas import Polygon
from app.pooling.facet_tests import FacetTest, NeedTest
from app.pooling.filters import EntryFilter
from app.regions import Box, Circle

PLAIN = (
    "categories",
    "states",
    "fresh",
    "observed_since",
    "observed_until",
    "text",
)


def stored(filter: EntryFilter) -> dict[str, Any]:
    """Return a filter as plain values, without its space; only what it asks."""
    parts: dict[str, Any] = {name: getattr(filter, name) for name in PLAIN}
    parts |= {
        "near": filter.near and asdict(filter.near),
        "within": filter.within and asdict(filter.within),
        "inside": filter.inside and [list(corner) for corner in filter.inside.ring],
        "facets": [asdict(test) for test in filter.facets] or None,
        "suitability": [asdict(test) for test in filter.suitability] or None,
    }
    return {name: _plain(part) for name, part in parts.items() if part is not None}


def restored(space: str, parts: Mapping[str, Any]) -> EntryFilter:
    """Return the filter over the entries of a space that was stored so."""
    near, within, inside = parts.get("near"), parts.get("within"), parts.get("inside")
    return EntryFilter(
        space=space,
        near=Circle(**near) if near else None,
        within=Box(**within) if within else None,
        inside=Polygon([(x, y) for x, y in inside]) if inside else None,
        facets=[FacetTest(**test) for test in parts.get("facets", ())],
        suitability=[NeedTest(**test) for test in parts.get("suitability", ())],
        **{name: parts.get(name) for name in PLAIN},
    )


def _plain(part: Any) -> Any:
    """Return tuples as the lists that they are stored as."""
    if isinstance(part, dict):
        return {name: _plain(value) for name, value in part.items()}
    return [_plain(value) for value in part] if isinstance(part, list | tuple) else part
