"""The embedded MongoDB: real mongods, real processes, real deaths."""

import json
import os
import signal
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from app.db.embedded import Embedded, await_stop
from app.db.mongod import DatabaseUnavailable, check_uri
from tests.db.daemons import (
    User,
    eventually,
    has_ended,
    insert,
    kill_guard,
    names,
    pid_of,
)

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
        parameters = client.admin.command("getParameter", notablescan=1, ttlMonitorEnabled=1)
    assert (parameters["notablescan"], parameters["ttlMonitorEnabled"]) == (True, False)


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
