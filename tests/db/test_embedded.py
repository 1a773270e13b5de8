"""The embedded MongoDB: real mongods, real processes, real deaths."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from app.db import mongod
from app.db.embedded import Embedded, _answers, _claimable, await_stop
from app.db.mongod import DatabaseUnavailable, check_uri, explain_death, find, probe

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


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short path, and see that no mongod outlives the test."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="five-"))
    yield folder
    if (folder / "mongodb" / "guard.lock").exists():
        await_stop(folder)
    shutil.rmtree(folder)


@pytest.fixture
def user(folder: Path) -> Iterator[Callable[[], User]]:
    """Let other processes use the folder."""
    users: list[User] = []

    def start() -> User:
        users.append(User(folder))
        return users[-1]

    yield start
    for each in users:
        each.kill()


@pytest.fixture(scope="module")
def embedded() -> Iterator[Embedded]:
    """Give one embedded MongoDB for the tests that do it no harm."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="five-"))
    with Embedded(folder, None, testing=True) as embedded:
        yield embedded
    await_stop(folder)
    shutil.rmtree(folder)


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


# What it can do


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_transactions_and_change_streams_work(embedded: Embedded, driver: str) -> None:
    """A transaction commits, and a change stream tells of it, with either driver."""
    if driver == "motor":
        motor = pytest.importorskip("motor.motor_asyncio")
        client = motor.AsyncIOMotorClient(embedded.uri)
    else:
        client = AsyncMongoClient(embedded.uri)

    async def settled(value: Any) -> Any:
        return await value if hasattr(value, "__await__") else value

    notes = client[f"of_{driver}"]["notes"]
    await notes.insert_one({"_id": 1})
    async with await settled(notes.watch()) as stream:
        async with await settled(client.start_session()) as session:
            await session.with_transaction(
                lambda session: notes.update_one({"_id": 1}, {"$set": {"n": 2}}, session=session)
            )
        assert (await stream.next())["documentKey"] == {"_id": 1}
    await settled(client.close())


def test_testing_refuses_queries_without_an_index(embedded: Embedded) -> None:
    """In tests a query that no index serves fails, so that none is forgotten."""
    with MongoClient[dict[str, Any]](embedded.uri) as client:
        parameters = client.admin.command("getParameter", notablescan=1, ttlMonitorSleepSecs=1)
    assert (parameters["notablescan"], parameters["ttlMonitorSleepSecs"]) == (True, 5)


def test_only_its_user_may_come_near(embedded: Embedded) -> None:
    """Every folder has mode 0700, the socket too, and mongod listens on no port."""
    inside = [embedded.home, *embedded.home.iterdir()]
    doors = [p for p in inside if p.is_dir() or p.is_socket()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in doors} == {0o700}
    assert any(path.is_socket() for path in doors)
    inodes = set()
    for link in Path(f"/proc/{pid_of(embedded.uri)}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            inodes.add(str(link.readlink()))
    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]
    listening = {
        f"socket:[{line.split()[9]}]" for table in tables for line in table.splitlines()[1:]
    }
    assert not inodes & listening


def test_somebody_elses_folder_keeps_its_mode(folder: Path) -> None:
    """The folder that the operator names is theirs; only what lies in it is closed to others."""
    folder.chmod(0o755)
    (folder / "mongodb" / "mongod-7.0").mkdir(parents=True)
    (folder / "mongodb" / "mongod-7.0" / "WiredTiger").touch()
    with pytest.raises(DatabaseUnavailable), Embedded(folder, None):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "mongodb").stat().st_mode) == 0o700


def test_a_replica_set_is_a_good_uri(embedded: Embedded) -> None:
    """The check of MONGODB_URI lets a replica set pass."""
    check_uri(embedded.uri)


# Who shares it, and who dies


def test_it_lasts_as_long_as_its_last_user(folder: Path, user: Callable[[], User]) -> None:
    """The second process joins, survives the first, and after it mongod ends."""
    first, second = user(), user()
    arrivals = [first.arrival(), second.arrival()]
    assert sorted(a["started"] for a in arrivals) == [False, True]
    uri = arrivals[0]["uri"]
    assert arrivals[1]["uri"] == uri
    mongod_pid = pid_of(uri)
    first.kill()
    insert(uri, "ada")
    assert names(uri) == ["ada"]
    second.kill()
    await_stop(folder)
    assert has_ended(mongod_pid)
    assert not (folder / "mongodb" / "mongod.sock").exists()


def test_six_at_once_start_one(folder: Path, user: Callable[[], User]) -> None:
    """Of six that start at the same moment one starts mongod, and the others use it."""
    arrivals = [each.arrival() for each in [user() for _ in range(6)]]
    assert sum(a["started"] for a in arrivals) == 1
    assert len({a["uri"] for a in arrivals}) == 1


