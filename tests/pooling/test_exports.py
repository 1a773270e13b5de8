"""Exports: what is written is what was said, under which licence, and can be read in again."""

import csv
import io
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.pool_documents import Content, Entry, Geometry
from app.pooling.diffs import TURNING
from app.pooling.exports import Shown, whole
from app.pooling.formats import Format, export, read_import
from app.pooling.geometry import blurred_geometry, read_geometry
from app.pooling.values import guarded, join_links, read_text, split_links, unguarded
from tests.pooling.files import FACETS, POINT, TERMS, content, entry, expected

LINE = Geometry(type="LineString", coordinates=[[0.0, 0.0], [0.0, 2.0]])
FIRST_SIGNS = "='+-@\t\r\n＝＋－＠"


def written(format: Format, *shown: Shown) -> str:
    """Return a whole export, a page for each entry."""
    return "".join(whole(export(format, TERMS), [[pair] for pair in shown]))


def exact(*entries: Entry) -> list[Shown]:
    """Return entries with their exact places."""
    return [(each, each["place"], False) for each in entries]


def test_geojson_says_terms_and_entries() -> None:
    """A feature in a line, with what the pool knows of it and how it stands."""
    text = written(Format.GEOJSON, *exact(entry(), entry("ent_two", place=LINE)))
    assert len(text.splitlines()) == 4
    found = json.loads(text)
    features = found.pop("features")
    assert found == {
        "type": "FeatureCollection",
        "licence": "ODbL-1.0",
        "attribution": "© Roll & Stroll",
        "generated_at": "2026-05-01T12:00:00.000Z",
    }
    assert features[0] == {
        "type": "Feature",
        "id": "ent_one",
        "geometry": POINT,
        "properties": {
            "title": "Ramp",
            "category": "entrance",
            "accuracy_m": 5.0,
            "observed_at": "2026-04-01T09:30:00.000Z",
            "evidence": ["https://example.org/1.jpg"],
            "WHEELCHAIR": "PARTLY",
            "state": "VERIFIED",
            "version": 3,
            "updated_at": "2026-05-01T12:00:00.000Z",
            "blurred": False,
        },
    }
    assert features[1]["geometry"] == LINE


def test_a_table_has_always_the_same_columns() -> None:
    """Lines are told by their middle; each row names the licence."""
    text = written(Format.CSV, *exact(entry(place=LINE, facets={"LIFT": True, "STEP_CM": 2.5})))
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert header == [
        *("id", "title", "category", "longitude", "latitude", "shape", "accuracy_m"),
        *("observed_at", "evidence", "WHEELCHAIR", "SURFACE", "STEP_CM", "LIFT", "NOTE"),
        *("state", "version", "updated_at", "blurred", "licence", "attribution"),
    ]
    assert row == [
        *("ent_one", "Ramp", "entrance", "0.0", "1.0", "LineString", "5.0"),
        *("2026-04-01T09:30:00.000Z", "https://example.org/1.jpg", "", "", "2.5", "true", ""),
        *("VERIFIED", "3", "2026-05-01T12:00:00.000Z", "false", "ODbL-1.0", "© Roll & Stroll"),
    ]


@pytest.mark.parametrize("format", Format)
def test_an_empty_pool_is_a_file_too(format: Format) -> None:
    """It says under which licence there is nothing yet."""
    assert read_import(format, written(format), expected()).errors == []


