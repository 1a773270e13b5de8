"""The command line, as it is typed: what it prints, what it loads, and how it exits."""

import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient

from app.cli import _announce, main
from app.schema import sdl
from tests.processes import CHEAP, ServerProcess, environment, fivefold

HEAVY = ("strawberry", "graphql", "pymongo", "pydantic", "uvicorn", "rich", "httpx2")


@pytest.fixture(scope="module")
def given(mongodb_uri: str) -> Iterator[dict[str, Any]]:
    """Settings of a database of its own."""
    name = f"cli_{secrets.token_hex(6)}"
    yield {"mongodb_uri": mongodb_uri, "database": name, **CHEAP}
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client.drop_database(name)


@pytest.fixture(scope="module")
def server(given: dict[str, Any]) -> Iterator[ServerProcess]:
    """A server on that database."""
    with ServerProcess(**given) as server:
        yield server


def invoke(*arguments: str, **settings: Any) -> Result:
    """Run a command within this process, which is faster than in one of its own."""
    return CliRunner(env=environment(**settings)).invoke(main, arguments)


def test_help_loads_nothing_heavy() -> None:
    """Help is printed before the API, the driver or the web server are loaded."""
    program = (
        "import sys\nfrom app.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    *said, loaded = done.stdout.splitlines()
    assert "Usage:" in said[0]
    assert loaded == "[]"


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_says_what_it_does(command: str) -> None:
    """Each command has a help text, which the list of commands shows too."""
    first_words = (main.commands[command].help or "")[:20]
    assert first_words in invoke(command, "--help").output
    assert first_words in invoke("--help").output


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("port", "eighty"),
        ("max_depth", "-1"),
        ("mongo_driver", "pigeon"),
        ("allowed_origins", "not JSON"),
    ],
)
def test_a_wrong_setting_is_named_by_its_variable(setting: str, value: str) -> None:
    """A setting that cannot be taken ends with code 2 and the name of its variable."""
    variable = f"FIVEFOLD_{setting.upper()}"
    done = invoke("serve", **{setting: value})
    assert done.exit_code == 2
    assert f"{variable}: " in done.stderr


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Motor comes with an extra; without it, code 2 and the name of the extra."""
    monkeypatch.setattr("app.settings.find_spec", lambda _: None)
    done = invoke("serve", mongo_driver="motor")
    assert done.exit_code == 2
    assert "FIVEFOLD_MONGO_DRIVER: " in done.stderr
    assert "extra `motor`" in done.stderr


def test_a_file_of_a_setting_that_is_missing_is_named() -> None:
    """A `_FILE` variable that names no file ends with code 2 and the file's name."""
    done = invoke("serve", port_file="/nowhere/port")
    assert done.exit_code == 2
    assert "/nowhere/port" in done.stderr