def test_mongod_comes_back_after_it_was_killed(folder: Path) -> None:
    """A mongod that is killed comes back at the same address, with what was acknowledged."""
    with Embedded(folder, None) as embedded, MongoClient[dict[str, Any]](embedded.uri) as client:
        insert(embedded.uri, "ada")
        before = pid_of(embedded.uri)
        os.kill(before, signal.SIGKILL)
        assert client["t"]["names"].find_one({"_id": "ada"})
        insert(embedded.uri, "ben")
        assert pid_of(embedded.uri) != before
        assert names(embedded.uri) == ["ada", "ben"]


def test_a_starter_killed_in_the_middle_leaves_nothing(
    folder: Path, user: Callable[[], User]
) -> None:
    """A process that dies while mongod boots leaves no mongod, and the next one starts."""
    starter = user()
    eventually((folder / "mongodb" / "mongod.log").exists)
    starter.kill()
    await_stop(folder)
    assert not (folder / "mongodb" / "state.json").exists()
    assert user().arrival()["started"]


def test_stale_notes_mislead_nobody(folder: Path) -> None:
    """Notes and a socket that a crash of the machine left behind do not matter."""
    home = folder / "mongodb"
    home.mkdir()
    home.joinpath("state.json").write_text(
        json.dumps({"home": str(home), "socket": str(home / "mongod.sock"), "pid": os.getpid()})
    )
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(home / "mongod.sock"))
    with Embedded(folder, None) as embedded:
        assert embedded.started
        insert(embedded.uri, "ada")


def test_without_its_guard_it_still_ends(folder: Path) -> None:
    """When the guard is killed its users go on, and the last of them stops mongod."""
    with Embedded(folder, None) as embedded:
        pid = pid_of(embedded.uri)
        kill_guard(folder, pid)
        insert(embedded.uri, "ada")
    eventually(lambda: has_ended(pid))


def test_a_new_user_brings_a_new_guard(folder: Path) -> None:
    """When the guard was killed, the next user starts mongod anew, at the same address."""
    with Embedded(folder, None) as first:
        insert(first.uri, "ada")
        pid = pid_of(first.uri)
        kill_guard(folder, pid)
        with Embedded(folder, None) as second:
            assert second.started
            assert pid_of(first.uri) != pid
            assert names(first.uri) == ["ada"]


def test_a_folder_may_move(folder: Path) -> None:
    """Data that were moved are found at their new place, and a new socket goes with them."""
    with Embedded(folder / "here", None) as embedded:
        insert(embedded.uri, "ada")
    await_stop(folder / "here")
    there = folder / "There, where a driver's address cannot be"
    (folder / "here").rename(there)
    with Embedded(there, None) as embedded:
        assert embedded.uri.startswith(f"mongodb://%2Ftmp%2Ffivefold-{os.getuid()}%2F")
        assert names(embedded.uri) == ["ada"]
    await_stop(there)


# Why there is none


@pytest.mark.parametrize(
    ("body", "message", "fix"),
    [
        (
            f"{LOADER} libcurl.so.4: cannot open' >&2; exit 127",
            "lacks the library libcurl.so.4",
            "apt-get install libcurl4` (Debian, Ubuntu) or `dnf install libcurl`",
        ),
        (
            f"{LOADER} libssl.so.3: cannot open' >&2; exit 127",
            "lacks the library libssl.so.3",
            "apt-get install libssl3` (Debian, Ubuntu) or `dnf install openssl-libs`",
        ),
        (
            f"{LOADER} libodd.so.1: cannot open' >&2; exit 127",
            "lacks the library libodd.so.1",
            "Install the package that has it",
        ),
        (
            'echo "mongod: /lib/libc.so.6: version \\`GLIBC_2.34\' not found" >&2; exit 1',
            "needs a newer system than this one (GLIBC_2.34 is missing)",
            "Debian 12",
        ),
        ("kill -ILL $$", "instructions that this processor lacks", "MONGODB_URI"),
        ("echo db version v5.0.32", "MongoDB 5.0.32, which is too old", "MongoDB 6 to 8"),
        ("echo db version v9.0.1", "MongoDB 9.0.1, which is too new", "MongoDB 6 to 8"),
        ("echo hello", "not a mongod that works: hello", "FIVEFOLD_MONGOD"),
    ],
)
def test_a_mongod_that_does_not_run_is_explained(
    tmp_path: Path, body: str, message: str, fix: str
) -> None:
    """What is wrong with a mongod is said with what to do about it."""
    with pytest.raises(DatabaseUnavailable) as refusal:
        probe(script(tmp_path, body))
    assert message in refusal.value.message
    assert fix in refusal.value.fix


def test_a_mongod_that_is_set_must_work(tmp_path: Path) -> None:
    """FIVEFOLD_MONGOD never falls back to another mongod."""
    with pytest.raises(DatabaseUnavailable, match="No such file"):
        find(tmp_path / "nothing")


