"""Where an unanswered thread goes, as timelines: at so many hours, to whom."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.broking.routing import (
    Rung,
    Step,
    declined,
    due_at,
    fresh_route,
    invited,
    next_step,
    not_invitable,
)
from app.broking.states import Deed, State, next_state
from app.db.thread_documents import Thread
from tests.broking.threads import START, hour, rules, thread

# 12 hours until the first, 24 for each expert, 48 for the group, three experts at most.
RULES = rules()


def taken(before: Thread, step: Step) -> Thread:
    """Return the thread as it is written after a step."""
    changed: Any = before | {"state": step.state, "route": step.route}
    return changed  # type: ignore[no-any-return]


def timeline(one: Thread, suggested: list[str], instants: list[datetime]) -> list[str]:
    """Return what ticks at these instants do: `36 EXPERT cleo`."""
    said = []
    for at in instants:
        step = next_step(one, suggested, RULES, at)
        if step is not None:
            hours = (step.at - START).total_seconds() / 3600
            said.append(f"{hours:g} {step.rung} {step.expert or ''}".strip())
            one = taken(one, step)
    return said


HOURS = [hour(n) for n in range(240)]


def test_a_thread_goes_from_expert_to_expert_to_all_to_the_operator() -> None:
    """Each has the time that the space gives them."""
    assert timeline(thread(), ["ben", "cleo", "dev", "eli"], HOURS) == [
        "12 EXPERT ben",
        "36 EXPERT cleo",
        "60 EXPERT dev",
        "84 GROUP",
        "132 OPERATOR",
    ]


def test_without_experts_it_goes_to_all_at_once() -> None:
    """Nobody suits it, so nobody is waited for."""
    assert timeline(thread(), ["ana"], HOURS) == ["12 GROUP", "60 OPERATOR"]


def test_what_is_for_two_is_shown_to_no_third() -> None:
    """The operator mends it; neither another expert nor the group hears of it."""
    pair = thread(visibility="PAIR", invited=["ben"])
    assert timeline(pair, ["ben", "cleo"], HOURS) == ["12 OPERATOR"]


def test_a_late_tick_takes_no_expert_s_time() -> None:
    """One step at a time, and the next wait begins when the expert was really asked."""
    assert timeline(thread(), ["ben", "cleo"], [hour(100), hour(100), hour(123.99), hour(124)]) == [
        "100 EXPERT ben",
        "124 EXPERT cleo",
    ]


def test_a_step_says_when_it_was_due_and_why() -> None:
    """And how the thread stands then, with when it goes on."""
    step = next_step(thread(), ["ben"], RULES, hour(13))
    assert step == Step(
        rung=Rung.EXPERT,
        expert="ben",
        at=hour(13),
        was_due_at=hour(12),
        state=State.ROUTED,
        route={
            "rung": "EXPERT",
            "since": hour(13),
            "asked": ["ben"],
            "declined": False,
            "due_at": hour(37),
        },
        reasons=[
            "Nobody answered within 12:00:00, since 2026-03-01T00:00:00Z.",
            "It goes to expert 1 of at most 3.",
        ],
    )


def test_who_declines_is_not_waited_for() -> None:
    """If it is their turn; an earlier expert's no changes nothing."""
    asked = fresh_route(START, RULES) | {"rung": "EXPERT", "asked": ["ben", "cleo"]}
    turned: Any = asked
    assert declined(turned, "ben", hour(3)) == asked
    said_no = declined(turned, "cleo", hour(3))
    assert declined(said_no, "cleo", hour(4)) == said_no
    one = thread(state="ROUTED", route=said_no)
    assert due_at(one, RULES) == hour(3)
    step = next_step(one, ["cleo", "dev"], RULES, hour(3))
    assert step is not None
    assert (step.expert, step.reasons[0]) == ("dev", "The expert whose turn it was said no.")


def test_an_invitation_is_a_turn() -> None:
    """Also after the operator had it: from there it goes on as from any expert."""
    route = fresh_route(START, RULES) | {"rung": "OPERATOR", "asked": ["ben", "cleo"]}
    escalated: Any = route
    again = invited(escalated, "ben", RULES, hour(5))
    assert again["asked"] == ["cleo", "ben"]
    assert again["due_at"] == due_at(thread(state="ROUTED", route=again), RULES) == hour(29)


@pytest.mark.parametrize("state", [*State])
def test_only_what_waits_goes_on(state: State) -> None:
    """Whatever was answered, settled or taken back is left alone."""
    waits = next_state(thread(state=state), Deed.ESCALATE) is State.ESCALATED
    assert (due_at(thread(state=state), RULES) is not None) == waits
    assert (next_step(thread(state=state), ["ben"], RULES, hour(999)) is not None) == waits


@pytest.mark.parametrize(
    ("person", "is_expert", "visibility", "before", "may"),
    [
        ("ben", True, "SPACE", ["cleo"], True),
        ("ben", True, "PAIR", [], True),
        ("ben", True, "PAIR", ["ben"], True),
        ("ben", True, "PAIR", ["cleo"], False),
        ("ben", False, "SPACE", [], False),
        ("ana", True, "SPACE", [], False),
    ],
)
def test_who_can_be_invited(
    person: str, is_expert: bool, visibility: str, before: list[str], may: bool
) -> None:
    """An expert of the space who did not ask; for a pair, one."""
    one = thread(visibility=visibility, invited=before)
    assert (not_invitable(one, person, is_expert=is_expert) is None) == may


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(0, 400), max_size=40).map(sorted),
    st.lists(st.sampled_from(["ana", "ben", "cleo", "dev", "eli"]), unique=True),
    st.sampled_from(["PUBLIC", "SPACE", "EXPERTS_ONLY", "PAIR"]),
)
def test_whenever_ticks_come_the_order_holds(
    ticks: list[int], suggested: list[str], tier: str
) -> None:
    """Never before it is due, nobody twice, never back, and the operator is the end."""
    one, steps = thread(visibility=tier), []
    for tick in ticks:
        due, step = due_at(one, RULES), next_step(one, suggested, RULES, hour(tick))
        assert (step is not None) == (due is not None and due <= hour(tick))
        if step is not None:
            one = taken(one, step)
            assert step.route["due_at"] == due_at(one, RULES)
            steps.append(step)
    rungs = [list(Rung).index(step.rung) for step in steps]
    experts = [step.expert for step in steps if step.expert]
    assert rungs == sorted(rungs)
    assert rungs.count(1) <= 1
    assert rungs.count(2) <= 1
    assert len(set(experts)) == len(experts) <= 3
    assert "ana" not in experts


def test_no_more_are_invited_at_once_than_a_thread_can_carry() -> None:
    """The twenty-first has to wait until somebody declines; who is invited can be asked again."""
    many = thread(invited=[f"usr_{n}" for n in range(20)])
    assert not_invitable(many, "usr_new", is_expert=True) is not None
    assert not_invitable(many, "usr_3", is_expert=True) is None
