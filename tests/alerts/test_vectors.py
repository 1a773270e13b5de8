"""The vectors of the contract, cell for cell: however the readings come, the timeline is this."""

import re
from datetime import datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alerts.state import Outcome, Reading, Reason, State
from app.alerts.triggers import Threshold
from tests.alerts.timelines import batched, punctual, reading, second, split, threshold, told

TABLE = """
| t | A: for 60 | B: recovery 70 | C: keepFiringFor 60 | D: noDataAfter 60 | E: for 60, noDataAfter 60 |
| --- | --- | --- | --- | --- | --- |
| 0 | 70 NORMAL | 85 FIRING ① | 85 FIRING ① | 85 FIRING ① | 85 PENDING |
| 30 | 85 PENDING | 79 FIRING | 70 RECOVERING | – FIRING | – PENDING |
| 60 | 70 NORMAL | 82 FIRING | 70 RECOVERING | – FIRING | – PENDING |
| 90 | 85 PENDING | 75 FIRING | 85 FIRING, same alert | – NO_DATA, told | – NO_DATA, told |
| 120 | 86 PENDING | 81 FIRING | 70 RECOVERING | 90 FIRING, same alert | 90 PENDING, new clock |
| 150 | 87 FIRING ① | 70 RESOLVED | 70 RECOVERING | 70 RESOLVED | 90 PENDING |
| 180 | 88 FIRING | 85 FIRING ② | 70 RESOLVED | | 90 FIRING ① |
| 210 | 70 RESOLVED | | 70 NORMAL | | |
"""  # noqa: E501 - as the contract has it

TRIGGERS = {
    "A": threshold(for_seconds=60),
    "B": threshold(recovery=70),
    "C": threshold(keep_firing_for_seconds=60),
    "D": threshold(no_data_after_seconds=60),
    "E": threshold(for_seconds=60, no_data_after_seconds=60),
}
NUMBERS = {"①": 1, "②": 2}


class Cell(NamedTuple):
    """What one cell of the table says."""

    at: int
    value: float | None
    word: str
    number: int | None
    note: str


def column(name: str) -> list[Cell]:
    """Read one column of the table."""
    lines = [line.strip("|").split("|") for line in TABLE.strip().splitlines()]
    place = next(i for i, head in enumerate(lines[0]) if head.strip().startswith(name))
    cells = []
    for line in lines[2:]:
        match = re.fullmatch(r"(\S+) (\w+)(?: ([①②]))?(?:, (.*))?", line[place].strip())
        if match is not None:
            value, word, number, note = match.groups()
            known = None if value == "\N{EN DASH}" else float(value)
            cells.append(Cell(int(line[0]), known, word, NUMBERS.get(number), note or ""))
    return cells


def readings(cells: list[Cell]) -> list[Reading]:
    """Return what is read in a column."""
    return [reading(cell.at, cell.value) for cell in cells if cell.value is not None]


def ticks(cells: list[Cell]) -> list[datetime]:
    """Return the instants of a column."""
    return [second(cell.at) for cell in cells]


def expected_notices(cell: Cell, before: Cell | None) -> list[Reason]:
    """Return who-is-told-what of a cell: the table's own signs, and data that come back."""
    notices = []
    if before is not None and before.word == "NO_DATA" and cell.value is not None:
        notices.append(Reason.DATA_RESUMED)
    if cell.number is not None:
        notices.append(Reason.FIRST)
    if cell.word == "RESOLVED":
        notices.append(Reason.RESOLVED)
    if cell.note == "told":
        notices.append(Reason.NO_DATA)
    return notices


@pytest.mark.parametrize("name", TRIGGERS)
def test_each_cell(name: str) -> None:
    """At each instant of a column phase, notice, alert and clock are those of the cell."""
    cells, trigger = column(name), TRIGGERS[name]
    before: Cell | None = None
    number = seen = 0
    for count, cell in enumerate(cells, start=1):
        rows = readings(cells[:count])
        state, timeline = punctual(trigger, State.fresh(second(0)), rows, ticks(cells[:count]))
        new, seen = timeline[seen:], len(timeline)
        number = cell.number or number
        assert state.phase == ("NORMAL" if cell.word == "RESOLVED" else cell.word)
        assert told(new) == expected_notices(cell, before)
        assert state.alerts_opened == number
        assert {move.ordinal for move in new if move.opens} <= {cell.number}
        if cell.note == "same alert":
            assert not any(move.opens or move.closes for move in new)
            assert new[-1].ordinal == number
        if cell.note == "new clock":
            assert state.since == second(cell.at)
        before = cell


def test_the_table_is_read_whole() -> None:
    """No cell with text is passed over by the reader of the table."""
    texts = [cell for line in TABLE.strip().splitlines()[2:] for cell in line.split("|")[2:-1]]
    assert sum(len(column(name)) for name in TRIGGERS) == sum(bool(text.strip()) for text in texts)


def punctually(trigger: Threshold, cells: list[Cell]) -> Outcome:
    """Drive a column reading by reading, with a tick every 30 seconds."""
    return punctual(trigger, State.fresh(second(0)), readings(cells), ticks(cells))


@pytest.mark.parametrize("name", TRIGGERS)
def test_one_batch_gives_the_same_timeline(name: str) -> None:
    """All at once, or reading by reading with a tick every 30 seconds: the same to the letter."""
    cells, trigger = column(name), TRIGGERS[name]
    at_once = batched(trigger, State.fresh(second(0)), [readings(cells)], second(cells[-1].at))
    assert at_once == punctually(trigger, cells)


@given(st.sampled_from(sorted(TRIGGERS)), st.lists(st.integers(0, 8)))
def test_any_batches_give_the_same_timeline(name: str, cuts: list[int]) -> None:
    """Cut into batches anywhere, the readings give the same timeline to the letter."""
    cells, trigger = column(name), TRIGGERS[name]
    batches = split(readings(cells), cuts)
    in_batches = batched(trigger, State.fresh(second(0)), batches, second(cells[-1].at))
    assert in_batches == punctually(trigger, cells)
