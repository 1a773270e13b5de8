"""The command line: what an operator does at a terminal. Imports come late, so that it starts fast.

Exit codes: 0 done; 1 something is not as it should be; 2 wrong configuration; 3 no usable
database; 75 try again later.
"""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from app import __version__

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from app.db.embedded import Embedded
    from app.settings import Settings

T = TypeVar("T")
DIFFERS, CONFIGURATION, DATABASE, TRY_AGAIN = 1, 2, 3, 75


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fivefold")
def main() -> None:
    """Fivefold: one GraphQL API for the five platform models of social businesses."""


@main.command()
@click.option("--host", help="Address to listen on (127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (8000); 0 takes a free one.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database.")
@click.option("--ephemeral", is_flag=True, help="Use a throw-away folder.")
def serve(host: str | None, port: int | None, data_dir: Path | None, *, ephemeral: bool) -> None:
    """Start the server, on the embedded MongoDB unless MONGODB_URI is set."""
    import tempfile

    given = {"host": host, "port": port, "data_dir": data_dir}
    if ephemeral:
        given["data_dir"] = Path(tempfile.mkdtemp(prefix="fivefold-"))
    settings = _settings(given)
    try:
        _run_server(settings)
    except KeyboardInterrupt:
        sys.exit(0)
    finally:
        if ephemeral:
            _forget(settings.data_dir)


@main.command()
@click.option(
    "--url",
    "urls",
    multiple=True,
    default=["http://127.0.0.1:8000"],
    help="The server to play on; several addresses of one installation take turns.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=6000.0,
    help="Times faster than it happened (6000: a week in less than two minutes); 0 is at once.",
)
@click.option(
    "--batch", type=click.IntRange(1, 1000), default=100, help="Most observations a request."
)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database.")
@click.option("--token", envvar="FIVEFOLD_OPERATOR_TOKEN", help="An operator's token.")
@click.option("--email", help="An operator's e-mail address, instead; asks for the password.")
def demo(
    urls: tuple[str, ...],
    speed: float,
    batch: int,
    data_dir: Path | None,
    token: str | None,
    email: str | None,
) -> None:
    """Replay a week of earthquakes and four years of weather, so that alerts fire as you watch."""
    from app.demo import Admission, Demo, DemoFailed

    password = click.prompt("Password", hide_input=True) if email and not token else None
    admission = Admission(_settings({"data_dir": data_dir}), token, email, password)
    try:
        _beside(Demo(urls, admission, speed=speed, batch=batch).play())
    except DemoFailed as failed:
        _fail(str(failed), failed.exit_code)


@main.command()
def schema() -> None:
    """Print the schema in the schema definition language."""
    from app.schema import sdl

    click.echo(sdl(), nl=False)


@main.command()
@click.option("--port", type=int, help="Port that the server would listen on.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database.")
def doctor(port: int | None, data_dir: Path | None) -> None:
    """Check each prerequisite, and say how to mend what fails."""
    from app.doctor import examine

    findings = examine(_settings({"port": port, "data_dir": data_dir}))
    for finding in findings:
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.said}")
        if finding.fix:
            click.echo(f"      mend it: {finding.fix}")
    sys.exit(max((finding.exit_code for finding in findings), default=0))


@main.command("check-ledger")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database.")
def check_ledger(data_dir: Path | None) -> None:
    """Count everything that campaigns were given anew, also while the server runs."""
    from app.administration import check_ledger as check

    found = _beside(check(_settings({"data_dir": data_dir})))
    for finding in found.findings:
        click.echo(str(finding))
    looked = f"campaigns: {found.campaigns}, movements: {found.movements}"
    click.echo(f"{looked}, figures that differ: {len(found.findings)}")
    sys.exit(DIFFERS if found.findings else 0)


