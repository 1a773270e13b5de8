"""Real server processes for tests: started as an operator starts them, and spoken to over HTTP."""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
STOP_SECONDS = 30
COMMAND_SECONDS = 120
# Hashes of passwords that cost nothing: how dear they are is tested by itself.
CHEAP = {"argon2_memory_kib": 8, "argon2_time_cost": 1}


def environment(**settings: Any) -> dict[str, str]:
    """Return this process's environment with these settings of Fivefold and no others.

    Names are those of the fields of `Settings`, so `mongodb_uri=…` becomes `MONGODB_URI`.
    """
    outer = dict(os.environ)  # noqa: TID251 - what a child process inherits
    clean = {
        name: value
        for name, value in outer.items()
        if not name.startswith(("FIVEFOLD_", "MONGODB_URI", "PYTEST_"))
    }
    given = {
        "MONGODB_URI" if name == "mongodb_uri" else f"FIVEFOLD_{name.upper()}": str(value)
        for name, value in settings.items()
        if value is not None
    }
    return {**clean, "PYTHONPATH": str(ROOT), **given}


def fivefold(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run one command of the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=tempfile.gettempdir(),
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


class ServerProcess:
    """One `fivefold serve` on a free port, from `with` to the end of its block.

    With `mongodb_uri` it joins that deployment: give every test a `database` of its own. Without,
    it starts an embedded one in `data_dir`, which should be a short path. Other settings go by
    the names of the fields of `Settings`.
    """

    url: str
    said: str

    def __init__(self, **settings: Any) -> None:
        given = CHEAP | settings
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `kill`
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", str(given.pop("port", 0))],
            cwd=tempfile.gettempdir(),
            env=environment(**given),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Self:
        """Return once it answers."""
        try:
            self.said = self._announcement()
            self.url = self._find(r"runs at (http\S+)")
            self._await_answer()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it if it still runs."""
        try:
            self.stop()
        finally:
            self.kill()

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    @property
    def operator_token(self) -> str | None:
        """Return the one-time token for the first operator, if it printed one."""
        found = re.search(r"/operator/#(\S+)", self.said)
        return found[1] if found else None

    @property
    def running(self) -> bool:
        """Say whether the process still runs."""
        return self._process.poll() is None

    def log(self) -> str:
        """Return what it has logged."""
        if self._log.closed:
            return ""
        self._log.seek(0)
        return self._log.read()

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C or a service manager does; return its exit code."""
        if self.running:
            self._process.terminate()
        return self._process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if self.running:
            self._process.kill()
        self._process.wait(STOP_SECONDS)
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()

    def _find(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        if found is None:
            raise AssertionError(f"The server did not start: {self.said}{self.log()}")
        return found[1]

    def _announcement(self) -> str:
        lines: list[str] = []
        for line in self._process.stdout or ():
            lines.append(line)
            if "Ctrl-C" in line:
                break
        return "".join(lines)

    def _await_answer(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError):
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()  # noqa: S310
                return
            if not self.running or time.monotonic() > until:
                raise AssertionError(f"The server does not answer: {self.log()}")
            time.sleep(0.02)
