"""The state machine: every row of its table, and what lateness does to it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.alerts.state import (
    Outcome,
    Phase,
    Reason,
    State,
    acknowledge,
    fail,
    freeze,
    observe,
    pass_time,
    reset,
    run,
)
from app.alerts.triggers import NoDataPolicy, Threshold
from tests.alerts.timelines import batched, reading, second, threshold, told

# Recovery at 70, threshold at 80: 60 is clean, 75 lies in the band between, 90 breaches.
WATCHFUL = threshold(
    recovery=70,
    for_seconds=60,
    keep_firing_for_seconds=60,
    no_data_after_seconds=300,
    repeat_every_seconds=120,
)
AT_ONCE = threshold(recovery=70)


def silent(policy: str) -> Threshold:
    """Return a threshold whose waits outlast the silence."""
    return threshold(
        recovery=70,
        for_seconds=1000,
        keep_firing_for_seconds=1000,
        no_data_after_seconds=60,
        no_data_policy=NoDataPolicy(policy),
    )


def standing(column: str) -> State:
    """Return an instance that came to a phase at 0, `NO_DATA/FIRING`: from an open alert."""
    phase, _, before = column.partition("/")
    held = Phase(before) if before else None
    is_open = held is not None or phase in ("FIRING", "RECOVERING")
    return State(
        phase=Phase(phase),
        since=second(0),
        watched_since=second(-1000),
        alerts_opened=3,
        phase_before=held,
        no_data_told=phase == "NO_DATA",
        told_at=second(0) if is_open else None,
    )


def reads(value: float, at: float, trigger: Threshold = WATCHFUL) -> Callable[[State], Outcome]:
    """Observe a value at an instant."""
    return lambda state: observe(trigger, state, reading(at, value))


def waits(to: float, value: float, trigger: Threshold = WATCHFUL) -> Callable[[State], Outcome]:
    """Let time pass after this value was read at 0."""
    return lambda state: pass_time(trigger, state, reading(0, value), second(to), inclusive=True)


def waits_for_repeat(state: State) -> Outcome:
    """Let the interval since the last notice run out, and no other wait."""
    if state.told_at is not None:
        state = replace(state, told_at=second(-120))
    return pass_time(WATCHFUL, state, reading(0, 90), second(0), inclusive=True)


def sleeps(state: State) -> Outcome:
    """Go through everything while paused."""
    paused = freeze(state, second(0))
    moves: list[Any] = []
    for step in (reads(90, 30), reads(60, 200), waits(9999, 90), lambda s: fail(s, second(9999))):
        paused, moved = step(paused)
        moves += moved
    return replace(paused, frozen_at=None), moves


EVALUATIONS: dict[str, Callable[[State], Outcome]] = {
    "clean": reads(60, 30),
    "band": reads(75, 30),
    "breach": reads(90, 30),
    "clean, no waits": reads(60, 30, AT_ONCE),
    "breach, no waits": reads(90, 30, AT_ONCE),
    "clean, wait over": reads(60, 60),
    "breach, wait over": reads(90, 60),
    "wait not over": waits(59.999, 90),
    "wait over": waits(60, 90),
    "interval over": waits_for_repeat,
    "not silent yet": waits(60, 90, silent("NO_DATA")),
    "silence NO_DATA": waits(90, 90, silent("NO_DATA")),
    "silence OK": waits(90, 90, silent("OK")),
    "silence KEEP": waits(90, 90, silent("KEEP")),
    "silence FIRING": waits(90, 90, silent("FIRING")),
    "third failure": lambda state: fail(replace(state, failures=2), second(30)),
    "rule edited": lambda state: reset(state, second(30)),
    "paused": sleeps,
}

# Each cell: the phases entered, with the notice in small letters; a dot where nothing changes.
QUIET = """
evaluation        | NORMAL         | PENDING
clean             | .              | NORMAL
band              | .              | NORMAL
breach            | PENDING        | .
clean, no waits   | .              | NORMAL
breach, no waits  | FIRING first   | FIRING first
clean, wait over  | .              | NORMAL
breach, wait over | PENDING        | FIRING first
wait not over     | .              | .
wait over         | .              | FIRING first
interval over     | .              | .
not silent yet    | .              | .
silence NO_DATA   | NO_DATA no_data| NO_DATA no_data
silence OK        | .              | NORMAL
silence KEEP      | .              | .
silence FIRING    | FIRING first   | FIRING first
third failure     | ERROR error    | ERROR error
rule edited       | .              | NORMAL
paused            | .              | .
"""

ALERTING = """
evaluation        | FIRING              | RECOVERING
clean             | RECOVERING          | .
band              | .                   | FIRING
breach            | .                   | FIRING
clean, no waits   | NORMAL resolved     | NORMAL resolved
breach, no waits  | .                   | FIRING
clean, wait over  | RECOVERING          | NORMAL resolved
breach, wait over | .                   | FIRING
wait not over     | .                   | .
wait over         | .                   | NORMAL resolved
interval over     | FIRING repeat       | .
not silent yet    | .                   | .
silence NO_DATA   | NO_DATA no_data     | NO_DATA no_data
silence OK        | NORMAL resolved     | NORMAL resolved
silence KEEP      | .                   | .
silence FIRING    | .                   | FIRING
third failure     | ERROR error         | ERROR error
rule edited       | NORMAL rule_changed | NORMAL rule_changed
paused            | .                   | .
"""

WITHOUT_DATA = """
evaluation        | NO_DATA                            | NO_DATA/FIRING                      | NO_DATA/RECOVERING
clean             | NORMAL data_resumed                | FIRING data_resumed, RECOVERING      | RECOVERING data_resumed
band              | NORMAL data_resumed                | FIRING data_resumed                  | RECOVERING data_resumed, FIRING
breach            | NORMAL data_resumed, PENDING       | FIRING data_resumed                  | RECOVERING data_resumed, FIRING
clean, no waits   | NORMAL data_resumed                | FIRING data_resumed, NORMAL resolved | RECOVERING data_resumed, NORMAL resolved
breach, no waits  | NORMAL data_resumed, FIRING first  | FIRING data_resumed                  | RECOVERING data_resumed, FIRING
clean, wait over  | NORMAL data_resumed                | FIRING data_resumed, RECOVERING      | RECOVERING data_resumed
breach, wait over | NORMAL data_resumed, PENDING       | FIRING data_resumed                  | RECOVERING data_resumed, FIRING
wait not over     | .                                  | .                                    | .
wait over         | .                                  | .                                    | .
interval over     | .                                  | .                                    | .
not silent yet    | .                                  | .                                    | .
silence NO_DATA   | .                                  | .                                    | .
silence OK        | .                                  | .                                    | .
silence KEEP      | .                                  | .                                    | .
silence FIRING    | .                                  | .                                    | .
third failure     | ERROR error                        | ERROR error                          | ERROR error
rule edited       | NORMAL                             | NORMAL rule_changed                  | NORMAL rule_changed
paused            | .                                  | .                                    | .
"""  # noqa: E501 - a table

FAILING = """
evaluation        | ERROR                | ERROR/FIRING            | ERROR/RECOVERING
clean             | NORMAL               | FIRING, RECOVERING      | RECOVERING
band              | NORMAL               | FIRING                  | RECOVERING, FIRING
breach            | NORMAL, PENDING      | FIRING                  | RECOVERING, FIRING
clean, no waits   | NORMAL               | FIRING, NORMAL resolved | RECOVERING, NORMAL resolved
breach, no waits  | NORMAL, FIRING first | FIRING                  | RECOVERING, FIRING
clean, wait over  | NORMAL               | FIRING, RECOVERING      | RECOVERING
breach, wait over | NORMAL, PENDING      | FIRING                  | RECOVERING, FIRING
wait not over     | .                    | .                       | .
wait over         | .                    | .                       | .
interval over     | .                    | .                       | .
not silent yet    | .                    | .                       | .
silence NO_DATA   | NO_DATA no_data      | NO_DATA no_data         | NO_DATA no_data
silence OK        | NORMAL               | NORMAL resolved         | NORMAL resolved
silence KEEP      | .                    | .                       | .
silence FIRING    | FIRING first         | FIRING                  | FIRING
third failure     | .                    | .                       | .
rule edited       | NORMAL               | NORMAL rule_changed     | NORMAL rule_changed
paused            | .                    | .                       | .
"""


def cells() -> list[tuple[str, str, str]]:
    """Read the tables: where it stands, the evaluation, what follows."""
    found = []
    for table in (QUIET, ALERTING, WITHOUT_DATA, FAILING):
        [head, *lines] = [
            [text.strip() for text in line.split("|")] for line in table.strip().splitlines()
        ]
        for [evaluation, *outcomes] in lines:
            found += [
                (column, evaluation, outcome)
                for column, outcome in zip(head[1:], outcomes, strict=True)
            ]
    return found


@pytest.mark.parametrize(("column", "evaluation", "outcome"), cells())
def test_each_evaluation_in_each_phase(column: str, evaluation: str, outcome: str) -> None:
    """From where it stands, an evaluation leads where the table says, and tells whom it says."""
    before = standing(column)
    after, timeline = EVALUATIONS[evaluation](before)
    story = [f"{move.after} {(move.reason or '').lower()}".strip() for move in timeline]
    assert ", ".join(story) == ("" if outcome == "." else outcome)
    phases = [before.phase, *(move.after for move in timeline)]
    assert [move.before for move in timeline] == phases[:-1]
    assert after.phase is phases[-1]
    assert [move.opens for move in timeline] == [move.reason is Reason.FIRST for move in timeline]
    assert after.alerts_opened == 3 + sum(move.opens for move in timeline)
    ends = (Reason.RESOLVED, Reason.RULE_CHANGED)
    assert [move.closes for move in timeline] == [move.reason in ends for move in timeline]


def test_the_tables_cover_every_phase_and_evaluation() -> None:
    """No phase lacks an answer to any evaluation."""
    answered = {(Phase(column.partition("/")[0]), evaluation) for column, evaluation, _ in cells()}
    assert answered == {(phase, evaluation) for phase in Phase for evaluation in EVALUATIONS}


def test_what_changes_nothing_leaves_the_same_state() -> None:
    """An evaluation without effect hands back the very state, so there is nothing to write."""
    state = State.fresh(second(0))
    assert observe(WATCHFUL, state, reading(1, 60))[0] is state
    assert waits(2, 60)(state)[0] is state


def test_nothing_read_ever_is_silence_too() -> None:
    """An instance that never had a reading has waited since it was made."""
    state = State.fresh(second(0))
    state, none = pass_time(WATCHFUL, state, None, second(300), inclusive=True)
    assert none == []
    state, [move] = pass_time(WATCHFUL, state, None, second(301), inclusive=True)
    assert (move.after, move.value, move.at) == (Phase.NO_DATA, None, second(300.001))


def test_a_late_tick_stamps_each_step_with_when_it_was_due() -> None:
    """A tick hours late tells of the alert at its time, and of the silence at its own."""
    trigger = threshold(for_seconds=60, no_data_after_seconds=300)
    _, timeline = batched(trigger, State.fresh(second(0)), [[reading(0, 90)]], second(9999))
    assert [(move.at, move.after, move.value) for move in timeline] == [
        (second(0), Phase.PENDING, 90),
        (second(60), Phase.FIRING, 90),
        (second(300.001), Phase.NO_DATA, None),
    ]


def test_missed_repeats_are_told_once() -> None:
    """A tick that comes late tells the latest REPEAT, and the next one keeps the rhythm."""
    trigger = threshold(repeat_every_seconds=60)
    state, _ = run(trigger, State.fresh(second(0)), None, [reading(0, 90)])
    state, [move] = pass_time(trigger, state, reading(0, 90), second(200), inclusive=True)
    assert (move.at, move.reason, state.repeats) == (second(180), Reason.REPEAT, 3)
    state, [move] = pass_time(trigger, state, reading(0, 90), second(240), inclusive=True)
    assert (move.at, state.repeats) == (second(240), 4)
    state, _ = run(trigger, state, reading(0, 90), [reading(241, 60), reading(242, 90)])
    assert state.repeats == 0


def test_acknowledging_stops_repeats_until_the_next_alert() -> None:
    """Whoever takes an alert on ends its repeats; the next alert begins anew."""
    trigger = threshold(repeat_every_seconds=60)
    state, _ = run(trigger, State.fresh(second(0)), None, [reading(0, 90)])
    state = acknowledge(state)
    state, timeline = run(
        trigger, state, reading(0, 90), [reading(500, 95), reading(501, 60), reading(502, 90)]
    )
    assert told(timeline) == [Reason.RESOLVED, Reason.FIRST]
    assert not state.acknowledged
    state, [move] = pass_time(trigger, state, reading(502, 90), second(562), inclusive=True)
    assert (move.reason, move.ordinal) == (Reason.REPEAT, 2)


def test_only_an_open_alert_can_be_acknowledged() -> None:
    """Acknowledging nothing leaves nothing behind for the alert to come."""
    assert not acknowledge(State.fresh(second(0))).acknowledged


def test_time_does_not_speak_for_a_silent_series() -> None:
    """With KEEP a wait is not over by time alone once the last value is too old to speak."""
    trigger = threshold(for_seconds=100, no_data_after_seconds=60, no_data_policy=NoDataPolicy.KEEP)
    readings = [reading(0, 90), reading(500, 90)]
    _, timeline = run(trigger, State.fresh(second(0)), None, readings)
    assert [(move.at, move.after) for move in timeline] == [
        (second(0), Phase.PENDING),
        (second(500), Phase.FIRING),
    ]


def test_a_reading_that_comes_late_does_not_turn_time_back() -> None:
    """What was measured before a step that time has taken counts from that step on."""
    trigger = threshold(for_seconds=60)
    state, _ = batched(trigger, State.fresh(second(0)), [[reading(0, 90)]], second(70))
    state, [move] = run(trigger, state, reading(0, 90), [reading(50, 60)])
    assert (move.at, move.reason) == (second(60), Reason.RESOLVED)


def test_a_late_reading_does_not_come_before_what_was_told() -> None:
    """An alert that was told of again ends after that, whenever its end was measured."""
    trigger = threshold(repeat_every_seconds=60)
    state, _ = batched(trigger, State.fresh(second(0)), [[reading(0, 90)]], second(70))
    _, [move] = run(trigger, state, reading(0, 90), [reading(50, 60)])
    assert (move.at, move.reason) == (second(60), Reason.RESOLVED)


def test_a_late_tick_does_not_claim_a_value_from_later() -> None:
    """What was due before the last value came was not caused by it."""
    state, _ = run(WATCHFUL, State.fresh(second(0)), None, [reading(0, 90)])
    _, [move] = pass_time(WATCHFUL, state, reading(70, 95), second(80), inclusive=True)
    assert (move.at, move.reason, move.value) == (second(60), Reason.FIRST, None)


def test_a_reading_too_old_to_speak_ends_no_silence() -> None:
    """Data from before the silence are no sign that data have come back."""
    trigger = threshold(no_data_after_seconds=60)
    state, _ = pass_time(trigger, State.fresh(second(0)), None, second(99), inclusive=True)
    assert observe(trigger, state, reading(0, 90)) == (state, [])


def test_readings_are_taken_in_the_order_of_time() -> None:
    """Within a batch order does not matter; what is older than the last one is passed over."""
    trigger = threshold(for_seconds=60)
    batch = [reading(90, 60), reading(0, 90), reading(30, 90)]
    state, timeline = run(trigger, State.fresh(second(0)), None, batch)
    assert [move.after for move in timeline] == [Phase.PENDING, Phase.FIRING, Phase.NORMAL]
    assert run(trigger, state, reading(90, 60), [reading(80, 90)]) == (state, [])


@pytest.mark.parametrize("column", sorted({column for column, _, _ in cells()}))
def test_a_state_survives_being_stored(column: str) -> None:
    """What MongoDB keeps is plain, and reads back as the same state."""
    state = replace(freeze(standing(column), second(7)), repeats=2, acknowledged=True, failures=1)
    document = state.to_document()
    assert State.from_document(document | {"and": "more"}) == state
    assert document["alert_open"] is state.alert_open
    assert type(document["phase"]) is str
