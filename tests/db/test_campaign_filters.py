"""Which campaigns a filter finds: the same to the database and in the program."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.campaigning.filters import CampaignFilter, Onlooker, found_by
from app.campaigning.words import CampaignState, Support, Type
from app.db.client import Database
from app.failures import InvalidInput
from app.regions import Box, Circle
from tests.anywhere import boxes, circles, places
from tests.campaigning.seeking import NOON, campaign, content, day, goal, place

PATHS = st.lists(
    st.sampled_from(["Energy", "énergy", "solar", "SOLAR", "energyx"]), min_size=1, max_size=3
).map("/".join)
TITLES = ["Sun for the school", "Sunday café", "太陽光 for all", "Bread"]
TEXTS = ["su", "sun scho", "SUN", "cafe", "太陽", "光", "sun bread"]
KINDS, STATES, TYPES = [
    st.sampled_from([word.value for word in words]) for words in (Support, CampaignState, Type)
]
DAYS = st.integers(-2, 2).map(day)
SHARES = st.sampled_from([0.0, 0.5, 1.0, 1.5])
ONLOOKERS = st.sampled_from(
    [Onlooker(), Onlooker("ana"), Onlooker("ben"), Onlooker("dev", moderates=True)]
)


@st.composite
def stored(draw: st.DrawFn) -> list[Any]:
    """Draw campaigns of anybody, anywhere, in any state."""
    drawn = []
    for n in range(draw(st.integers(1, 8))):
        at = draw(st.one_of(st.none(), places()))
        state = draw(STATES)
        is_ahead = state in {"DRAFT", "IN_REVIEW"} or draw(st.booleans())
        kinds = draw(st.lists(KINDS, min_size=1, max_size=2))
        made: Any = campaign(
            _id=f"cam_{n}",
            space=draw(st.sampled_from(["spc_one", "spc_one", "spc_two"])),
            owner=draw(st.sampled_from(["ana", "cleo"])),
            team=draw(st.lists(st.sampled_from(["ben", "dora"]), max_size=2, unique=True)),
            type=draw(TYPES),
            title=draw(st.sampled_from(TITLES)),
            category=draw(PATHS),
            place=at,
            deadline=draw(st.one_of(st.none(), DAYS)),
            goals=[goal(kind, what=draw(st.sampled_from(["", "sunlight"]))) for kind in kinds],
            share=draw(SHARES),
            state=state,
            opened_at=None if is_ahead else NOON,
        )
        drawn.append(made | found_by(made))
    return drawn


@st.composite
def filters(draw: st.DrawFn, campaigns: list[Any]) -> CampaignFilter:
    """Draw a filter, most parts of which are not given."""

    def perhaps(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(st.one_of(st.none(), st.none(), st.none(), strategy))

    return CampaignFilter(
        space="spc_one",
        near=perhaps(circles([one["place"] for one in campaigns])),
        within=perhaps(boxes()),
        category=perhaps(PATHS),
        types=perhaps(st.lists(TYPES, max_size=2)),
        states=draw(st.one_of(st.none(), st.just(list(CampaignState)), st.lists(STATES))),
        share_from=perhaps(st.sampled_from([0.0, 0.5])),
        share_below=perhaps(st.sampled_from([1.0, 1.5])),
        ends_from=perhaps(st.integers(-2, 0).map(day)),
        ends_before=perhaps(st.integers(1, 2).map(day)),
        kinds=perhaps(st.lists(KINDS, max_size=3)),
        text=perhaps(st.sampled_from(TEXTS)),
    )


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Any], list[CampaignFilter]]:
    """Draw campaigns, and filters over them."""
    campaigns = draw(stored())
    return campaigns, draw(st.lists(filters(campaigns), min_size=8, max_size=8))


# Half of the box is behind the pole from its middle, farther away than its corners.
WIDE = Box(-179.99, -90, -180, 52.5)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenes(), ONLOOKERS)
@example(([campaign(place=place(-180, 0))], [CampaignFilter("spc_one", within=WIDE)]), Onlooker())
async def test_a_filter_means_the_same_to_the_database_and_in_the_program(
    db: Database, scene: tuple[list[Any], list[CampaignFilter]], onlooker: Onlooker
) -> None:
    """Whatever is stored, whoever asks; also around the poles and across the date line."""
    campaigns, wanted = scene
    await db["campaigns"].delete_many({})
    await db["campaigns"].insert_many([dict(one) for one in campaigns])
    for filter in wanted:
        filter.check()
        came = {one["_id"] async for one in db["campaigns"].find(filter.query(onlooker))}
        assert came == {one["_id"] for one in campaigns if filter.matches(one, onlooker)}, filter


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("su", "school café"),
        ("sun scho", "school"),
        ("SUN", "school café"),
        ("cafe", "café"),
        ("太陽", "太陽光"),
        ("光", "太陽光"),
        ("sun bread", ""),
    ],
)
def test_all_words_of_a_text_are_found_by_their_beginnings(text: str, titles: str) -> None:
    """However they are spelled, also where words are not set apart."""
    every = [campaign(**found_by(content(title=title)), title=title) for title in TITLES]
    wanted = CampaignFilter("spc_one", text=text)
    found = [one for one in every if wanted.matches(one, Onlooker())]
    assert len(found) == len(titles.split())
    assert all(any(title in one["title"] for title in titles.split()) for one in found)


DRAFTED, REVIEWED = {"state": "DRAFT", "opened_at": None}, {"state": "IN_REVIEW", "opened_at": None}
TAKEN_BACK = {"state": "CANCELLED", "opened_at": None}


@pytest.mark.parametrize(
    ("changes", "seen_by"),
    [
        ({}, "anybody ana ben moderator"),
        ({"state": "SUSPENDED"}, "anybody ana ben moderator"),
        ({"state": "CANCELLED"}, "anybody ana ben moderator"),
        (REVIEWED, "ana ben moderator"),
        (TAKEN_BACK, "ana ben moderator"),
        (DRAFTED, "ana ben moderator"),
    ],
)
def test_who_sees_a_campaign(changes: dict[str, Any], seen_by: str) -> None:
    """What was open once is public; before, it is for its team and for moderators."""
    people = {
        "anybody": Onlooker(),
        "ana": Onlooker("ana"),
        "ben": Onlooker("ben"),
        "moderator": Onlooker("dev", moderates=True),
        "stranger": Onlooker("eve"),
    }
    every = CampaignFilter("spc_one", states=list(CampaignState))
    found = {name for name, who in people.items() if every.matches(campaign(**changes), who)}
    assert found - {"stranger"} == set(seen_by.split())
    assert ("stranger" in found) == ("anybody" in found)


def test_without_states_it_is_the_public_ones() -> None:
    """Those alone, also for its team."""
    shown = CampaignFilter("spc_one")
    states = {
        state
        for state in CampaignState
        if shown.matches(campaign(state=state.value), Onlooker("ana"))
    }
    assert states == {"OPEN", "SUCCEEDED", "FAILED", "FULFILLING", "FULFILLED"}


def test_what_nothing_can_match_is_refused() -> None:
    """Every problem by its path."""
    wrong = CampaignFilter(
        "spc_one",
        near=Circle(place(181, 91), 0),
        within=Box(-181, 91, 181, -91),
        category="energy//solar",
        share_from=float("nan"),
        share_below=-1,
        ends_from=NOON,
        ends_before=NOON,
        text="…",
    )
    with pytest.raises(InvalidInput) as refused:
        wrong.check()
    assert [problem.path for problem in refused.value.problems] == [
        "filter.near.point.longitude",
        "filter.near.point.latitude",
        "filter.near.radiusM",
        "filter.withinBox.west",
        "filter.withinBox.east",
        "filter.withinBox.south",
        "filter.withinBox.north",
        "filter.withinBox.north",
        "filter.category",
        "filter.shareFrom",
        "filter.shareBelow",
        "filter.endsBefore",
        "filter.text",
    ]
    with pytest.raises(InvalidInput, match="shareBelow"):
        CampaignFilter("spc_one", share_from=1.0, share_below=1.0).check()
