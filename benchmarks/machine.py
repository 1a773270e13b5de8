"""The machine: which core a process runs on, and what a process has taken of it so far."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

# What Linux calls the CPU clock of a whole process, all threads together, to the nanosecond.
PROCESS_CLOCK = 2
# Of the fields of a core in `/proc/stat`, those in which it does nothing.
IDLE, IO_WAIT = 3, 4


class Cores(NamedTuple):
    """The core of the server that is measured, and the one of everything else."""

    server: int
    others: int


@cache
def cores() -> Cores:
    """Return the first and the last core that this process might use when it was first asked."""
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[-1])


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Let what is started in the block run on one core, from its first instruction on."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has taken since it began."""
    return time.clock_gettime((~pid << 3) | PROCESS_CLOCK)


def resident_kib(pid: int) -> int:
    """Return how much memory a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def busy_seconds(core: int) -> float:
    """Return how long a core has been at work since the machine began."""
    line = next(
        line
        for line in Path("/proc/stat").read_text().splitlines()
        if line.startswith(f"cpu{core} ")
    )
    ticks = [int(text) for text in line.split()[1:9]]
    idle = ticks[IDLE] + ticks[IO_WAIT]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def most_files() -> int:
    """Raise the number of files that this process may open as far as it goes, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