@pytest.mark.parametrize("format", Format)
def test_a_blurred_place_gives_nothing_away(format: Format) -> None:
    """Neither where it is nor how exactly that is known; and it says that it is blurred."""
    secret = entry(sensitive=True, place=LINE, accuracy_metres=7.5)
    shown = blurred_geometry(LINE, 5_000)
    text = written(format, (secret, shown, True))
    reading = read_import(format, text, expected())
    assert reading.rows[0].content["place"] == shown
    assert reading.rows[0].content["accuracy_metres"] is None
    assert "7.5" not in text
    assert "LineString" not in text
    assert "true" in text
    assert "7.5" in written(format, *exact(secret))


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1 23", "'+33 1 23"),
        ("-1-1", "'-1-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("'=1", "''=1"),
        ("-12.5", "-12.5"),
        ("+3e-7", "+3e-7"),
        ("'t Hooft", "'t Hooft"),
        ("Ramp", "Ramp"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(cell: str, shown: str) -> None:
    """A spreadsheet shows it as text; plain numbers are left as they are."""
    assert guarded(cell) == shown
    assert unguarded(shown) == cell


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from(FIRST_SIGNS + "a1"), max_size=5))
def test_the_guard_of_a_cell_comes_off_again(cell: str) -> None:
    """Whatever apostrophes it had before."""
    assert unguarded(guarded(cell)) == cell


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from("|\\ab\n"), max_size=5), min_size=1, max_size=4))
def test_bars_between_links_are_told_from_bars_in_them(links: list[str]) -> None:
    """And backslashes from those that were set before bars."""
    assert split_links(join_links(links)) == links


def _kept(text: str) -> str:
    return (read_text(text) or "")[:200].strip()


def _is_seen(text: str) -> bool:
    return any(unicodedata.category(sign)[0] not in "CZM" for sign in text)


TEXTS = (
    st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=12),
        st.text(st.sampled_from(FIRST_SIGNS + '",;|\\ é日0.5'), max_size=12),
    )
    .map(_kept)
    .filter(bool)
)
# Of these something is to be seen, in the order in which it stands there.
NAMES = TEXTS.filter(lambda text: _is_seen(text) and not TURNING.intersection(text))
LINKS = st.text(st.sampled_from("ab|\\,;'\"=%é"), max_size=8).map("https://example.org/{}".format)
DEGREES = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list)
POINTS = DEGREES.map(lambda at: Geometry(type="Point", coordinates=at))
LINES = st.lists(DEGREES, min_size=2, max_size=4).map(
    lambda line: Geometry(type="LineString", coordinates=line)
)
RINGS = st.lists(DEGREES, min_size=3, max_size=5).map(lambda ring: [*ring, ring[0]])
POLYGONS = st.lists(RINGS, min_size=1, max_size=2).map(
    lambda rings: Geometry(type="Polygon", coordinates=rings)
)
FACET_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "WHEELCHAIR": st.sampled_from(["SUITABLE", "PARTLY", "UNSUITABLE", "UNKNOWN"]),
        "SURFACE": st.sampled_from(FACETS[1]["choices"]),
        "STEP_CM": st.floats(0, 100),
        "LIFT": st.booleans(),
        "NOTE": TEXTS,
    },
)


def contents(places: st.SearchStrategy[Geometry]) -> st.SearchStrategy[Content]:
    """Yield contents that could have been written."""
    kept = places.map(lambda place: read_geometry("place", place)[0])
    return st.builds(
        content,
        title=NAMES,
        category=NAMES.map(lambda text: text.replace("/", "|")),
        place=kept,
        accuracy_metres=st.none() | st.floats(0, 1_000),
        facets=FACET_VALUES,
        evidence=st.lists(LINKS, max_size=3, unique=True),
    )


def entry_of(id: str, content: Content) -> Entry:
    """Return an entry with this content."""
    said: dict[str, Any] = dict(content)
    return entry(id, **said)


@pytest.mark.parametrize(
    ("format", "places"),
    [(Format.GEOJSON, POINTS | LINES | POLYGONS), (Format.CSV, POINTS)],
)
def test_what_is_exported_and_read_in_again_is_the_same(
    format: Format, places: st.SearchStrategy[Geometry]
) -> None:
    """Content for content, by identifiers: a pool can be carried away and set up elsewhere."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(contents(places), max_size=3))
    def carried(said: list[Content]) -> None:
        entries = [entry_of(f"ent_{n}", each) for n, each in enumerate(said)]
        reading = read_import(format, written(format, *exact(*entries)), expected())
        assert reading.errors == []
        assert [row.content for row in reading.rows] == said
        assert [row.source_id for row in reading.rows] == [each["_id"] for each in entries]

    carried()
