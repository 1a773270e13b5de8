"""Exports: the entries of a pool as GeoJSON and as CSV, in pieces, so that large pools stream.

An export says nothing that the viewer may not see: whoever asks for it gives the entries and, with
each, the place that is shown. What is exported and read in again is the same.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.db.pool_documents import Entry, Geometry, Value
from app.pooling.columns import TOLD_BESIDES
from app.pooling.geometry import middle
from app.pooling.values import guarded, instant_text, join_links

Shown = tuple[Entry, Geometry, bool]
"""An entry, its place as the viewer may see it, and whether that is blurred."""

BEFORE_FACETS = (
    "id", "title", "category", "longitude", "latitude", "shape", "accuracy_m", "observed_at",
    "evidence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What an export says of itself: how it may be used, when it was made, and of which facets."""

    licence: str
    attribution: str
    generated_at: datetime
    facets: Sequence[str]


class Export(Protocol):
    """A file in the making: its head, its pages in order, its tail."""

    media_type: str

    def head(self) -> str:
        """Return how the file begins."""

    def page(self, shown: Iterable[Shown]) -> Iterator[str]:
        """Yield the next entries, a piece for each."""

    def tail(self) -> str:
        """Return how the file ends."""


class FeatureExport:
    """A GeoJSON FeatureCollection, a feature in a line; licence and attribution are beside them."""

    media_type = "application/geo+json"

    def __init__(self, terms: Terms, *, continued: bool = False) -> None:
        self._terms = terms
        self._has_begun = continued

    def head(self) -> str:
        """Return the terms, up to where the features begin."""
        said = {
            "type": "FeatureCollection",
            "licence": self._terms.licence,
            "attribution": self._terms.attribution,
            "generated_at": instant_text(self._terms.generated_at),
        }
        return f'{_json(said)[:-1]},"features":['

    def page(self, shown: Iterable[Shown]) -> Iterator[str]:
        """Yield the next features."""
        for one in shown:
            yield ("," if self._has_begun else "") + "\n" + _json(self._feature(*one))
            self._has_begun = True

    def tail(self) -> str:
        """Return the end of the collection."""
        return "\n]}\n"

    def _feature(self, entry: Entry, place: Geometry, is_blurred: bool) -> dict[str, Any]:
        said = _said(entry, is_blurred=is_blurred)
        properties = {
            "title": said.pop("title"),
            "category": said.pop("category"),
            "accuracy_m": said.pop("accuracy_m"),
            "observed_at": said.pop("observed_at"),
            "evidence": entry["evidence"],
            **_facets(entry, self._terms.facets),
            **said,
        }
        geometry = {"type": place["type"], "coordinates": place["coordinates"]}
        return {
            "type": "Feature",
            "id": entry["_id"],
            "geometry": geometry,
            "properties": properties,
        }


class TableExport:
    """A CSV table (RFC 4180) in UTF-8; the columns of one pool always come in the same order.

    Lines and polygons are told by their middle and named by their shape. Each row tells the
    licence, since a table has no other place for it. Texts are in quotes, whatever they hold.
    """

    media_type = "text/csv; charset=utf-8; header=present"

    def __init__(self, terms: Terms, *, continued: bool = False) -> None:
        del continued  # one row is like the other
        self._terms = terms

    def head(self) -> str:
        """Return the header."""
        return _row([*BEFORE_FACETS, *self._terms.facets, *TOLD_BESIDES])

    def page(self, shown: Iterable[Shown]) -> Iterator[str]:
        """Yield the next rows."""
        return (_row(self._cells(*one)) for one in shown)

    def tail(self) -> str:
        """Return nothing: a table just ends."""
        return ""

    def _cells(self, entry: Entry, place: Geometry, is_blurred: bool) -> list[Value | None]:
        said = _said(entry, is_blurred=is_blurred)
        facets = _facets(entry, self._terms.facets)
        longitude, latitude = middle(place)["coordinates"]
        said |= {
            "id": entry["_id"],
            "longitude": longitude,
            "latitude": latitude,
            "shape": place["type"],
            "evidence": join_links(entry["evidence"]),
            "licence": self._terms.licence,
            "attribution": self._terms.attribution,
        }
        return [
            *(said[name] for name in BEFORE_FACETS),
            *(facets.get(name) for name in self._terms.facets),
            *(said[name] for name in TOLD_BESIDES),
        ]


def whole(export: Export, pages: Iterable[Iterable[Shown]]) -> Iterator[str]:
    """Yield a whole file, where its pages are there without waiting."""
    yield export.head()
    for page in pages:
        yield from export.page(page)
    yield export.tail()


def _said(entry: Entry, *, is_blurred: bool) -> dict[str, Any]:
    """Return what both formats say; how exact a place is says nothing of a blurred one."""
    return {
        "title": entry["title"],
        "category": entry["category"],
        "accuracy_m": None if is_blurred else entry["accuracy_metres"],
        "observed_at": instant_text(entry["observed_at"]),
        "state": entry["state"],
        "version": entry["version"],
        "updated_at": instant_text(entry["updated_at"]),
        "blurred": is_blurred,
    }


def _facets(entry: Entry, names: Sequence[str]) -> dict[str, Value]:
    held = entry["facets"]
    return {name: held[name]["value"] for name in names if name in held}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _row(cells: Iterable[Value | None]) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([_cell(cell) for cell in cells])
    return written.getvalue()


def _cell(value: Value | None) -> str | float:
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(value) if isinstance(value, str) else "" if value is None else value
