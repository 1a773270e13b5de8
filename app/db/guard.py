"""The guard: mongod's parent, which starts it anew when it dies and stops it after its last user.

It runs by itself, as `python -I -S guard.py FOLDER LOCK`, in a session of its own, so that neither
Ctrl-C nor the death of a server reaches it. `state.json` in the folder says which command to run.
LOCK is the open `guard.lock`, inherited from the process that started it.
"""

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

QUICK_SECONDS = 10
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 30.0
STOP_SECONDS = 10  # one that is told to stop while it starts can hang; its journal is safe
OPEN_FILES = 64_000
LOG_BYTES = 8_000_000
NOTE_BYTES = 64
NOT_RUNNABLE = 127


class Guard:
    """Keeps one mongod running until nobody uses it."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self.lock = lock
        self.command: list[str] = json.loads((folder / "state.json").read_text())["command"]
        self.mongod: subprocess.Popen[bytes] | None = None
        self.deserted = threading.Event()
        self._turn = threading.Lock()

    def watch(self) -> None:
        """Run mongod until the lock of its users is free, which the kernel sees to."""
        keeper = threading.Thread(target=self.keep)
        with (self.folder / "users.lock").open("rb+") as users:
            keeper.start()
            try:
                fcntl.flock(users, fcntl.LOCK_EX)
            finally:
                self.stop(keeper)  # a new user waits for the lock until mongod is gone
                (self.folder / "state.json").unlink(missing_ok=True)
                os.close(self.lock)  # before the users' lock, or a new user would count on us

    def keep(self) -> None:
        """Run mongod whenever it is wanted, with longer pauses the more often it dies."""
        deaths, began, code = 0, time.monotonic(), self.run()
        while not self.deserted.is_set():
            deaths = deaths + 1 if time.monotonic() - began < QUICK_SECONDS else 0
            self.note(deaths, code)
            pause = min(SHORTEST_PAUSE * 2 ** min(deaths, 10), LONGEST_PAUSE) if deaths else 0
            if not self.deserted.wait(pause):
                began, code = time.monotonic(), self.run()

    def run(self) -> int:
        """Run mongod until it ends, and return its exit code."""
        self._set_old_log_aside()
        try:
            with (self.folder / "guard.log").open("wb") as output:
                mongod = self.start(output)
        except OSError as error:
            with suppress(OSError):
                (self.folder / "guard.log").write_text(str(error))
            return NOT_RUNNABLE
        if mongod is None:
            return 0
        with suppress(subprocess.TimeoutExpired):
            return mongod.wait(QUICK_SECONDS)
        self.note(0, 0)
        return mongod.wait()

    def start(self, output: IO[bytes]) -> subprocess.Popen[bytes] | None:
        """Start mongod if it is still wanted."""
        with self._turn:
            if self.deserted.is_set():
                return None
            self.mongod = subprocess.Popen(  # noqa: S603 - the command that was probed
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            return self.mongod

    def stop(self, keeper: threading.Thread) -> None:
        """End mongod, gently at first."""
        with self._turn:
            self.deserted.set()
            if self.mongod:
                self.mongod.terminate()
        keeper.join(STOP_SECONDS)
        if self.mongod:
            self.mongod.kill()
        keeper.join()

    def note(self, deaths: int, code: int) -> None:
        """Write down how mongod fares, in a file that has its size already: disks may be full."""
        text = json.dumps({"deaths": deaths, "code": code}).encode()
        with suppress(OSError), (self.folder / "deaths.json").open("rb+") as file:
            file.write(text.ljust(NOTE_BYTES))

    def _set_old_log_aside(self) -> None:
        log = self.folder / "mongod.log"
        with suppress(OSError):
            if log.stat().st_size > LOG_BYTES:
                log.replace(log.with_suffix(".log.1"))


def detach() -> None:
    """Leave the family: no parent that must reap us, no terminal, no folder that we pin."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Not SIG_IGN, which mongod would inherit. The guard ends with the last user, not before:
        # a stopped service signals all its processes at once, and servers still have work to end.
        signal.signal(number, lambda *_: None)
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, min(OPEN_FILES, most)), most))


if __name__ == "__main__":
    detach()
    Guard(Path(sys.argv[1]), int(sys.argv[2])).watch()
