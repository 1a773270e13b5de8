"""Taking back what one person did: field by field, with the work of all others left."""

from typing import Any

import pytest

from app.db.pool_documents import FacetValue, Revision
from app.pooling.reversals import Culprit, brought_about, is_alone, without
from app.pooling.words import Cause, State
from tests.pooling.entries import agreed, day, entry, facet

VIC = Culprit("vic", day(1), day(9))
Step = tuple[str, str, dict[str, Any]]


def history(*steps: Step, state: str = "PUBLISHED") -> list[Revision]:
    """Return revisions, one a day: by whom, of which cause, and what changes by path."""
    content: dict[str, Any] = {"title": "Café", "category": "cafe", "facets": {}}
    facets: dict[str, FacetValue] = {}
    revisions: list[Any] = []
    for n, (by, cause, changes) in enumerate(steps):
        for path, value in changes.items():
            name = path.removeprefix("facets.")
            if name == path:
                content = {**content, path: value}
            elif value is None:
                facets = {key: one for key, one in facets.items() if key != name}
            else:
                facets = {**facets, name: facet(value, by, round=n + 1)}
        revisions.append(
            {
                "version": n + 1,
                "cause": cause,
                "content": content,
                "facets": facets,
                "matched": {"state": changes.get("state", state)},
                "changed": list(changes),
                "by": by,
                "at": day(n),
            }
        )
    return revisions


def made(*steps: Step) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields and the values of facets that are left without what Vic did."""
    past = history(*steps)
    left = without(past[-1]["facets"], past, [VIC])
    return dict(left.fields), {name: one["value"] for name, one in left.facets.items()}


ADA: Step = ("ada", "CONTRIBUTED", {"title": "Café", "facets.BLIND": "PARTLY"})


@pytest.mark.parametrize(
    ("steps", "fields", "facets"),
    [
        ([("vic", "EDITED", {"title": "Buy"})], {"title": "Café"}, {"BLIND": "PARTLY"}),
        ([("vic", "EDITED", {"facets.BLIND": None})], {}, {"BLIND": "PARTLY"}),
        ([("vic", "EDITED", {"facets.DEAF": "PARTLY"})], {}, {"BLIND": "PARTLY"}),
        (
            [("vic", "EDITED", {"title": "Buy"}), ("vic", "EDITED", {"title": "Sell"})],
            {"title": "Café"},
            {"BLIND": "PARTLY"},
        ),
        (
            [("vic", "EDITED", {"title": "Buy"}), ("ben", "EDITED", {"title": "Bar"})],
            {},
            {"BLIND": "PARTLY"},
        ),
        (
            [("ben", "EDITED", {"title": "Bar"}), ("vic", "REVERTED", {"title": "Café"})],
            {"title": "Bar"},
            {"BLIND": "PARTLY"},
        ),
        (
            [
                ("vic", "EDITED", {"facets.BLIND": "SUITABLE"}),
                ("ben", "CONFIRMED", {"facets.BLIND": "UNSUITABLE"}),
            ],
            {},
            {"BLIND": "UNSUITABLE"},
        ),
        ([("vic", "CONFIRMED", {"facets.BLIND": "SUITABLE"})], {}, {"BLIND": "SUITABLE"}),
    ],
)
def test_each_field_goes_back_to_what_others_last_made_of_it(
    steps: list[Step], fields: dict[str, Any], facets: dict[str, Any]
) -> None:
    """Unless others changed it since; what people agreed on is nobody's alone."""
    assert made(ADA, *steps) == (fields, facets)


def test_what_was_done_before_stays_and_is_what_is_gone_back_to() -> None:
    """Nothing is taken back from before the time that was named."""
    early: Step = ("vic", "CONTRIBUTED", {"title": "Early", "facets.BLIND": "PARTLY"})
    late: Step = ("vic", "EDITED", {"title": "Late", "facets.BLIND": "SUITABLE"})
    assert made(early, late) == ({"title": "Early"}, {"BLIND": "PARTLY"})


def test_of_several_whose_work_is_taken_back_none_is_somebody_else() -> None:
    """Nor is the taking back itself, in whatever order it is done."""
    will = Culprit("will", day(1), day(9))
    vic: Step = ("vic", "EDITED", {"title": "Buy", "facets.BLIND": "SUITABLE"})
    also: Step = ("will", "EDITED", {"title": "Sell", "facets.BLIND": "UNSUITABLE"})
    back: Step = ("max", "REVERTED", {"title": "Buy", "facets.BLIND": "SUITABLE"})
    for past, undone in ((history(ADA, vic, also), ()), (history(ADA, vic, also, back), (4,))):
        left = without(past[-1]["facets"], past, [will, VIC], undone)
        assert left.fields == {"title": "Café"}
        assert left.facets == past[0]["facets"]


def test_what_others_verified_is_theirs() -> None:
    """A value on which enough agree is right, whoever gave it."""
    past = history(ADA, ("vic", "EDITED", {"facets.DEAF": "SUITABLE"}))
    facets = dict(past[-1]["facets"])
    facets["DEAF"] = {**facets["DEAF"], "consensus": agreed(verified=True)}
    assert without(facets, past, [VIC]).facets == facets


def test_an_entry_is_alone_whose_maker_nobody_joined() -> None:
    """Within the time that was named, and with nobody's word on it."""
    alone = entry(created_by="vic", contributors=["vic"])
    first = history(("ada", "EDITED", {}), ("vic", "CONTRIBUTED", {}))[1:]
    assert is_alone(alone, first, [VIC])
    assert not is_alone(alone, history(("vic", "CONTRIBUTED", {})), [VIC])
    assert not is_alone(entry(created_by="vic", contributors=["vic", "ben"]), first, [VIC])


@pytest.mark.parametrize(
    ("by", "cause", "undone", "is_so"),
    [
        ("will", "EDITED", (), True),
        ("ada", "EDITED", (), False),
        ("max", "REVERTED", (3,), True),
        ("max", "REVERTED", (), False),
        ("max", "HIDDEN", (), True),
        ("max", "RESTORED", (), False),
    ],
)
def test_of_several_who_made_an_entry_none_is_somebody_else(
    by: str, cause: str, undone: tuple[int, ...], is_so: bool
) -> None:
    """Nor is a moderator who takes back or hides; but one who showed it again is."""
    culprits = [VIC, Culprit("will", day(1), day(9))]
    steps: list[Step] = [("ada", "EDITED", {}), ("vic", "CONTRIBUTED", {}), (by, cause, {})]
    both = entry(created_by="vic", contributors=["vic", "will"])
    assert is_alone(both, history(*steps)[1:], culprits, undone) is is_so


def test_a_state_was_brought_about_by_who_last_led_to_it() -> None:
    """What happened to it since, in the same state, does not matter."""
    gone = {"state": "GONE"}
    past = history(ADA, ("vic", "SIGNALLED", gone), ("ben", "SIGNALLED", gone))
    assert brought_about(State.GONE, past, VIC)
    assert not brought_about(State.MERGED, past, VIC)
    again = [*past, *history(ADA, ("ben", Cause.SIGNALLED, gone))]
    assert not brought_about(State.GONE, again, VIC)
