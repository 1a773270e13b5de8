"""Who sees a thread: the whole matrix, and that the database's filter means the same."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.broking.visibility import (
    Look,
    Onlooker,
    Position,
    asker_shown,
    filter_for,
    look,
    positions,
)
from app.broking.words import Tier
from app.db.thread_documents import Thread
from tests.broking.threads import hour, onlookers, standings, thread

HERE = frozenset({"spc_one"})
ELSEWHERE = frozenset({"spc_two"})

VIEWERS = {
    "nobody known": Onlooker(),
    "signed-in stranger": Onlooker("dev"),
    "seeker": Onlooker("dev", seeks_in=HERE),
    "the asker": Onlooker("ana", seeks_in=HERE),
    "the asker, gone": Onlooker("ana"),
    "expert": Onlooker("dev", expert_in=HERE),
    "the invited expert": Onlooker("ben", expert_in=HERE),
    "invited, no expert any more": Onlooker("ben"),
    "moderator": Onlooker("dev", moderates=HERE),
    "operator": Onlooker("dev", is_operator=True),
    "everything elsewhere": Onlooker(
        "dev", seeks_in=ELSEWHERE, expert_in=ELSEWHERE, moderates=ELSEWHERE
    ),
}
# N: sees it with the asker's name, p: with the pseudonym, dot: it is not there.
EXPECTED = """
                            | PUBLIC | SPACE | EXPERTS_ONLY | PAIR
nobody known                | p      | .     | .            | .
signed-in stranger          | p      | .     | .            | .
seeker                      | p      | p     | .            | .
the asker                   | N      | N     | N            | N
the asker, gone             | N      | N     | N            | N
expert                      | N      | N     | N            | .
the invited expert          | N      | N     | N            | N
invited, no expert any more | p      | .     | .            | .
moderator                   | N      | N     | .            | .
operator                    | N      | N     | .            | .
everything elsewhere        | p      | .     | .            | .
"""
SIGNS = {"N": Look.NAME, "p": Look.PSEUDONYM, ".": Look.ABSENT}


def cells() -> list[tuple[str, str, Look]]:
    """Return viewer, tier and look of every cell."""
    head, *rows = (
        [cell.strip() for cell in row.split("|")] for row in EXPECTED.strip("\n").split("\n")
    )
    return [
        (name, tier, SIGNS[cell])
        for name, *found in rows
        for tier, cell in zip(head[1:], found, strict=True)
    ]


def matches(filter: dict[str, Any], document: dict[str, Any]) -> bool:
    """Say whether MongoDB would find a document by a filter, of the few operators in use."""
    return all(_holds(document, key, wanted) for key, wanted in filter.items())


def _holds(document: dict[str, Any], key: str, wanted: Any) -> bool:
    if key == "$or":
        return any(matches(one, document) for one in wanted)
    found = document[key]
    if isinstance(wanted, dict):
        ((operator, value),) = wanted.items()
        return found in value if operator == "$in" else {"$ne": found != value}[operator]
    return wanted in found if isinstance(found, list) else bool(found == wanted)


@pytest.mark.parametrize(("viewer", "tier", "expected"), cells())
def test_the_matrix_of_tiers_and_viewers(viewer: str, tier: str, expected: Look) -> None:
    """Each viewer sees each tier as the table says, and the name with it or not."""
    seen, onlooker = thread(visibility=tier, invited=["ben"]), VIEWERS[viewer]
    assert look(seen, onlooker) is expected
    assert asker_shown(seen, onlooker) == ("ana" if expected is Look.NAME else None)


def test_the_matrix_is_whole() -> None:
    """Every position and every tier has been seen in a cell."""
    assert {tier for _, tier, _ in cells()} == set(Tier)
    standing = thread(invited=["ben"], escalated_at=hour(1))
    met = set().union(*(positions(standing, onlooker) for onlooker in VIEWERS.values()))
    assert met == set(Position)


@pytest.mark.parametrize("tier", ["EXPERTS_ONLY", "PAIR"])
def test_the_operator_reads_what_came_to_them_without_the_name(tier: str) -> None:
    """And goes on reading it when the thread has gone on from there."""
    operator = VIEWERS["operator"]
    came = thread(visibility=tier, state="ROUTED", escalated_at=hour(1))
    assert look(came, operator) is Look.PSEUDONYM
    assert look(thread(visibility=tier, state="ROUTED"), operator) is Look.ABSENT


@pytest.mark.parametrize(("viewer", "tier"), [*product(VIEWERS, Tier)])
def test_what_is_withdrawn_is_there_for_its_asker_alone(viewer: str, tier: Tier) -> None:
    """Neither moderators nor experts see what was taken back."""
    gone = thread(visibility=tier, state="WITHDRAWN", invited=["ben"], escalated_at=hour(1))
    assert (look(gone, VIEWERS[viewer]) is Look.NAME) == (
        viewer in {"the asker", "the asker, gone"}
    )


@pytest.mark.parametrize("person", [None, "ana", "ben", "dev"])
def test_the_filter_means_what_the_table_says_for_every_standing(person: str | None) -> None:
    """Every combination of groups and roles, here and elsewhere, with every kind of thread."""
    grid = product(
        ["spc_one", "spc_two"], Tier, ["OPEN", "WITHDRAWN"], [[], ["ben"]], [None, hour(1)]
    )
    all_threads: list[Any] = [
        thread(space=space, visibility=tier, state=state, invited=invited, escalated_at=at)
        for space, tier, state, invited, at in grid
    ]
    where = [frozenset[str](), HERE, ELSEWHERE] if person else [frozenset[str]()]
    groups = product(where, where, where)
    for operates, (seeks, knows, moderates) in product([False, person is not None], groups):
        onlooker = Onlooker(person, operates, seeks, knows, moderates)
        found = [matches(filter_for(onlooker), one) for one in all_threads]
        assert found == [look(one, onlooker) is not Look.ABSENT for one in all_threads]


@settings(max_examples=150, deadline=None)
@given(st.lists(standings, min_size=1, max_size=8), onlookers)
def test_the_filter_means_what_the_table_says(all_threads: list[Thread], viewer: Onlooker) -> None:
    """A query finds just the threads that the judgement lets somebody see, one by one."""
    filter = filter_for(viewer)
    for one in all_threads:
        document: Any = one
        assert matches(filter, document) == (look(one, viewer) is not Look.ABSENT)


@settings(max_examples=100, deadline=None)
@given(standings, onlookers)
def test_more_standing_never_shows_less(one: Thread, viewer: Onlooker) -> None:
    """Whoever joins a group sees at least what they saw."""
    order = list(Look)
    joined = Onlooker(
        person=viewer.person or "dev",
        is_operator=viewer.is_operator,
        seeks_in=viewer.seeks_in | HERE,
        expert_in=viewer.expert_in | HERE,
        moderates=viewer.moderates,
    )
    assert order.index(look(one, joined)) >= order.index(look(one, viewer))