def test_a_taken_port_is_told_with_the_command_that_takes_another(
    given: dict[str, Any],
) -> None:
    """A port that somebody listens on ends with code 2, before any database is started."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        done = fivefold("serve", "--port", str(port), **given)
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr
    assert "fivefold serve --port" in done.stderr


def test_a_database_that_cannot_be_started_ends_with_code_3(tmp_path: Path) -> None:
    """Without a mongod that runs, the server says how to get one and ends with code 3."""
    done = fivefold("serve", "--port", "0", data_dir=tmp_path, mongod="/bin/false")
    assert done.returncode == 3
    assert "MONGODB_URI" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_newer_database_ends_with_code_3(mongodb_uri: str) -> None:
    """No command touches a database that a newer server has written."""
    newer = {"mongodb_uri": mongodb_uri, "database": "cli_newer"}
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client["cli_newer"]["meta"].insert_one({"_id": "schema", "version": 999})
        served = fivefold("serve", "--port", "0", **newer)
        given = invoke("token", "create", "ada@example.org", **newer)
        client.drop_database("cli_newer")
    assert (served.returncode, given.exit_code) == (3, 3)
    assert "update the server" in served.stderr
    assert "update the server" in given.stderr


def test_the_schema_is_printed_as_it_is_served() -> None:
    """`schema` prints the schema definition language and nothing else."""
    assert invoke("schema").stdout == sdl()


def test_an_operator_is_made_and_let_in_beside_a_running_server(
    given: dict[str, Any], server: ServerProcess
) -> None:
    """`user add --operator` and `token create` give a token with which the server is run.

    The demo takes it, and plays where no database is beside it.
    """
    who = ("grace@example.org", "--name", "Grace", "--operator")
    added = invoke("user", "add", *who, "--password", "a compiler of her own", **given)
    assert (added.exit_code, added.stdout) == (
        0,
        "Grace <grace@example.org> is an operator now.\n",
    )
    token = invoke("token", "create", "grace@example.org", **given).stdout.strip()
    answer = httpx2.post(
        f"{server.url}/graphql",
        json={"query": "{ me { name isOperator } }"},
        headers={"Authorization": f"Bearer {token}"},
    ).json()
    assert answer["data"]["me"] == {"name": "Grace", "isOperator": True}
    demo = ("demo", "--url", server.url, "--speed", "0", "--batch", "500")
    played = fivefold(*demo, operator_token=token)
    assert played.returncode == 0, played.stderr
    assert "≥ 5 M" in played.stdout
    assert "curl -N" in played.stdout


def test_an_account_that_cannot_be_made_ends_with_code_2(given: dict[str, Any]) -> None:
    """A password that is too short and an address that is taken are told, without a trace."""
    who = ("user", "add", "mary@example.org", "--name", "Mary", "--password")
    short = invoke(*who, "short", **given)
    assert (short.exit_code, "10 to 256" in short.stderr) == (2, True)
    assert invoke(*who, "the first bug was a moth", **given).exit_code == 0
    again = invoke(*who, "the first bug was a moth", **given)
    assert (again.exit_code, again.stderr) == (2, "mary@example.org has an account already.\n")


def test_a_token_for_nobody_ends_with_code_2(given: dict[str, Any]) -> None:
    """Nobody's token is not made."""
    done = invoke("token", "create", "nobody@example.org", **given)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nobody@example.org" in done.stderr


def test_a_demo_without_a_server_ends_with_code_75() -> None:
    """With no server to play on, the demo asks to be tried again, and says how to start one."""
    done = fivefold("demo", "--url", "http://127.0.0.1:9")
    assert done.returncode == 75
    assert "fivefold serve" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_ends_with_the_code_of_the_worst_finding(given: dict[str, Any]) -> None:
    """The doctor ends with 0 if all is well, 2 for the configuration, 3 for the database."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        taken = other.getsockname()[1]
        codes = [
            invoke("doctor", "--port", "0", **given).exit_code,
            invoke("doctor", "--port", str(taken), **given).exit_code,
            invoke("doctor", "--port", str(taken), mongodb_uri="mongodb://").exit_code,
        ]
    assert codes == [0, 2, 3]


def test_the_doctor_says_how_to_mend_what_fails() -> None:
    """What fails is marked, and the line below says what to do."""
    with TemporaryDirectory(prefix="ff") as folder:
        done = invoke("doctor", "--port", "0", data_dir=folder, mongod="/bin/false")
    lines = done.stdout.splitlines()
    [failed] = [n for n, line in enumerate(lines) if line.startswith("FAIL")]
    assert "/bin/false" in lines[failed]
    assert "mend it:" in lines[failed + 1]


def test_the_version_is_told() -> None:
    """`--version` names the product and its version."""
    assert invoke("--version").stdout.startswith("fivefold, version ")


def test_the_next_command_is_told_as_it_can_be_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who started the server by a path, as `tools/serve` does, can go on by that path."""
    monkeypatch.setattr("sys.argv", ["/opt/five/.venv/bin/fivefold", "serve"])
    monkeypatch.setenv("PATH", "/nowhere")
    _announce("http://127.0.0.1:8000", None, None)
    assert " /opt/five/.venv/bin/fivefold demo\n" in capsys.readouterr().out
