"""Which mongod is taken, and what is said when none can be."""

import os
import subprocess
from pathlib import Path

import pytest

from app.db import mongod
from app.db.embedded import Embedded, _answers
from app.db.mongod import DatabaseUnavailable, check_uri, explain_death, find, probe
from tests.db.daemons import LOADER, SIX, eventually, script

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
