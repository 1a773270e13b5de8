"""The goals, each a ratio within one run, beside what this run has shown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from benchmarks.contestants import BY_HAND, COMPILED, PLAIN, RAW
from benchmarks.live import LiveCell
from benchmarks.npm import MERCURIUS
from benchmarks.rounds import Cell

FLOOR_RATIO = 1.15
PLAIN_RATIOS = {"Q1": 2.0, "Q2": 5.0, "Q3": 5.0}
RAW_RATIO = 1.3
OWN_RATIO = 5.0
SLOWEST_MS = 100
LARGEST_KIB = 30
# Cases whose subscribers share operation and rights, and those who do not.
SHARED, OWN = ("L1", "L2"), ("L3", "L4")


class Goal(NamedTuple):
    """What is wanted, what was found, and whether that will do."""

    wanted: str
    found: str
    met: bool


def of_queries(cells: Sequence[Cell]) -> Iterator[Goal]:
    """Yield the goals on queries and mutations."""
    found = {(cell.contestant, cell.shape): cell for cell in cells}
    for name in dict.fromkeys(cell.shape for cell in cells):
        ours, floor = found[COMPILED, name], found.get((BY_HAND, name))
        if floor:
            ratio = ours.cpu / floor.cpu
            yield Goal(
                f"{name}: at most {FLOOR_RATIO}× of by hand", f"{ratio:.2f}×", ratio <= FLOOR_RATIO
            )
        plain, least = found.get((PLAIN, name)), PLAIN_RATIOS.get(name)
        if plain and least:
            ratio = plain.cpu / ours.cpu
            yield Goal(
                f"{name}: plain Strawberry takes {least:g}× or more",
                f"{ratio:.2f}×",
                ratio >= least,
            )
        if peer := found.get((MERCURIUS, name)):
            cpu, rate = ours.cpu / peer.cpu, ours.rate / peer.rate
            text = f"{cpu:.2f}× of the CPU, {rate:.2f}× of the requests"
            yield Goal(f"{name}: ahead of Mercurius", text, cpu < 1 < rate)


def of_live(cells: Sequence[LiveCell], memory: Mapping[str, float]) -> Iterator[Goal]:
    """Yield the goals on live delivery."""
    found = {(cell.case, cell.sockets, cell.contestant): cell for cell in cells}
    for cell in (cell for cell in cells if cell.contestant == COMPILED):
        where = f"{cell.case}, {cell.sockets:,} sockets"
        raw = found.get((cell.case, cell.sockets, RAW))
        plain = found.get((cell.case, cell.sockets, PLAIN))
        if cell.case in SHARED and raw:
            ratio = cell.cpu / raw.cpu
            yield Goal(f"{where}: at most {RAW_RATIO}× of raw", f"{ratio:.2f}×", ratio <= RAW_RATIO)
            yield Goal(
                f"{where}: p99 below {SLOWEST_MS} ms",
                f"{cell.p99_ms:.0f} ms",
                cell.p99_ms < SLOWEST_MS,
            )
        if cell.case in OWN and plain:
            ratio = plain.cpu / cell.cpu
            yield Goal(
                f"{where}: plain Strawberry takes {OWN_RATIO:g}× or more",
                f"{ratio:.2f}×",
                ratio >= OWN_RATIO,
            )
    if (kib := memory.get(COMPILED)) is not None:
        yield Goal(f"at most {LARGEST_KIB} KiB a socket", f"{kib:.1f} KiB", kib <= LARGEST_KIB)
