"""Processes that use an embedded MongoDB, and what a test needs to look at them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from app.db.embedded import _claimable

DEADLINE_SECONDS = 30

# Uses a folder until its standard input ends, and says on its standard output how it came in.
USER = """
import json, sys
from pathlib import Path
from app.db.embedded import Embedded
with Embedded(Path(sys.argv[1]), None) as embedded:
    print(json.dumps({"started": embedded.started, "uri": embedded.uri}), flush=True)
    sys.stdin.read()
"""

# How programs begin that stand in for a mongod.
LOADER = "echo 'mongod: error while loading shared libraries:"
SIX = 'if [ $1 = --version ]; then echo "db version v6.0.5"; exit; fi; '


class User:
    """Another process that uses the embedded MongoDB of a folder."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, folder],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def arrival(self) -> dict[str, Any]:
        """Return how it came in, once it has."""
        assert self.process.stdout
        arrival: dict[str, Any] = json.loads(self.process.stdout.readline())
        return arrival

    def kill(self) -> None:
        """Let it die without a chance to tidy up."""
        self.process.kill()
        self.leave()

    def leave(self) -> None:
        """Let it go, and wait until it has."""
        self.process.communicate()


def state_of(folder: Path) -> dict[str, Any]:
    """Return what the guard and its starter wrote down."""
    state: dict[str, Any] = json.loads((folder / "mongodb" / "state.json").read_text())
    return state


def eventually(holds: Callable[[], Any]) -> None:
    """Return when the condition holds; fail if that takes too long."""
    until = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def pid_of(uri: str) -> int:
    """Return the process of the mongod that answers."""
    with MongoClient[dict[str, Any]](uri) as client:
        pid: int = client.admin.command("serverStatus")["pid"]
        return pid


def has_ended(pid: int) -> bool:
    """Say whether a process has ended, even if nobody has taken note."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def kill_guard(folder: Path, mongod_pid: int) -> None:
    """Kill the guard, which is mongod's parent, and wait until its lock is free."""
    status = Path(f"/proc/{mongod_pid}/status").read_text()
    os.kill(int(status.partition("PPid:")[2].split()[0]), signal.SIGKILL)
    eventually(lambda: _claimable(folder / "mongodb" / "guard.lock"))


def insert(uri: str, name: str) -> None:
    """Write a document so that it is safe."""
    with MongoClient[dict[str, Any]](uri, w="majority") as client:
        client["t"]["names"].insert_one({"_id": name})


def names(uri: str) -> list[str]:
    """Return what was written."""
    with MongoClient[dict[str, Any]](uri) as client:
        return [found["_id"] for found in client["t"]["names"].find().sort("_id")]


def script(folder: Path, body: str) -> Path:
    """Write a program that stands where a mongod is looked for."""
    path = folder / "mongod"
    path.write_text(f"#!/bin/sh\n{body}\n")
    return path
