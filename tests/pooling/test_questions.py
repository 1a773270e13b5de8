"""Questions: what somebody is asked to check, in which order, and what they are not asked."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.documents import Place
from app.pooling.questions import Question, Reason, questions
from app.pooling.rules import DEFAULTS, kinds_of
from tests.pooling.entries import HERE, WHEELCHAIR, agreed, day, entry, facet

KINDS = {"WHEELCHAIR": WHEELCHAIR}
ALL = kinds_of(DEFAULTS)
SPOT = Place(type="Point", coordinates=[*HERE])
FRESH = {"WHEELCHAIR": facet(checked_at=day(300), stale_at=day(700))}
STALE = {"WHEELCHAIR": facet()}
DISPUTED = {
    "WHEELCHAIR": FRESH["WHEELCHAIR"]
    | {"consensus": agreed(disputed=True, supporters=2, dissenters=1)}
}
AT = day(400)


def north(metres: float) -> Place:
    """Return the point so many metres north of here."""
    return Place(type="Point", coordinates=[HERE[0], HERE[1] + metres / 111_195])


def ask(*entries: Any, kinds: Any = None, **options: Any) -> list[Question]:
    """Return what is asked of somebody who stands here."""
    return questions(entries, KINDS if kinds is None else kinds, SPOT, AT, **options)


def test_on_the_spot_the_stale_comes_before_the_disputed_and_that_before_the_unknown() -> None:
    """Each says why it is asked; what is fresh and agreed is not asked."""
    found = ask(
        entry("ent_unknown", facets={}),
        entry("ent_fresh", facets=FRESH),
        entry("ent_disputed", facets=DISPUTED),
        entry("ent_stale", facets=STALE),
    )
    assert [(one.entry, one.reason) for one in found] == [
        ("ent_stale", Reason.STALE),
        ("ent_disputed", Reason.DISPUTED),
        ("ent_unknown", Reason.UNKNOWN),
    ]
    assert [one.sentence for one in found] == [
        "It was last checked on 2026-03-01: is it still so?",
        "2 say so, 1 say otherwise: what is right?",
        "Nobody has said what is so.",
    ]
    assert [one.value for one in found] == ["SUITABLE", "SUITABLE", None]


def test_the_nearer_comes_first_and_near_things_can_come_before_urgent_ones() -> None:
    """Nobody is sent across the town for what is stale while something is beside them."""
    found = ask(
        entry("ent_far", facets=STALE, spot=north(5_000)),
        entry("ent_near", facets=STALE, spot=north(100)),
        entry("ent_here", facets={"WHEELCHAIR": facet("UNKNOWN")}),
    )
    assert [one.entry for one in found] == ["ent_near", "ent_here", "ent_far"]
    assert [round(one.metres, -1) for one in found] == [100, 0, 5_000]


@pytest.mark.parametrize("state", ["GONE", "MERGED", "HIDDEN"])
def test_what_is_not_there_is_not_asked(state: str) -> None:
    """Neither what is gone, nor what leads elsewhere, nor what nobody sees."""
    assert ask(entry(state=state, facets=STALE)) == []


def test_what_somebody_has_answered_is_not_asked_again() -> None:
    """Of the entry, that facet only."""
    one = entry(facets=STALE)
    found = ask(one, kinds=ALL, spoken={("ent_one", "WHEELCHAIR"), ("ent_one", "DEAF")})
    assert [question.facet for question in found] == ["BLIND", "STROLLER"]


def test_facets_that_the_pool_has_no_more_are_not_asked() -> None:
    """Only what it asks for now, in its own order."""
    found = ask(entry(facets={"GONE_BY": facet()}), kinds=ALL)
    assert [question.facet for question in found] == list(ALL)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([FRESH, STALE, DISPUTED, {}]), st.integers(0, 9_000)), max_size=6
    )
)
def test_questions_are_in_order_whatever_is_around(around: list[Any]) -> None:
    """By score; of the same urgency by distance; and the order of entries does not matter."""
    entries = [
        entry(f"ent_{n}", facets=facets, spot=north(metres))
        for n, (facets, metres) in enumerate(around)
    ]
    found = ask(*entries)
    assert found == ask(*reversed(entries))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    for reason in Reason:
        metres = [one.metres for one in found if one.reason is reason]
        assert metres == sorted(metres)
