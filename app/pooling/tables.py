"""CSV read as an import: a header and a row for each entry, its cells by the names of columns."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from app.db.pool_documents import Geometry
from app.failures import Problem
from app.pooling.columns import PLACE_NAMES
from app.pooling.contents import Expected, Raw
from app.pooling.geometry import point_geometry
from app.pooling.rows import Intake, Reading
from app.pooling.values import read_number, unguarded
from app.pooling.words import Kind
from app.regions import EAST, NORTH

DELIMITERS = (",", ";")
MOST_COLUMNS = 500
LOOKED_AT = 50_000  # characters, to find the delimiter in the header
NEEDED = ("title", "category", "longitude", "latitude")
FARTHEST = {"longitude": EAST, "latitude": NORTH}
DECIMAL_COMMA = re.compile(r"\s*[-+]?[0-9]+,[0-9]+\s*")

Cells = Sequence[str]


def read_table(text: str, expected: Expected) -> Reading:
    """Return what the rows of a table (RFC 4180) say; nothing is raised, whatever the text.

    Columns go by their names, in any case: title, category, longitude and latitude are needed;
    accuracy_m, observed_at, evidence (links with bars between them), id and facets can be given.
    With semicolons between cells, numbers may have a decimal comma.
    """
    intake = Intake(expected, PLACE_NAMES)
    if intake.refuses(text):
        return intake.reading()
    text = text.removeprefix("\ufeff")
    delimiter = max(DELIMITERS, key=lambda sign: _known(text[:LOOKED_AT], sign, expected))
    records = _records(text, delimiter, intake)
    line, header = next(records, (1, []))
    columns = _columns(line, header, intake)
    if columns is None:
        return intake.reading()
    commas = _numbers(intake) if delimiter == ";" else frozenset[str]()
    for line, cells in records:
        if intake.is_full(line):
            break
        if len(cells) != len(header):
            said = f"Give {len(header)} cells, as in the header, not {len(cells)}."
            intake.refuse(line, "", f"{said} Put cells with “{delimiter}” in them in quotes.")
            continue
        given = {
            field: (header[n].strip(), _plain(cells[n], field in commas))
            for field, n in columns.items()
        }
        intake.take(_raw(line, given, intake))
    return intake.reading()


def _records(text: str, delimiter: str, intake: Intake) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank with the line at which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            said = "Put cells with signs or line breaks in quotes, and double the quotes in them"
            intake.refuse(line, "", f"{said} ({error}).")
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _known(text: str, delimiter: str, expected: Expected) -> int:
    """Return how many columns are known if this is what stands between cells."""
    intake = Intake(expected, PLACE_NAMES)
    _, header = next(_records(text, delimiter, intake), (1, []))
    return len(intake.fields.sort(_names(header))[0])


def _names(header: Cells) -> list[str]:
    return [unguarded(name) for name in header]


def _columns(line: int, header: Cells, intake: Intake) -> dict[str, int] | None:
    """Return in which column each field stands, or None if one that is needed is missing."""
    if len(header) > MOST_COLUMNS:
        intake.error(line, "", f"Give at most {MOST_COLUMNS} columns, not {len(header)}.")
        return None
    names = _names(header)
    columns, left = intake.fields.sort(names)
    for n, why in sorted(left.items()):
        intake.ignore(line, names[n].strip() or f"column {n + 1}", why)
    missing = [field for field in NEEDED if field not in columns]
    for field in missing:
        intake.error(line, field, f"Add a column `{field}` to the header, which is the first row.")
    return None if missing else columns


def _numbers(intake: Intake) -> frozenset[str]:
    facets = (field for field, kind in intake.kinds.items() if kind["kind"] == Kind.NUMBER)
    return frozenset({*FARTHEST, "accuracy_m", *facets})


def _plain(cell: str, decimal_comma: bool) -> str | None:
    """Return what a cell says, None if nothing."""
    cell = unguarded(cell)
    if not cell.strip():
        return None
    if decimal_comma and DECIMAL_COMMA.fullmatch(cell):
        return cell.replace(",", ".")
    return cell


def _raw(line: int, given: Mapping[str, tuple[str, str | None]], intake: Intake) -> Raw:
    place, problems = _place(given)
    name, shape = given.get("shape", ("shape", None))
    if shape is not None and shape.strip().casefold() != "point":
        said = "Only its middle was taken over: lines and polygons are kept by GeoJSON."
        intake.ignore(line, name, said)
    return Raw(line, "", place, given, problems)


def _place(given: Mapping[str, tuple[str, str | None]]) -> tuple[Geometry | None, list[Problem]]:
    degrees: list[float] = []
    problems: list[Problem] = []
    for field, farthest in FARTHEST.items():
        name, cell = given.get(field, (field, None))
        number = read_number(cell)
        if number is None or not -farthest <= number <= farthest:
            said = f"Give degrees from -{farthest} to {farthest}, such as 2.3522."
            problems.append(Problem(name, said))
        else:
            degrees.append(number)
    return (None, problems) if problems else (point_geometry(*degrees), [])
