"""What the tests of filters share: entries as filters see them, and filters that often meet."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from app.db.documents import Place
from app.db.pool_documents import Matched, PoolRules
from app.pooling.areas import Corner, Polygon
from app.pooling.facet_tests import FacetTest, NeedTest
from app.pooling.filters import EntryFilter
from app.pooling.matched import matched
from app.pooling.rules import rules_of
from app.pooling.words import Kind, State, Suitability
from tests.anywhere import DEGREES, PARALLELS, boxes, circles, places

SPACE, ELSEWHERE = "spc_one", "spc_two"
START = datetime(2026, 3, 1, 12)
RULES: PoolRules = rules_of(
    {
        "sensitive_categories": ["Shelter"],
        "facets": [
            {"name": "WHEELCHAIR"},
            {"name": "BLIND"},
            {"name": "WIDTH", "kind": Kind.NUMBER, "least": 0.0, "most": 500.0, "unit": "cm"},
            {"name": "STEP_FREE", "kind": Kind.FLAG},
            {"name": "SURFACE", "kind": Kind.CHOICE, "choices": ["gravel", "asphalt"]},
            {"name": "NOTES", "kind": Kind.TEXT},
        ],
    }
)
WORDS = ["Food", "food", "cafe", "CAFÉ", "shelter", "foo", "Ärzte"]
TITLES = ["Café Central", "Central station", "Straßencafé", "東京駅", "Lift 2", "lift no. 21", "—"]
SOUGHT = ["cafe", "CENTRAL caf", "strassen", "東京", "駅", "lift 2", "2", "é", "station lift"]
PATHS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("/".join)
NEEDS = st.sampled_from(["WHEELCHAIR", "BLIND"])
WIDTHS = st.sampled_from([0.0, 1.0, 90.0, 90.5, 120.0])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "WHEELCHAIR": st.sampled_from([word.value for word in Suitability]),
    "BLIND": st.sampled_from([word.value for word in Suitability]),
    "WIDTH": WIDTHS,
    "STEP_FREE": st.booleans(),
    "SURFACE": st.sampled_from(["gravel", "asphalt"]),
    "NOTES": st.sampled_from(["behind the station", "ring the bell"]),
}


def instants() -> st.SearchStrategy[datetime]:
    """Draw one of some hours."""
    return st.integers(0, 8).map(lambda hours: START + timedelta(hours=hours))


def entry_seen(*, title: str, at: Place, **changes: Any) -> Matched:
    """Return what filters see of an entry; its state, age and content can be changed."""
    content: Any = {
        "category": "food/cafe",
        "place": {"type": "Point", "coordinates": [*at["coordinates"]]},
        "accuracy_metres": None,
        "facets": {},
        "evidence": [],
        "observed_at": START,
        "title": title,
    }
    state, stale = changes.pop("state", "PUBLISHED"), changes.pop("stale", False)
    return matched(content | changes, at, RULES, state=state, stale=stale)


@st.composite
def seen(draw: st.DrawFn) -> Matched:
    """Draw what filters see of an entry, anywhere."""
    return entry_seen(
        title=draw(st.sampled_from(TITLES)),
        at=draw(places()),
        category=draw(PATHS),
        facets=draw(st.fixed_dictionaries({}, optional=VALUES)),
        observed_at=draw(instants()),
        state=draw(st.sampled_from(list(State))).value,
        stale=draw(st.booleans()),
    )


@st.composite
def polygons(draw: st.DrawFn) -> Polygon:
    """Draw a polygon on whose sides and corners something may be; it may cross itself."""
    corners: list[Corner] = draw(
        st.lists(st.tuples(DEGREES, PARALLELS), min_size=3, max_size=7, unique=True)
    )
    ring = Polygon([*corners, corners[0]])
    return Polygon([(-90, -60), (90, -45), (13.4, 60), (-90, -60)]) if _is_bad(ring) else ring


def _is_bad(ring: Polygon) -> bool:
    return any(ring.problems("ring"))


def facet_tests() -> st.SearchStrategy[FacetTest]:
    """Draw a test of a facet, also of one of which it never holds."""
    return st.one_of(
        st.sampled_from(sorted(VALUES)).flatmap(
            lambda name: st.builds(FacetTest, st.just(name), eq=VALUES[name])
        ),
        st.builds(
            FacetTest,
            st.sampled_from(["SURFACE", "WIDTH", "STEP_FREE", "UNHEARD_OF"]),
            among=st.lists(
                st.sampled_from(["gravel", True, 90.0, False, 1.0, 0.0]), min_size=1, max_size=3
            ),
        ),
        st.builds(FacetTest, st.sampled_from(["WIDTH", "STEP_FREE"]), least=WIDTHS),
        st.builds(FacetTest, st.sampled_from(["WIDTH", "SURFACE"]), most=WIDTHS),
    )


def need_tests() -> st.SearchStrategy[NeedTest]:
    """Draw whether something suits; also for what is no need."""
    words = st.lists(st.sampled_from([word.value for word in Suitability]), min_size=1, max_size=4)
    return st.builds(NeedTest, NEEDS | st.just("STEP_FREE"), words)


@st.composite
def filters(draw: st.DrawFn, spots: list[Place]) -> EntryFilter:
    """Draw a filter that is not refused, most parts of which are not given."""

    def perhaps(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(st.one_of(st.none(), st.none(), st.none(), strategy))

    states = st.lists(st.sampled_from([state.value for state in State]), min_size=1, max_size=4)
    since, until = perhaps(instants()), perhaps(instants())
    if since is not None and until is not None and until <= since:
        until = None
    return EntryFilter(
        space=SPACE,
        near=perhaps(circles(spots)),
        within=perhaps(boxes()),
        inside=perhaps(polygons()),
        categories=perhaps(st.lists(PATHS, min_size=1, max_size=3)),
        facets=perhaps(st.lists(facet_tests(), max_size=2)) or (),
        suitability=perhaps(st.lists(need_tests(), max_size=2)) or (),
        states=perhaps(states),
        fresh=perhaps(st.booleans()),
        observed_since=since,
        observed_until=until,
        text=perhaps(st.sampled_from(SOUGHT)),
    )
