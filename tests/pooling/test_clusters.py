"""Clusters: counts by cell add up, however finely they were counted; coverage names the gaps."""

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.pooling.cells import LEVELS, bounds, cells_in
from app.pooling.clusters import (
    MOST_CLUSTERS,
    Counted,
    Surveyed,
    clusters,
    coverage,
    depth_at,
)
from app.pooling.words import Suitability
from app.regions import WORLD, Box
from tests.anywhere import place
from tests.pooling.filtering import START

CITY = Box(13.3, 52.45, 13.5, 52.6)


@st.composite
def counted(draw: st.DrawFn, depth: int = 6) -> Counted:
    """Draw what was counted in a cell."""
    cell = draw(st.text("0123", min_size=depth, max_size=depth))
    suits, not_at_all = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    count = suits + not_at_all + draw(st.integers(0, 3))
    box = bounds(cell)
    spot = draw(st.tuples(st.floats(box.west, box.east), st.floats(box.south, box.north)))
    return Counted(cell, count, {"SUITABLE": suits, "UNSUITABLE": not_at_all}, spot)


@given(st.lists(counted(), max_size=12), st.integers(0, 6))
@settings(max_examples=60)
def test_clusters_add_up(counts: list[Counted], depth: int) -> None:
    """In any order, and whether the database counted finely or not; centres lie in their cells."""
    made = clusters(counts, depth)
    assert sum(one.count for one in made) == sum(one.count for one in counts)
    assert made == clusters(reversed(counts), depth)
    expected = Counter[str]()
    for one in counts:
        expected[one.cell[:depth]] += one.count
    assert {one.cell: one.count for one in made} == dict(+expected)
    for cluster in made:
        assert sum(cluster.suitable.values()) == cluster.count
        assert set(cluster.suitable) == set(Suitability)
        longitude, latitude = cluster.centre["coordinates"]
        box = cluster.bounds
        assert box.west - 1e-6 <= longitude <= box.east + 1e-6
        assert box.south - 1e-6 <= latitude <= box.north + 1e-6
    again = [
        Counted(one.cell, one.count, {word.value: n for word, n in one.suitable.items()})
        for one in clusters(counts, max(depth, 3))
    ]
    coarse = clusters(again, min(depth, 2))
    straight = clusters(counts, min(depth, 2))
    assert [(one.cell, one.count, one.suitable) for one in coarse] == [
        (one.cell, one.count, one.suitable) for one in straight
    ]


def test_what_is_not_said_to_suit_is_unknown() -> None:
    """Not unsuitable; and a cluster of one names it, in the middle of its cell if that is all."""
    [one] = clusters([Counted("30", 1, entry="ent_a")], 1)
    assert one.suitable == {
        Suitability.SUITABLE: 0,
        Suitability.PARTLY: 0,
        Suitability.UNSUITABLE: 0,
        Suitability.UNKNOWN: 1,
    }
    assert (one.entry, one.centre, one.bounds) == ("ent_a", place(90, 45), Box(0, 0, 180, 90))
    several = [Counted("30", 1, spot=(1, 1), entry="ent_a"), Counted("33", 3, spot=(101, 81))]
    [one] = clusters(several, 1)
    assert (one.entry, one.centre) == (None, place(76, 61))


def test_there_are_never_too_many_clusters() -> None:
    """Whatever is zoomed to: the finer, the smaller the box that is seen."""
    for zoom in range(21):
        for box in (WORLD, CITY, Box(170, -80, -170, 80)):
            depth = depth_at(zoom, box)
            assert depth <= min(zoom + 2, LEVELS)
            assert len(cells_in(box, depth)) <= MOST_CLUSTERS
    assert depth_at(0, CITY) == 2
    assert depth_at(10, CITY) == 12
    assert depth_at(20, CITY) < depth_at(20, Box(13.4, 52.5, 13.401, 52.501)) == 22


def test_coverage_names_the_cells_of_which_nobody_knows_anything() -> None:
    """Of the others, how much of them is fresh, and of how many entries a need is unknown."""
    found = coverage(
        ["00", "01", "02", "1"],
        [
            Surveyed("000", 3, 1, {"BLIND": 2}, START),
            Surveyed("003", 1, 0, {}, START + timedelta(days=1)),
            Surveyed("1", 4, 4, {"BLIND": 4, "DEAF": 1}),
            Surveyed("0", 9),
            Surveyed("31", 7),
        ],
        ["BLIND", "DEAF"],
    )
    assert found.empty == ["01", "02"]
    assert found.share == 0.5
    here = found.cells["00"]
    assert (here.count, here.stale, here.fresh) == (4, 1, 0.75)
    assert here.unknown == {"BLIND": 2, "DEAF": 4}
    assert here.observed_at == START + timedelta(days=1)
    assert (found.cells["01"].fresh, found.cells["01"].observed_at) == (None, None)
    assert (found.whole.count, found.whole.stale) == (8, 5)
    assert found.whole.unknown == {"BLIND": 2, "DEAF": 7}
    assert coverage([], []).share == 0