def test_path_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mongod on PATH is taken if it runs, else the wheel's, else all refusals are told."""
    tmp_path.joinpath("bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    wheels = find(None)
    on_path = script(tmp_path / "bin", "echo db version v7.0.9")
    on_path.chmod(0o755)
    assert find(None) == mongod.Mongod(on_path, "7.0.9")
    assert find(None, written_by=wheels.major) == wheels
    with pytest.raises(DatabaseUnavailable, match=r"written by MongoDB 8\.0") as refusal:
        find(None, written_by=8)
    assert str(on_path) in refusal.value.message
    assert str(wheels.path) in refusal.value.message


def test_newer_data_are_refused(folder: Path) -> None:
    """Data of a newer MongoDB are not opened, and no empty database takes their place."""
    (folder / "mongodb" / "mongod-8.0").mkdir(parents=True)
    (folder / "mongodb" / "mongod-8.0" / "WiredTiger").touch()
    with pytest.raises(DatabaseUnavailable, match=r"written by MongoDB 8\.0"):
        Embedded(folder, None).__enter__()
    assert not (folder / "mongodb" / "mongod-6.0").exists()


def test_a_mongod_that_cannot_start_says_why(folder: Path) -> None:
    """When mongod dies again and again, the reason is taken from what it said."""
    full = f"{SIX} echo No space left on device; exit 14"
    embedded = Embedded(folder, script(folder, full))
    with pytest.raises(DatabaseUnavailable) as refusal:
        embedded.__enter__()
    assert refusal.value.message == "The disk is full."
    assert refusal.value.fix == f"Free space in {folder}/mongodb."


@pytest.mark.parametrize(
    ("code", "log", "message"),
    [
        (-6, '{"s":"F","msg":"WiredTiger error","attr":{"e":"No space left on device"}}', "disk"),
        (100, '{"s":"E","msg":"DBException","attr":{"error":"DBPathInUse: …"}}', "Another mongod"),
        (-9, "", "kills mongod"),
        (-4, "", "processor"),
        (14, '{"s":"F","msg":"Fatal","attr":{"n":1}}\n{"s":"I","msg":"bye"}', 'Fatal {"n": 1}'),
        (2, "Error parsing command line: unrecognised option", "unrecognised option"),
        (1, "", "it says nothing"),
    ],
)
def test_a_death_is_explained(code: int, log: str, message: str) -> None:
    """Exit code and log of a mongod become a sentence for a person."""
    assert message in explain_death(code, log, Path("/srv/mongodb")).message


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """Where no folder can be, the message names it."""
    tmp_path.joinpath("file").touch()
    with pytest.raises(DatabaseUnavailable, match=r"/file cannot be used: File exists"):
        Embedded(tmp_path / "file", None).__enter__()


def test_windows_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where processes cannot share it, the message says what to use instead."""
    embedded = Embedded(tmp_path, None)
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        with pytest.raises(DatabaseUnavailable, match="MONGODB_URI"):
            embedded.__enter__()


# MONGODB_URI


@pytest.mark.parametrize("options", [[], ["--replSet=rs0"]])
def test_a_mongod_outside_a_replica_set_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """A MONGODB_URI without transactions is refused with the one command that gives them."""
    monkeypatch.setattr(mongod, "CHECK_MILLISECONDS", 1_000)
    path = folder / "alone.sock"
    flags = [f"--dbpath={folder}", f"--bind_ip={path}", "--nounixsocket", *options]
    alone = subprocess.Popen([find(None).path, *flags], stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: _answers(path))
        with pytest.raises(DatabaseUnavailable, match="not in a replica set") as refusal:
            check_uri(f"mongodb://{str(path).replace('/', '%2F')}/")
    finally:
        alone.kill()
        alone.wait()
    assert "rs.initiate()" in refusal.value.fix


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("mongodb://127.0.0.1:1/", "127.0.0.1:1: [Errno 111] Connection refused."),
        ("mongodb://127.0.0.1:1/?replicaSet=rs0", "Connection refused."),
        ("mongo://127.0.0.1/", "Invalid URI scheme"),
        ("mongodb://me:secret@word@127.0.0.1/", "must be escaped"),
    ],
)
def test_a_uri_that_leads_nowhere_is_explained(
    monkeypatch: pytest.MonkeyPatch, uri: str, message: str
) -> None:
    """A MONGODB_URI with a typing error, or to nobody, is refused; no password is told."""
    monkeypatch.setattr(mongod, "CHECK_MILLISECONDS", 200)
    with pytest.raises(DatabaseUnavailable) as refusal:
        check_uri(uri)
    assert message in refusal.value.message
    assert "secret" not in str(refusal.value)
