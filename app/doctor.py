"""The doctor: looks at each prerequisite of a server, and says how to mend what fails."""

import asyncio
import errno
import os
import shutil
import socket
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource

from app.broking.meaning import can_read
from app.db.client import Database
from app.db.driver import PyMongoError
from app.db.embedded import Embedded, await_stop
from app.db.migrations import VERSION, find_version
from app.db.mongod import DatabaseUnavailable, check_uri, find
from app.payments.providers import pretends_in_public
from app.settings import PREFIX, Settings

CONFIGURATION, DATABASE = 2, 3
OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 500_000_000
LEAST_OPEN_FILES = 4_096
LEAST_SECRET_CHARACTERS, LEAST_SECRET_LETTERS = 16, 8
ASKED_BY_COMMANDS = frozenset({"operator_token"})
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and how to mend it; the exit code says what kind it is."""

    ok: bool
    what: str
    said: str
    fix: str = ""
    exit_code: int = 0


def examine(settings: Settings) -> list[Finding]:
    """Return what was found, in the order in which a server needs it."""
    findings = [_python(), _variables(), *_secrets(settings), *_payments(settings)]
    findings += [_port(settings), _open_files(), _meaning()]
    if settings.mongodb_uri:
        return [*findings, *_deployment(settings)]
    return [*findings, *_embedded(settings)]


def _fine(what: str, said: str) -> Finding:
    return Finding(ok=True, what=what, said=said)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        return _fine("Python", version)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding(
        ok=False,
        what="Python",
        said=f"{version} is too old.",
        fix=f"Install Python {oldest} or newer, and Fivefold with it.",
        exit_code=CONFIGURATION,
    )


def _variables() -> Finding:
    """Find variables that look like settings and are none: a typing error would pass in silence."""
    prefix = PREFIX.lower()
    known = {*Settings.model_fields, *ASKED_BY_COMMANDS}
    known |= {f"{name}_file" for name in known}
    given = EnvSettingsSource(Settings, case_sensitive=False).env_vars
    ours = [name for name in given if name.startswith(prefix)]
    strange = sorted(name.upper() for name in ours if name.removeprefix(prefix) not in known)
    if not strange:
        return _fine("settings", f"valid; variables that are set: {len(ours)}")
    return Finding(
        ok=False,
        what="settings",
        said=f"No setting is called {', '.join(strange)}.",
        fix="Correct or unset that; docs/settings.md lists all names.",
        exit_code=CONFIGURATION,
    )


def _secrets(settings: Settings) -> Iterator[Finding]:
    for name, secret in _secrets_of(settings):
        what = f"secret {name}"
        if len(secret) >= LEAST_SECRET_CHARACTERS and len(set(secret)) >= LEAST_SECRET_LETTERS:
            yield _fine(what, "long enough")
            continue
        yield Finding(
            ok=False,
            what=what,
            said="It can be guessed: it is short, or has few different letters.",
            fix="Take another one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
            exit_code=CONFIGURATION,
        )


def _secrets_of(settings: Settings) -> Iterator[tuple[str, str]]:
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield PREFIX + name.upper(), value.get_secret_value()
    with suppress(ValueError):
        password = urlsplit(settings.mongodb_uri or "").password
        if password:
            yield "in MONGODB_URI", unquote(password)


def _payments(settings: Settings) -> Iterator[Finding]:
    if pretends_in_public(settings):
        yield Finding(
            ok=False,
            what="payments",
            said="DEVELOPMENT confirms pledges without any money, at a public address.",
            fix="""FIVEFOLD_PAYMENT_PROVIDERS='["TRANSFER"]'""",
        )


def _port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    try:
        _bind(settings)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _is_fivefold(settings):
            return _fine("port", f"A Fivefold runs at {where} already.")
        return Finding(
            ok=False,
            what="port",
            said=f"{where} cannot be listened on: {error.strerror or error}.",
            fix=_port_fix(error),
            exit_code=CONFIGURATION,
        )
    return _fine("port", f"{where} is free.")


def _bind(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":  # as the server does, which takes a port that was left just now
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((settings.host, settings.port))


def _port_fix(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "Stop what runs there, or choose another port: FIVEFOLD_PORT=8001"
    if error.errno == errno.EACCES:
        return "Choose a port from 1024 on, and let a reverse proxy listen on the lower one."
    return "Set FIVEFOLD_HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0."


def _is_fivefold(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    with suppress(OSError, ValueError):
        url = f"http://{shown}:{settings.port}/operator/"
        with urllib.request.urlopen(url, timeout=1) as answer:
            return b"Fivefold" in answer.read(10_000)
    return False


def _open_files() -> Finding:
    if os.name != "posix":
        return _fine("open files", "not limited by this system")
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= LEAST_OPEN_FILES:
        return _fine("open files", f"up to {soft}")
    return Finding(
        ok=False,
        what="open files",
        said=f"Only {soft} may be open at a time: each live connection is one, and so is each "
        "file of the database.",
        fix=f"ulimit -n {hard if 0 < hard < 64_000 else 64_000}",  # noqa: PLR2004
        exit_code=CONFIGURATION,
    )


def _meaning() -> Finding:
    what = "search by meaning"
    if can_read():
        return _fine(what, "reads English threads")
    return _fine(what, 'off; for it, pip install "fivefold[semantic]"')


def _deployment(settings: Settings) -> Iterator[Finding]:
    uri = settings.mongodb_uri or ""
    try:
        check_uri(uri)
    except DatabaseUnavailable as unavailable:
        yield _unusable("database", unavailable)
        return
    yield _fine("database", "MONGODB_URI answers, and takes transactions.")
    yield asyncio.run(_version(uri, settings))


def _embedded(settings: Settings) -> Iterator[Finding]:
    """Look at what an embedded database needs; start it only if nothing speaks against it."""
    home = settings.data_dir.expanduser()
    written = [int(found.name[7:-2]) for found in home.glob("mongodb/mongod-[0-9].0")]
    findings = [_program(settings, max(written, default=None)), *_folder(home)]
    yield from findings
    if not all(finding.ok for finding in findings):
        return
    if written:
        yield _start(settings, home)
        return
    with tempfile.TemporaryDirectory(prefix="fivefold-") as folder:
        yield _start(settings, Path(folder))
        await_stop(Path(folder))


def _program(settings: Settings, written_by: int | None) -> Finding:
    try:
        mongod = find(settings.mongod, written_by=written_by)
    except DatabaseUnavailable as unavailable:
        return _unusable("mongod", unavailable)
    return _fine("mongod", f"MongoDB {mongod.version}, {mongod.path}")


def _folder(home: Path) -> Iterator[Finding]:
    nearest = next(path for path in (home, *home.parents) if path.exists())
    what = "data folder"
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield Finding(
            ok=False,
            what=what,
            said=f"{home} cannot be written.",
            fix=f"Give yourself the right to write in {nearest}, or set FIVEFOLD_DATA_DIR to "
            "another folder.",
            exit_code=DATABASE,
        )
        return
    # Whoever starts the database owns what it writes, so that nobody else could go on with it.
    if os.name == "posix" and home.exists() and home.stat().st_uid != os.getuid():
        yield Finding(
            ok=False,
            what=what,
            said=f"{home} belongs to another user.",
            fix="Run Fivefold as that user, or set FIVEFOLD_DATA_DIR to another folder.",
            exit_code=DATABASE,
        )
        return
    yield _fine(what, str(home) if home.exists() else f"{home}, which will be made")
    free = shutil.disk_usage(nearest).free
    if free >= LEAST_FREE_BYTES:
        yield _fine("disk", f"{free // MEGABYTE} MB are free.")
        return
    yield Finding(
        ok=False,
        what="disk",
        said=f"Only {free // MEGABYTE} MB are free in {nearest}.",
        fix=f"Free {LEAST_FREE_BYTES // MEGABYTE} MB, or set FIVEFOLD_DATA_DIR to another disk.",
        exit_code=DATABASE,
    )


def _start(settings: Settings, home: Path) -> Finding:
    try:
        with Embedded(home, settings.mongod) as embedded:
            return asyncio.run(_version(embedded.uri, settings))
    except DatabaseUnavailable as unavailable:
        return _unusable("database", unavailable)


async def _version(uri: str, settings: Settings) -> Finding:
    """Say whether the data are of a version that this server knows."""
    db = Database(uri, settings.database, settings.mongo_driver)
    try:
        have = await find_version(db)
    except PyMongoError as error:
        return Finding(
            ok=False,
            what="data",
            said=f"The database {settings.database} cannot be read: {error}",
            fix="Give the user of MONGODB_URI the role `readWrite` on it.",
            exit_code=DATABASE,
        )
    finally:
        await db.close()
    if have <= VERSION:
        return _fine("data", f"version {have} of {VERSION}" if have else "none yet; it starts.")
    return Finding(
        ok=False,
        what="data",
        said=f"They have version {have}, and this server knows {VERSION}.",
        fix="Update Fivefold.",
        exit_code=DATABASE,
    )


def _unusable(what: str, unavailable: DatabaseUnavailable) -> Finding:
    return Finding(
        ok=False, what=what, said=unavailable.message, fix=unavailable.fix, exit_code=DATABASE
    )
