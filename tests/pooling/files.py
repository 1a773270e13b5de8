"""Files of a pool for tests: its facets, what is read, and what is written."""

import json
from datetime import datetime
from typing import Any

from app.db.pool_documents import Content, Entry, FacetKind, Geometry
from app.pooling.contents import Expected
from app.pooling.exports import Terms
from app.pooling.formats import Format, read_import
from app.pooling.rows import Reading
from app.pooling.rules import facet_kind
from app.pooling.words import Kind

NOW = datetime(2026, 5, 1, 12)
SEEN = datetime(2026, 4, 1, 9, 30)
FACETS: list[FacetKind] = [
    facet_kind({"name": "WHEELCHAIR"}),
    facet_kind({"name": "SURFACE", "kind": Kind.CHOICE, "choices": ["smooth", "cobbles"]}),
    facet_kind({"name": "STEP_CM", "kind": Kind.NUMBER, "least": 0, "most": 100, "unit": "cm"}),
    facet_kind({"name": "LIFT", "kind": Kind.FLAG}),
    facet_kind({"name": "NOTE", "kind": Kind.TEXT}),
]
TERMS = Terms("ODbL-1.0", "© Roll & Stroll", NOW, [kind["name"] for kind in FACETS])
POINT = Geometry(type="Point", coordinates=[2.35, 48.85])


def expected(**limits: Any) -> Expected:
    """Return what files are read against."""
    return Expected(FACETS, NOW, **limits)


def read_csv(text: str, **limits: Any) -> Reading:
    """Read a table."""
    return read_import(Format.CSV, text, expected(**limits))


def read_geojson(text: object, **limits: Any) -> Reading:
    """Read GeoJSON, which may be given as it is before it is written."""
    written = text if isinstance(text, str) else json.dumps(text)
    return read_import(Format.GEOJSON, written, expected(**limits))


def feature(**properties: Any) -> dict[str, Any]:
    """Return a feature that can be taken, with more or other properties."""
    plain = {"title": "Ramp", "category": "entrance"}
    return {"type": "Feature", "geometry": dict(POINT), "properties": plain | properties}


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    """Return a FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)} | members


def told(problems: Any) -> list[tuple[int, str]]:
    """Return where problems are: the line, and the column or path."""
    return [(problem.line, problem.path) for problem in problems]


def content(**changes: Any) -> Content:
    """Return the content of an entry, with some of it changed."""
    plain = Content(
        title="Ramp",
        category="entrance",
        place=POINT,
        accuracy_metres=5.0,
        facets={"WHEELCHAIR": "PARTLY"},
        evidence=["https://example.org/1.jpg"],
        observed_at=SEEN,
    )
    changed: Any = plain | changes
    return changed  # type: ignore[no-any-return]


def entry(id: str = "ent_one", *, sensitive: bool = False, **changes: Any) -> Entry:
    """Return as much of an entry as an export looks at."""
    said = content(**changes)
    facets = {name: {"value": value} for name, value in said["facets"].items()}
    whole: Any = dict(said) | {
        "_id": id,
        "facets": facets,
        "sensitive": sensitive,
        "state": "VERIFIED",
        "version": 3,
        "updated_at": NOW,
    }
    return whole  # type: ignore[no-any-return]
