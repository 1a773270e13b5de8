"""Formats in which a pool is read in and given out: in one list, with their readers and writers."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from app.pooling.contents import Expected
from app.pooling.exports import Export, FeatureExport, TableExport, Terms
from app.pooling.geojson import read_features
from app.pooling.rows import Reading
from app.pooling.tables import read_table


class Format(StrEnum):
    """How many entries are written at once."""

    GEOJSON = "GEOJSON"
    CSV = "CSV"


_READERS: Mapping[Format, Callable[[str, Expected], Reading]] = {
    Format.GEOJSON: read_features,
    Format.CSV: read_table,
}
_EXPORTS: Mapping[Format, type[FeatureExport] | type[TableExport]] = {
    Format.GEOJSON: FeatureExport,
    Format.CSV: TableExport,
}


def read_import(format: Format, text: str, expected: Expected) -> Reading:
    """Return what a file says; whatever it holds, nothing is raised."""
    return _READERS[format](text, expected)


def export(format: Format, terms: Terms, *, continued: bool = False) -> Export:
    """Return a file in the making, from its beginning or continued; it is for one file only."""
    return _EXPORTS[format](terms, continued=continued)
