"""The doctor: each prerequisite that fails is named, with how to mend it."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pymongo import MongoClient

from app import doctor
from app.doctor import Finding, examine
from app.settings import Settings
from tests.processes import ServerProcess


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that does not exist yet, by a short path."""
    with TemporaryDirectory(prefix="ff") as parent:
        yield Path(parent) / "data"


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def found(findings: list[Finding], what: str) -> Finding:
    """Return the finding on one prerequisite."""
    [finding] = [finding for finding in findings if finding.what == what]
    return finding


def mongod_that_says(folder: Path, line: str, code: int) -> Path:
    """Return a program that cannot run as mongod, and says why as the system would."""
    program = folder.parent / "mongod"
    program.write_text(f"#!/bin/sh\necho '{line}' >&2\nexit {code}\n")
    program.chmod(0o755)
    return program


def test_all_is_well_on_a_machine_that_has_what_a_server_needs(
    folder: Path, free_port: int
) -> None:
    """Each prerequisite is named and fine, and the data folder is not touched."""
    findings = examine(Settings(data_dir=folder, port=free_port))
    assert [finding for finding in findings if not finding.ok] == []
    system = ["Python", "settings", "port", "open files", "search by meaning"]
    assert [finding.what for finding in findings] == [
        *system, "mongod", "data folder", "disk", "data",
    ]  # fmt: skip
    assert not folder.exists()


def test_whether_meanings_are_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is fine either way; who has not got the extra is told how to come by it."""
    assert doctor._meaning().said == "reads English threads"
    monkeypatch.setattr(doctor, "can_read", lambda: False)
    lacking = doctor._meaning()
    assert lacking.ok
    assert 'pip install "fivefold[semantic]"' in lacking.said


def test_a_port_that_is_taken_by_another_program_is_a_failure(folder: Path) -> None:
    """A taken port is named, with another one to choose."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        finding = doctor._port(Settings(data_dir=folder, port=port))
    assert not finding.ok
    assert f"127.0.0.1:{port}" in finding.said
    assert "FIVEFOLD_PORT" in finding.fix
    assert finding.exit_code == 2


def test_a_port_that_is_taken_by_fivefold_itself_is_fine(mongodb_uri: str) -> None:
    """Who asks the doctor while the server runs is told that it runs."""
    with ServerProcess(mongodb_uri=mongodb_uri, database="doctor") as server:
        port = int(server.url.rpartition(":")[2])
        finding = doctor._port(Settings(port=port))
    assert finding.ok
    assert "runs" in finding.said


def test_an_address_of_another_machine_cannot_be_listened_on(free_port: int) -> None:
    """A host that is none of this machine is told apart from a port that is taken."""
    finding = doctor._port(Settings(host="192.0.2.1", port=free_port))
    assert finding.exit_code == 2
    assert "FIVEFOLD_HOST" in finding.fix


def test_a_missing_library_of_mongod_is_named_with_its_package(folder: Path) -> None:
    """The package to install is named for the library that mongod lacks."""
    line = (
        "mongod: error while loading shared libraries: libcurl.so.4: "
        "cannot open shared object file: No such file or directory"
    )
    mongod = mongod_that_says(folder, line, 127)
    finding = found(examine(Settings(data_dir=folder, mongod=mongod)), "mongod")
    assert "libcurl.so.4" in finding.said
    assert "apt-get install libcurl4" in finding.fix
    assert finding.exit_code == 3


def test_a_uri_that_cannot_be_used_is_explained_without_its_password(free_port: int) -> None:
    """A bad URI says how one looks, and the password in it stays unsaid."""
    uri = "mongodb://ada:Tr0ub4dor&3-and-more@/?replicaSet=rs0"
    finding = found(examine(Settings(mongodb_uri=uri, port=free_port)), "database")
    assert finding.exit_code == 3
    assert "mongodb://host:27017/?replicaSet=rs0" in finding.fix
    assert "Tr0ub4dor" not in f"{finding.said} {finding.fix}"


def test_a_deployment_that_answers_is_fine(mongodb_uri: str, free_port: int) -> None:
    """A replica set that answers is enough: no mongod is looked for."""
    findings = examine(Settings(mongodb_uri=mongodb_uri, database="doctor_none", port=free_port))
    assert found(findings, "database").ok
    assert found(findings, "data").ok
    assert "mongod" not in {finding.what for finding in findings}


def test_data_of_a_newer_server_are_refused(mongodb_uri: str, free_port: int) -> None:
    """A database that a newer server has written asks for a newer server."""
    settings = Settings(mongodb_uri=mongodb_uri, database="doctor_newer", port=free_port)
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client["doctor_newer"]["meta"].insert_one({"_id": "schema", "version": 999})
        finding = found(examine(settings), "data")
        client.drop_database("doctor_newer")
    assert "999" in finding.said
    assert finding.exit_code == 3


@pytest.mark.parametrize("password", ["swordfish", "aaaaaaaaaaaaaaaaaaaaaaaa"])
def test_a_weak_secret_is_a_failure(password: str) -> None:
    """A short or monotonous password is named by where it stands, and never printed."""
    settings = Settings(mongodb_uri=f"mongodb://ada:{password}@db.example.org/")
    [finding] = doctor._secrets(settings)
    assert not finding.ok
    assert "MONGODB_URI" in finding.what
    assert password not in f"{finding.said} {finding.fix}"
    assert finding.exit_code == 2


def test_a_long_secret_is_fine() -> None:
    """A password of many different letters passes, also one that is quoted in the URI."""
    settings = Settings(mongodb_uri="mongodb://ada:q7%40Vb2-Xr9w_Kd4z@db.example.org/")
    [finding] = doctor._secrets(settings)
    assert finding.ok


def test_a_variable_that_names_no_setting_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in a variable's name, which the server would pass over, is found."""
    monkeypatch.setenv("FIVEFOLD_PROT", "8001")
    monkeypatch.setenv("FIVEFOLD_LOG_LEVEL_FILE", "/dev/null")
    finding = doctor._variables()
    assert "FIVEFOLD_PROT" in finding.said
    assert "LOG_LEVEL" not in finding.said
    assert finding.exit_code == 2


def test_a_folder_that_cannot_be_made_is_a_failure(folder: Path, free_port: int) -> None:
    """A data folder below a file cannot be; another one may be named."""
    file = folder.parent / "file"
    file.touch()
    finding = found(examine(Settings(data_dir=file / "data", port=free_port)), "data folder")
    assert finding.exit_code == 3
    assert "FIVEFOLD_DATA_DIR" in finding.fix


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_a_failure(folder: Path, free_port: int) -> None:
    """Data of another user are not opened: what is written to them would be ours."""
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    finding = found(examine(Settings(data_dir=folder, port=free_port)), "data folder")
    assert "another user" in finding.said
    assert finding.exit_code == 3


def test_data_that_are_there_are_opened(folder: Path) -> None:
    """A folder that holds a database is looked into, also while a server uses it."""
    with ServerProcess(data_dir=folder) as server:
        port = int(server.url.rpartition(":")[2])
        findings = examine(Settings(data_dir=folder, port=port))
        assert server.stop() is not None
    assert [finding.said for finding in findings if not finding.ok] == []
    assert found(findings, "data").said.startswith("version")
