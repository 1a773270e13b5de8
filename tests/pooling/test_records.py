"""Records: what a pool knows of those who speak in it, and who of them are tied."""

from typing import Any

import pytest

from app.db.pool_documents import Accord, Finding
from app.pooling.records import agrees, record_of, ties_of, weight
from tests.pooling.entries import NOON, rules

RULES = rules()


def found(entry: int, *, agreed: bool = True, facet: str = "WHEELCHAIR") -> Finding:
    """Return what became of Ada's word on a facet of an entry."""
    return Finding(
        _id=f"{entry} {facet}",
        space="spc_one",
        person="ada",
        entry=f"ent_{entry}",
        facet=facet,
        round=1,
        agreed=agreed,
        at=NOON,
    )


def accord(user: str, giver: str | None, count: int) -> Accord:
    """Return how often somebody confirmed a giver, or anybody."""
    return Accord(_id=f"{user} {giver}", space="spc_one", user=user, giver=giver, count=count)


@pytest.mark.parametrize(
    ("findings", "trusted", "expected"),
    [
        ([], False, 0.5),
        ([], True, 1.0),
        ([found(1), found(2)], False, 0.5),
        ([found(1), found(1, facet="BLIND"), found(1, facet="DEAF")], False, 0.5),
        ([found(n) for n in range(3)], False, 1.75),
        ([found(n) for n in range(15)], False, 2.5),
        ([found(n) for n in range(10_000)], False, 3.0),
        ([found(n, agreed=n % 2 == 0) for n in range(8)], False, 1.0),
        ([found(n, agreed=False) for n in range(15)], True, 0.25),
    ],
)
def test_a_voice_weighs_what_was_right_of_its_words(
    findings: list[Finding], trusted: bool, expected: float
) -> None:
    """Newcomers little, however right; others the more, on the more entries they were right."""
    assert weight(record_of(findings), RULES, trusted=trusted) == pytest.approx(expected, abs=0.01)


def test_who_only_said_what_it_is_not_was_wrong_if_something_is_verified() -> None:
    """To dispute costs something, whether or not another value is named."""
    assert agrees("PARTLY", "PARTLY")
    assert not agrees("SUITABLE", "PARTLY")
    assert not agrees(None, "PARTLY")


@pytest.mark.parametrize(
    ("counts", "tied"),
    [
        ({"ben": (3, 3), "cleo": (3, 5)}, True),
        ({"ben": (3, 6), "cleo": (3, 3)}, False),
        ({"ben": (2, 2), "cleo": (9, 9)}, False),
        ({"ben": (90, 100), "cleo": (0, 100)}, False),
    ],
)
def test_two_are_tied_who_mostly_confirm_each_other(
    counts: dict[str, tuple[int, int]], tied: bool
) -> None:
    """More than half of all that each confirmed, and three times at least; by one side is none."""
    other = {"ben": "cleo", "cleo": "ben"}
    accords: list[Any] = []
    for user, (theirs, all_) in counts.items():
        accords += [accord(user, other[user], theirs), accord(user, None, all_)]
    assert list(ties_of(accords)) == ([("ben", "cleo")] if tied else [])
