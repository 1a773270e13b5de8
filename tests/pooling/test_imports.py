"""Imports: what files say is read, with all that is wrong with it and where; nothing is raised."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pooling.formats import Format, read_import
from app.pooling.geojson import LONGEST_INTEGER
from app.pooling.rows import MOST_NAMES_TOLD, MOST_TOLD, RowProblem
from app.pooling.values import read_instant, read_number
from tests.pooling.files import (
    NOW,
    POINT,
    SEEN,
    collection,
    expected,
    feature,
    read_csv,
    read_geojson,
    told,
)

HEADER = "title,category,longitude,latitude"
ROW = "Ramp,entrance,2.35,48.85"
FEATURE = '{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{}}'


def test_a_table_is_read_with_the_lines_of_its_rows() -> None:
    """A row begins where its first cell does, however many lines the one before takes."""
    reading = read_csv(
        "\ufeffTitle;CATEGORY;lng;Lat;accuracy_m;observed_at;evidence;id;"
        "wheelchair;step_cm;Lift;note\r\n"
        "\r\n"
        '"Ramp\r\nat the back";entrance;2,35;48.85;4,5;2026-04-01;'
        'https://example.org/1|https://example.org/2;n1;partly;2,5;no;"steep; wet"\r\n'
        ";;;;;;;;;;;\r\n"
        "Lift;lift;2.35;48.85;;;;;;;yes;\r\n"
    )
    assert reading.errors == reading.warnings == []
    assert [(row.line, row.source_id) for row in reading.rows] == [(3, "n1"), (6, None)]
    assert reading.rows[0].content == {
        "title": "Ramp\nat the back",
        "category": "entrance",
        "place": POINT,
        "accuracy_metres": 4.5,
        "facets": {"WHEELCHAIR": "PARTLY", "STEP_CM": 2.5, "LIFT": False, "NOTE": "steep; wet"},
        "evidence": ["https://example.org/1", "https://example.org/2"],
        "observed_at": datetime(2026, 4, 1),
    }
    assert reading.rows[1].content["facets"] == {"LIFT": True}
    assert reading.rows[1].content["observed_at"] == NOW


def test_features_are_read_with_the_lines_at_which_they_begin() -> None:
    """Whatever stands before them and between them, with any ends of lines."""
    reading = read_geojson(
        '\ufeff{"name": "ramps",\r\n"features":\n[\r'
        '{"type":"Feature","id":17,"geometry":{"type":"LineString",'
        '"coordinates":[[1,2,9],[3,4,9]]},\n'
        '"properties":{"Name":"Ramp","category":"way","observed_at":"2026-04-01T11:30:00+02:00",'
        '"evidence":["https://example.org/1"],"Wheelchair":"suitable","STEP_CM":2,"lift":true}}\n,'
        '\r\n\n  {"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},'
        '"properties":{"title":"Kerb","category":"way","id":"k","step_cm":"2.5","note":null}}\n'
        '],"type":"FeatureCollection"}\n'
    )
    assert reading.errors == reading.warnings == []
    assert [(row.line, row.source_id) for row in reading.rows] == [(4, "17"), (8, "k")]
    assert reading.rows[0].content == {
        "title": "Ramp",
        "category": "way",
        "place": {"type": "LineString", "coordinates": [[1.0, 2.0], [3.0, 4.0]]},
        "accuracy_metres": None,
        "facets": {"WHEELCHAIR": "SUITABLE", "STEP_CM": 2.0, "LIFT": True},
        "evidence": ["https://example.org/1"],
        "observed_at": SEEN,
    }
    assert reading.rows[1].content["facets"] == {"STEP_CM": 2.5}


def test_all_that_is_wrong_with_a_table_is_told_by_line_and_column() -> None:
    """In one go, so that it is mended in one go; good rows are read nonetheless."""
    reading = read_csv(
        f"Name,{HEADER[6:]},accuracy_m,observed_at,evidence,wheelchair,step_cm,id\n"
        ",way,200,x,-1,yesterday,javascript:alert(1),maybe,200,a\n"
        f"{ROW},,,,,,b\n"
        f"{ROW},,,,,,b\n"
        f"{ROW}\n"
        f"{ROW},,2026-05-03,,,,\n"
        f"{ROW},,0001-01-01,,,,\n"
        f'{ROW},"a"b,,,,,\n'
        f"{ROW},,,,,,c\n"
    )
    assert told(reading.errors) == [
        *((2, path) for path in ("longitude", "latitude", "wheelchair", "step_cm")),
        *((2, path) for path in ("observed_at", "Name", "evidence", "accuracy_m")),
        (4, "id"),
        (5, ""),
        (6, "observed_at"),
        (7, "observed_at"),
        (8, ""),
    ]
    assert "Line 3" in reading.errors[8].message
    assert [row.source_id for row in reading.rows] == ["b", "c"]
    assert reading.found == 8


def test_all_that_is_wrong_with_features_is_told_by_line_and_path() -> None:
    """A path leads from the collection to what has to be mended."""
    reading = read_geojson(
        '{"type":"FeatureCollection","features":[\n7,\n{"type":"Point"},\n'
        '{"type":"Feature","properties":[],"geometry":null},\n'
        '{"type":"Feature","properties":{"title":3,"evidence":{},"lift":[],"note":"\\ud800",'
        '"step_cm":NaN,"accuracy_m":"far","observed_at":20260401},"id":true,\n'
        '"geometry":{"type":"Polygon","coordinates":[[[1,1],[2,2]]]}},\n'
        '{"type":"Feature","properties":null,"geometry":null}\n]}'
    )
    properties = ("lift", "step_cm", "note", "title", "evidence", "accuracy_m", "observed_at")
    assert sorted(told(reading.errors)) == sorted(
        [
            (2, "features.0"),
            (3, "features.1"),
            (4, "features.2.properties"),
            (5, "features.3.geometry.coordinates.0"),
            (5, "features.3.id"),
            *((5, f"features.3.properties.{name}") for name in (*properties, "category")),
            (7, "features.4.geometry"),
            (7, "features.4.properties.title"),
            (7, "features.4.properties.category"),
        ]
    )
    assert reading.rows == []
    assert reading.found == 5


def test_what_is_not_taken_over_is_never_lost_silently() -> None:
    """Columns and properties that are no facet, a second title, the shape of lines, members."""
    table = read_csv(f"{HEADER},name,colour,,shape\n{ROW},R,red,?,Polygon\n{ROW},,,,Point\n")
    assert told(table.warnings) == [(1, "name"), (1, "colour"), (1, "column 7"), (2, "shape")]
    features = read_geojson(
        collection(feature(colour="red"), feature(colour="blue"), feature(lon=2), owner="me")
    )
    assert told(features.warnings) == [
        (1, "properties.colour"),
        (1, "properties.lon"),
        (1, "owner"),
    ]
    assert "in 2 rows" in features.warnings[0].message
    assert table.errors == features.errors == []
    assert (len(table.rows), len(features.rows)) == (2, 3)


def test_a_feature_is_its_source_s_by_its_own_id_first() -> None:
    """The property of that name is then told as not taken."""
    reading = read_geojson(collection(feature(id="old") | {"id": "new"}))
    assert reading.rows[0].source_id == "new"
    assert told(reading.warnings) == [(1, "properties.id")]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "character 1"),
        ("{", "character 2"),
        ("{]", "character 2"),
        ("[]", ""),
        ('"text"', ""),
        ("{}", "type"),
        ('{"type":"FeatureCollection"}', "features"),
        ('{"type":"FeatureCollection","features":true}', "features"),
        ('{"type":"Feature","features":[]}', "type"),
        ('{"type":"FeatureCollection","features":[]} and more', "character 44"),
        ('{"type":"FeatureCollection","features":[],}', "character 43"),
        ('{"type" "FeatureCollection"}', "character 9"),
        ("{1:2}", "character 3"),
        ('{"a":' + "[" * 100_000, "character 6"),
        ('{"type":"FeatureCollection","features":[' + FEATURE[:-1], "character 122"),
        ('{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:3857"}}}', "crs"),
        ('{"type":"FeatureCollection","crs":7,"features":[]}', "crs"),
        ("{" + '"a":1,' * 501 + '"features":[]}', "character 3006"),
    ],
)
def test_what_is_no_collection_is_refused(text: str, path: str) -> None:
    """With the line and the character from which on it is not, as far as that can be told."""
    reading = read_geojson(text)
    assert (1, path) in told(reading.errors)
    assert reading.rows == []


def test_what_stands_before_a_break_is_read() -> None:
    """So that all that is wrong with it is told as well."""
    reading = read_geojson('{"features":[\n' + FEATURE + ',\n{"type":"Feature", oops}]}')
    assert told(reading.errors)[-1] == (3, "character 20")
    assert told(reading.errors)[0] == (2, "features.0.properties.title")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [(1, column) for column in ("title", "category", "longitude", "latitude")]),
        ("title,category\nRamp,way\n", [(1, "longitude"), (1, "latitude")]),
        (f"{HEADER}{',x' * 500}\n", [(1, "")]),
        (f'{HEADER}\n"Ramp,way,1,2\n{ROW}\n', [(2, "")]),
        (f"{HEADER}\n{'x' * 140_000},way,1,2\n", [(2, "")]),
        (f'{HEADER}\n"Ra\0mp","wa\x07y",1,2\n', [(2, "title"), (2, "category")]),
        (f"{HEADER}\nRamp,way,1e999,\u0662\n", [(2, "longitude"), (2, "latitude")]),
        (f"{HEADER}\nRamp,way,nan,inf\n", [(2, "longitude"), (2, "latitude")]),
        (f'{HEADER}\nRamp,way,"2,35",1\n', [(2, "longitude")]),
        (f"{HEADER}\nRamp,way/,2,1\n", [(2, "category")]),
    ],
)
def test_what_is_no_table_is_refused(text: str, problems: list[tuple[int, str]]) -> None:
    """Without the columns that are needed, nothing further is looked at."""
    reading = read_csv(text)
    assert told(reading.errors) == problems
    assert reading.rows == []


def test_there_are_limits() -> None:
    """To the text, before it is looked at, and to the rows; what is left out is told."""
    table = f"{HEADER}\n{ROW}\n{ROW}\n{ROW}\n"
    features = collection(feature(), feature(), feature())
    for short in (read_csv(table, most_characters=80), read_geojson(features, most_characters=80)):
        assert (short.rows, told(short.errors)) == ([], [(1, "")])
    for few, line in ((read_csv(table, most_rows=2), 4), (read_geojson(features, most_rows=2), 1)):
        assert (len(few.rows), told(few.errors)) == (2, [(line, "")])


def test_what_is_told_can_be_told() -> None:
    """Names in a file can be long, many and no text; of too many problems the rest is counted."""
    named = read_geojson(collection(feature(**{f"{n}\ud800{'x' * 999}": 1 for n in range(150)})))
    assert len(named.warnings) == MOST_NAMES_TOLD
    assert named.untold == 50
    assert all(len(warning.path) < 200 for warning in named.warnings)
    assert "".join(warning.path for warning in named.warnings).encode()
    broken = read_csv(f"{HEADER}\n" + '"a"b\n' * (MOST_TOLD + 5))
    assert (len(broken.errors), broken.untold) == (MOST_TOLD, 5)
    assert broken.errors[0] == RowProblem(2, "", broken.errors[0].message)


def test_an_identifier_keeps_all_its_digits() -> None:
    """A long number of a source is not rounded, up to where numbers would take long to read."""
    long = 10**30 + 1
    reading = read_geojson(
        collection(feature() | {"id": long}, feature(step_cm=10 ** (LONGEST_INTEGER + 9)))
    )
    assert reading.rows[0].source_id == str(long)
    assert told(reading.errors) == [(1, "features.1.properties.step_cm")]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-04-01", datetime(2026, 4, 1)),
        (" 2026-04-01t11:30z ", datetime(2026, 4, 1, 11, 30)),
        ("2026-04-01 11:30:00.1239+02:00", datetime(2026, 4, 1, 9, 30, 0, 123_000)),
        ("2026-04-01T11:30:00", None),
        ("2026-13-01", None),
        ("0001-01-01T00:00+01:00", None),
        ("20260401", None),
        ("\u0662026-04-01", None),
        (20260401, None),
    ],
)
def test_an_instant_is_a_date_or_names_its_zone(text: object, instant: datetime | None) -> None:
    """A time of day without a zone could be any of two dozen instants."""
    assert read_instant(text) == instant


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (" -2.5 ", -2.5),
        ("1e3", 1000.0),
        (7, 7.0),
        *(("", None), ("1,5", None), ("0x1", None), ("1_0", None), ("nan", None), ("1e999", None)),
        *((True, None), (None, None), ([], None), (10**400, None)),
    ],
)
def test_a_number_is_plain_and_finite(given: object, number: float | None) -> None:
    """Neither words nor truth values nor what is beyond all bounds."""
    assert read_number(given) == number


SNIPPETS = st.sampled_from(
    [
        *"{}[],:;\"'\n\r\\|",
        *("\ufeff", "\ud800", "\0", "1e999", "-", "null", "title", HEADER, ROW, FEATURE),
        *('{"type":"FeatureCollection","features":[', '{"type":"Feature",', '"geometry":'),
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [
        *("title", "NAME", "category", "accuracy_m", "observed_at", "evidence", "id", "other"),
        *("wheelchair", "Surface", "STEP_CM", "lift", "note"),
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(Format), st.text(max_size=20) | st.lists(SNIPPETS, max_size=12).map("".join))
def test_no_text_raises(format: Format, text: str) -> None:
    """All that is told is about a line that there is, or the one after the last."""
    reading = read_import(format, text, expected())
    lines = [line for line, _ in told([*reading.errors, *reading.warnings])]
    lines += [row.line for row in reading.rows]
    assert all(1 <= line <= len(text.splitlines()) + 1 for line in lines)
    assert len(reading.rows) <= reading.found


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6), VALUES, VALUES)
def test_no_feature_raises(properties: dict[str, Any], id: Any, coordinates: Any) -> None:
    """Whatever its members hold, it is a row or has an error."""
    odd = feature(**properties) | {"id": id}
    odd["geometry"] = {"type": "Point", "coordinates": coordinates}
    reading = read_geojson(collection(feature(**properties), odd, feature()))
    lines = {problem.path.split(".")[1] for problem in reading.errors}
    assert len(reading.rows) + len(lines) == 3


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NAMES, st.text(max_size=8)), max_size=5, unique_by=lambda pair: pair[0]))
def test_no_cell_raises(cells: list[tuple[str, str]]) -> None:
    """Whatever its cells hold, in proper quotes, it is a row, or blank, or has an error."""
    names = ",".join(["longitude", "latitude", *(name for name, _ in cells)])
    said = ",".join(["1", "2", *('"' + text.replace('"', '""') + '"' for _, text in cells)])
    reading = read_csv(f"{names},Title,Category\n{said},Ramp,way\n")
    assert len(reading.rows) + bool(reading.errors) == 1
