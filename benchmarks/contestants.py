"""The contestants: servers that answer the same requests on the same database, each its process."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import Settings
from benchmarks.machine import cores, on_core
from tests.processes import ROOT, ServerProcess, environment

STOP_SECONDS = 20
# Nobody shall be turned away for asking often; each request is weighed and metered all the same.
UNMETERED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Contestant:
    """One server that runs: where it listens, and which process it is."""

    name: str
    port: int
    pid: int


Start = Callable[[ExitStack, str, str], Contestant]

COMPILED = "Fivefold"
INTERPRETED = "graphql-core"
PLAIN = "plain Strawberry"
BY_HAND = "by hand"
RAW = "raw broadcast"


def fivefold(name: str, **settings: Any) -> Start:
    """Return how to start Fivefold with these settings."""

    def start(stack: ExitStack, uri: str, database: str) -> Contestant:
        server = ServerProcess(
            mongodb_uri=uri, database=database, rate_points=UNMETERED, log_level="error", **settings
        )
        stack.enter_context(server)
        return Contestant(name, int(server.url.rpartition(":")[2]), server.pid)

    return start


def program(name: str, *command: str, cwd: Path = ROOT) -> Start:
    """Return how to start a program of ours that takes `--uri` and prints its port."""

    def start(stack: ExitStack, uri: str, database: str) -> Contestant:
        arguments = ["--uri", uri, "--database", database]
        process = stack.enter_context(_running([*command, *arguments], cwd))
        said = (process.stdout.readline() if process.stdout else "").strip()
        if not said.isdigit():
            raise SystemExit(f"{name} did not start: {said}")
        return Contestant(name, int(said), process.pid)

    return start


STARTS: dict[str, Start] = {
    COMPILED: fivefold(COMPILED),
    INTERPRETED: fivefold(INTERPRETED, compiled=False),
    PLAIN: program(PLAIN, sys.executable, "-m", "benchmarks.plain"),
    BY_HAND: program(BY_HAND, sys.executable, "-m", "benchmarks.floor"),
}
GROWING = {name: STARTS[name] for name in (COMPILED, BY_HAND)}
LIVE_STARTS: dict[str, Start] = {
    COMPILED: STARTS[COMPILED],
    INTERPRETED: STARTS[INTERPRETED],
    PLAIN: STARTS[PLAIN],
    RAW: program(RAW, sys.executable, "-m", "benchmarks.broadcast"),
}


def can_compile() -> bool:
    """Say whether this Fivefold knows the setting by which the two ways are told apart."""
    return "compiled" in Settings.model_fields


@contextmanager
def contest(
    starts: Mapping[str, Start], uri: str, databases: Mapping[str, str]
) -> Iterator[list[Contestant]]:
    """Yield the contestants, each on its database and all on the server's core, until the end."""
    with ExitStack() as stack:
        with on_core(cores().server):
            running = [start(stack, uri, databases[name]) for name, start in starts.items()]
        yield running


@contextmanager
def _running(command: list[str], cwd: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
