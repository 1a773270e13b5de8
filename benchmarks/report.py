"""The report: tables with ratios, for the terminal and for docs/performance.md."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from benchmarks.contestants import BY_HAND, COMPILED, RAW
from benchmarks.dataset import Size
from benchmarks.goals import Goal
from benchmarks.live import CASES, LiveCell
from benchmarks.rounds import Cell
from benchmarks.shapes import SHAPES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- begin: measured -->", "<!-- end: measured -->"
NEGLIGIBLE = 1e-9


class Table(NamedTuple):
    """Rows of texts below a head; the first column is words, the others are numbers."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table as Markdown."""
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        lines = [f"| {' | '.join(row)} |" for row in (self.head, rule, *self.rows)]
        return "\n".join((f"**{self.title}**", "", *lines))

    def text(self) -> str:
        """Return the table for a terminal."""
        columns = zip_longest(self.head, *self.rows, fillvalue="")
        widths = [max(len(cell) for cell in column) for column in columns]
        lines = [
            "  ".join(
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=False))
            )
            for row in (self.head, *self.rows)
        ]
        return "\n".join((self.title, *lines))


def queries(size: Size, cells: Sequence[Cell]) -> list[Table]:
    """Return the tables of the shapes at one size: CPU with ratios, and requests per second."""
    found = {(cell.contestant, cell.shape): cell for cell in cells}
    contestants = list(dict.fromkeys(cell.contestant for cell in cells))
    shapes = list(dict.fromkeys(cell.shape for cell in cells))

    def row(contestant: str, kind: str) -> list[str]:
        texts = []
        for shape in shapes:
            cell, ours = found.get((contestant, shape)), found[COMPILED, shape]
            if cell is None:
                texts.append("–")
            elif kind == "cpu":
                texts.append(f"{micro(cell.cpu)} ({cell.cpu / ours.cpu:.2f}×)")
            else:
                texts.append(f"{cell.rate:,.0f} ({cell.busy[0]:.0%}, {cell.busy[1]:.0%})")
        return [contestant, *texts]

    return [
        Table(
            f"CPU of the server per request in µs, and its ratio to {COMPILED}'s — {size.title}",
            ["server", *shapes],
            [row(contestant, "cpu") for contestant in contestants],
        ),
        Table(
            "Requests per second (how busy the server's core was, and the database's)",
            ["server", *shapes],
            [row(contestant, "rate") for contestant in contestants],
        ),
    ]


def growth(by_size: Mapping[Size, Sequence[Cell]]) -> Table:
    """Return how the cost at Fivefold, and by hand, grows with the data."""
    sizes = list(by_size)
    found = {(size, cell.contestant, cell.shape): cell for size in sizes for cell in by_size[size]}
    rows = []
    for name in (COMPILED, BY_HAND):
        for shape in SHAPES:
            cells = [found.get((size, name, shape.name)) for size in sizes]
            rows.append(
                [
                    f"{shape.name}, {name}",
                    *(f"{micro(c.cpu)} ({c.rate:,.0f}/s)" if c else "–" for c in cells),
                ]
            )
    return Table(
        "Growth: µs of CPU per request (requests per second) at three sizes",
        ["", *(f"{size.objects:,} objects of a kind" for size in sizes)],
        rows,
    )


def live(cells: Sequence[LiveCell]) -> Table:
    """Return the table of the live cases."""
    raw = {(c.case, c.sockets): c.cpu for c in cells if c.contestant == RAW}
    rows = [
        [
            f"{cell.case}, {cell.sockets:,} sockets, {cell.contestant}",
            micro(cell.cpu),
            f"{cell.cpu / max(NEGLIGIBLE, raw.get((cell.case, cell.sockets), cell.cpu)):.2f}×",
            micro(cell.cpu_per_alert),
            f"{cell.median_ms:,.0f}",
            f"{cell.p99_ms:,.0f}",
            str(cell.lost or ""),
        ]
        for cell in cells
    ]
    head = ["", "µs per item", "of raw", "µs per alert", "median ms", "p99 ms", "lacking"]
    return Table("Live: ten alerts a second", head, rows)


def memory(found: Mapping[str, float], sockets: int) -> Table:
    """Return the table of what a socket holds."""
    rows = [[contestant, f"{kib:.1f}"] for contestant, kib in found.items()]
    return Table(f"KiB of the server per socket, at {sockets:,}", ["server", "KiB"], rows)


def goals(found: Sequence[Goal]) -> Table:
    """Return the goals, and whether they are met."""
    rows = [[goal.wanted, goal.found, "yes" if goal.met else "no"] for goal in found]
    return Table("Goals", ["wanted", "found", "met"], rows)


def legend() -> str:
    """Return what the names of the shapes and cases mean."""
    lines = [f"- **{shape.name}**: {shape.title}." for shape in SHAPES]
    lines += [f"- **{case.name}**: {case.title}." for case in CASES]
    return "\n".join(lines)


def machine() -> str:
    """Return what this was measured on."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores; Python {platform.python_version()}"


def micro(value: float) -> str:
    """Return microseconds with as many digits as mean something."""
    return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"


def write(tables: Sequence[Table], on: date) -> None:
    """Put the tables into the page, between the marks, instead of those that are there."""
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    parts = [f"Measured on {on.isoformat()}: {machine()}.", *(t.markdown() for t in tables)]
    PAGE.write_text(before + BEGIN + "\n\n" + "\n\n".join(parts) + "\n\n" + END + after)
