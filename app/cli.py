"""The command line: what an operator does at a terminal. Imports come late, so that it starts fast.

Exit codes: 0 done; 2 wrong configuration; 3 no usable database; 75 try again later.
"""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from app import __version__

if TYPE_CHECKING:
    from app.db.embedded import Embedded
    from app.settings import Settings

CONFIGURATION, DATABASE, TRY_AGAIN = 2, 3, 75


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
@click.option("--url", default="http://127.0.0.1:8000", help="The server to play on.")
@click.option("--speed", default=0.0, help="Times faster than it happened; 0 is at once.")
@click.option("--batch", default=50, help="Observations a request, 1 to 1000.")
@click.option("--operator-token", envvar="FIVEFOLD_OPERATOR_TOKEN", help="An operator's token.")
def demo(url: str, speed: float, batch: int, operator_token: str | None) -> None:
    """Replay a week of earthquakes and four years of weather, so that alerts fire as you watch."""
    from app.demo import Demo, DemoFailed

    try:
        asyncio.run(Demo(url, speed=speed, batch=batch, token=operator_token).play())
    except DemoFailed as failed:
        _fail(str(failed), failed.exit_code)


@main.command()
def schema() -> None:
    """Print the schema in the schema definition language."""
    from app.schema import sdl

    click.echo(sdl(), nl=False)


@main.command()
@click.option("--port", type=int, help="Port that the server would listen on.")
def doctor(port: int | None) -> None:
    """Check each prerequisite, and say how to mend what fails."""
    from app.doctor import examine

    findings = examine(_settings({"port": port}))
    for finding in findings:
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.said}")
        if finding.fix:
            click.echo(f"      mend it: {finding.fix}")
    sys.exit(max((finding.exit_code for finding in findings), default=0))


@main.group()
def user() -> None:
    """Look after people."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What they are called.")
@click.option("--operator", is_flag=True, help="Let them run the server.")
@click.password_option(help="Their password; asked for if left out.")
def user_add(email: str, name: str, password: str, *, operator: bool) -> None:
    """Make an account, also while the server runs."""
    from app.administration import add_user

    click.echo(_administer(add_user, email=email, name=name, password=password, operator=operator))


@main.group()
def token() -> None:
    """Look after tokens."""


@token.command("create")
@click.argument("email")
def token_create(email: str) -> None:
    """Begin a session for a person and print its token, for scripts on this machine."""
    from app.administration import create_token

    click.echo(_administer(create_token, email=email))


def _settings(given: dict[str, Any]) -> "Settings":
    from pydantic import ValidationError

    from app.settings import PREFIX, Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            for problem in error.errors()
        ]
        _fail("Wrong configuration.\n  " + "\n  ".join(lines), CONFIGURATION)


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
    lines += ["", "  See alerts fire:   fivefold demo", "  Stop:              Ctrl-C", ""]
    click.echo("\n".join(lines))


def _administer(deed: Any, **given: Any) -> str:
    from app.db.mongod import DatabaseUnavailable
    from app.failures import Failure

    try:
        said: str = asyncio.run(deed(_settings({}), **given))
    except DatabaseUnavailable as unavailable:
        _fail(str(unavailable), DATABASE)
    except Failure as failure:
        _fail(failure.message, CONFIGURATION)
    return said


def _forget(folder: Path) -> None:
    import shutil

    from app.db.embedded import await_stop

    await_stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)