@main.group()
def user() -> None:
    """Look after people."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What they are called.")
@click.option("--operator", is_flag=True, help="Let them run the server.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database.")
@click.password_option(help="Their password; asked for if left out.")
def user_add(
    email: str, name: str, data_dir: Path | None, password: str, *, operator: bool
) -> None:
    """Make an account, also while the server runs."""
    from app.administration import add_user

    settings = _settings({"data_dir": data_dir})
    deed = add_user(settings, email=email, name=name, password=password, operator=operator)
    click.echo(_beside(deed))


@main.group()
def token() -> None:
    """Look after tokens."""


@token.command("create")
@click.argument("email")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database.")
def token_create(email: str, data_dir: Path | None) -> None:
    """Begin a session for a person and print its token, for scripts on this machine."""
    from app.administration import create_token

    click.echo(_beside(create_token(_settings({"data_dir": data_dir}), email=email)))


def _settings(given: dict[str, Any]) -> "Settings":
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from app.settings import PREFIX, Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            for problem in error.errors()
        ]
        _fail("Wrong configuration.\n  " + "\n  ".join(lines), CONFIGURATION)
    except SettingsError as error:
        name = str(error).split('"')[1].upper()
        _fail(f"Wrong configuration.\n  {PREFIX}{name}: {error.__cause__}", CONFIGURATION)
    except OSError as error:
        _fail(
            f"Wrong configuration.\n  {error.filename}, which a variable …_FILE names, "
            f"cannot be read: {error.strerror}.",
            CONFIGURATION,
        )


def _run_server(settings: "Settings") -> None:
    import uvloop

    from app.db.migrations import NewerDatabase
    from app.db.mongod import DatabaseUnavailable
    from app.server import serve as run
    from app.telemetry.logs import configure_logs

    configure_logs(settings.log_level)
    try:
        uvloop.run(run(settings, _announce))
    except DatabaseUnavailable as unavailable:
        _fail(str(unavailable), DATABASE)
    except NewerDatabase as newer:
        _fail(str(newer), DATABASE)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        _fail(
            f"Cannot listen on {where}: {error.strerror or error}.\n"
            "  Stop what runs there, or choose another port: fivefold serve --port 8001",
            CONFIGURATION,
        )


def _announce(url: str, embedded: "Embedded | None", operator_link: str | None) -> None:
    lines = [
        f"Fivefold {__version__} runs at {url}",
        "",
        f"  explorer   {url}/graphiql/",
        f"  endpoint   {url}/graphql   (HTTP, WebSocket, server-sent events)",
        f"  schema     {url}/schema.graphql",
    ]
    if embedded:
        lines.append(f"  database   embedded MongoDB {embedded.version} in {embedded.directory}")
    else:
        lines.append("  database   MONGODB_URI")
    if operator_link:
        lines += ["", "  There is no operator yet. This link makes you the first one, once:"]
        lines.append(f"    {operator_link}")
    lines += ["", f"  See alerts fire:   {_name()} demo", "  Stop:              Ctrl-C", ""]
    click.echo("\n".join(lines))


def _name() -> str:
    """Return what a person types to call this program, which need not be on the PATH."""
    from shutil import which

    called = sys.argv[0]
    return called if Path(called).name == "fivefold" and not which("fivefold") else "fivefold"


def _beside(work: "Coroutine[Any, Any, T]") -> "T":
    """Run work that uses the database beside the server, and say what keeps it from that."""
    from app.db.driver import OUTAGES
    from app.db.migrations import NewerDatabase
    from app.db.mongod import DatabaseUnavailable
    from app.failures import Failure

    try:
        return asyncio.run(work)
    except (DatabaseUnavailable, NewerDatabase) as unusable:
        _fail(str(unusable), DATABASE)
    except OUTAGES as outage:
        _fail(f"The database cannot be reached just now: {outage}", TRY_AGAIN)
    except Failure as failure:
        _fail(failure.message, CONFIGURATION)
    except KeyboardInterrupt:
        sys.exit(130)


def _forget(folder: Path) -> None:
    import shutil

    from app.db.embedded import await_stop

    await_stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)
