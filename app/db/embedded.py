"""The embedded MongoDB: one mongod per data folder, shared by all processes that use the folder.

Three files do the sharing by locks, which the kernel drops when their holder dies, however it dies:

- `users.lock` is held, shared, by every user; who gets it alone knows that nobody is left.
- `start.lock` is held by whoever looks whether mongod runs, and starts it if not.
- `guard.lock` is held by the guard (`guard.py`), mongod's parent, as long as it lives.

mongod listens on a Unix socket in a folder that only its user may enter, and on no port.
"""

import hashlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from app.db.mongod import DatabaseUnavailable, Mongod, disk_full, explain_death, find

if TYPE_CHECKING:  # the driver is loaded while mongod boots
    from pymongo import MongoClient

GUARD = Path(__file__).with_name("guard.py")
START_SECONDS = 120
NOTE_BYTES = 64  # as in guard.py
FULL_DISK_BYTES = 20_000_000
GIVE_UP_DEATHS = 5
POLL_SECONDS = 0.01
ELECTION_MILLISECONDS = 1_000
LOG_TAIL_BYTES = 65_536
LONGEST_SOCKET_PATH = 100  # bytes; Linux takes 107, macOS 103
# Drivers fold the case of the names that members of a replica set give themselves, and split them
# at colons, so that only such a path comes back from them as it was.
SOCKET_PATH = re.compile(r"/[a-z0-9/._-]+")
LOG_OF_A_START = "SERVER RESTARTED"

# An empty database takes 17 MB with this log, and 315 MB with the log that is the default.
FRUGAL = (
    "--wiredTigerCacheSizeGB=0.25",
    "--oplogSize=128",
    "--setParameter=diagnosticDataCollectionEnabled=false",
    "--wiredTigerEngineConfigString=log=(file_max=16MB,prealloc=false)",
)
# The clock of the tests is not the database's, so the database must not forget by its own. The
# files of a dropped database stay open until its history is past and a checkpoint was made:
# hundreds of databases a minute, with dozens of files each, are soon more than a process may have.
STRICT = (
    "--setParameter=notablescan=true",
    "--setParameter=ttlMonitorEnabled=false",
    "--setParameter=minSnapshotHistoryWindowInSeconds=1",
    "--syncdelay=5",
)


class Embedded:
    """The use of an embedded MongoDB, from `__enter__` to `__exit__`; it stops after its last user.

    Once entered, `uri` is where it is, `version` and `binary` what it is, and `started` says
    whether this user started it.
    """

    uri: str
    version: str
    binary: Path
    started: bool

    def __init__(
        self, directory: Path, mongod_setting: Path | None, *, testing: bool = False
    ) -> None:
        """Prepare for use.

        Args:
            directory: Where the data lie, in the subfolder `mongodb`.
            mongod_setting: The operator's mongod (`FIVEFOLD_MONGOD`), if any.
            testing: Let queries fail that have no index, and writes not wait for the disk.

        """
        self.directory = directory.expanduser().resolve()
        self.home = self.directory / "mongodb"
        self._setting = mongod_setting
        self._testing = testing
        self._users: int | None = None

    def __enter__(self) -> Self:
        """Start mongod or join those who use it, and return when it takes writes.

        Raises:
            DatabaseUnavailable: There is no mongod that runs, or it does not start.

        """
        if os.name != "posix":
            raise DatabaseUnavailable(
                "The embedded MongoDB is for Linux and macOS: here, processes could not share it.",
                fix="Set MONGODB_URI to a replica set.",
            )
        try:
            self._enter()
        except OSError as error:
            raise DatabaseUnavailable(
                f"{error.filename or self.home} cannot be used: {error.strerror or error}.",
                fix="Mend that, or set FIVEFOLD_DATA_DIR to another folder.",
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Use it no longer; if nobody else does, the guard stops it in about a second."""
        users, self._users = self._users, None
        if users is not None:
            with suppress(OSError, KeyError):
                self._stop_if_unguarded(users)
            os.close(users)

    @property
    def trouble(self) -> DatabaseUnavailable | None:
        """Return why mongod is away or died just now, as long as that is so."""
        fate = self._read("deaths.json")
        return self._explain(fate["code"]) if fate.get("deaths") else None

    def _enter(self) -> None:
        import fcntl

        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.home.chmod(0o700)
        users = os.open(self.home / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with _locked(self.home / "start.lock"):
                fcntl.flock(users, fcntl.LOCK_SH)  # waits while a guard stops the mongod before
                guard = _claim(self.home / "guard.lock")
                self.started = guard is not None
                if guard is not None:
                    self._start(guard)
                self._await_primary()
        except BaseException:
            os.close(users)
            raise
        self._users = users

    def _start(self, guard: int) -> None:
        """Start the guard, which inherits its lock, so that there is no moment without."""
        try:
            path = _socket_path(self.home)
            _stop_orphan(path)
            self._write_state(path, find(self._setting, written_by=self._written_by()))
            with (self.home / "guard.log").open("wb") as output:
                subprocess.run(  # noqa: S603 - our own program
                    [sys.executable, "-I", "-S", GUARD, self.home, str(guard)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(guard,),
                    check=False,  # that it is not there will be seen by its lock
                )
        finally:
            os.close(guard)

    def _write_state(self, path: Path, mongod: Mongod) -> None:
        folder = self.home / f"mongod-{mongod.major}.0"
        folder.mkdir(mode=0o700, exist_ok=True)
        command = [
            str(mongod.path),
            f"--dbpath={folder}",
            "--replSet=rs0",
            f"--bind_ip={path}",
            "--nounixsocket",
            f"--logpath={self.home / 'mongod.log'}",
            "--logappend",
            "--quiet",
            *FRUGAL,
            *(STRICT if self._testing else ()),
        ]
        state = {
            "home": str(self.home),
            "socket": str(path),
            "binary": str(mongod.path),
            "version": mongod.version,
            "command": command,
        }
        (self.home / "state.json").write_text(json.dumps(state))
        (self.home / "deaths.json").write_text("{}".ljust(NOTE_BYTES))

    def _read(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.home / name).read_text())
        except (OSError, ValueError):
            return {}
        return found

    def _written_by(self) -> int | None:
        """Return the newest major version that has data here."""
        written = self.home.glob("mongod-*.0/WiredTiger")
        majors = [re.fullmatch(r"mongod-(\d+)\.0", path.parent.name) for path in written]
        return max((int(major[1]) for major in majors if major), default=None)

    def _await_primary(self) -> None:
        """Return when mongod takes writes, whoever started it and however far that one came."""
        state = self._read("state.json")
        if state.get("home") != str(self.home):
            raise DatabaseUnavailable(
                f"The folder {self.home} was moved or changed while its database runs.",
                fix="Stop all that use it, then start again.",
            )
        path = Path(state["socket"])
        self.uri = f"mongodb://{quote(str(path), safe='')}/?replicaSet=rs0"
        self.version, self.binary = state["version"], Path(state["binary"])
        until = time.monotonic() + START_SECONDS
        with _client(path) as client:
            durable = not self._testing
            while not (_answers(path) and _step_to_primary(client, str(path), durable=durable)):
                self._raise_if_hopeless(until)
                time.sleep(POLL_SECONDS)

    def _raise_if_hopeless(self, until: float) -> None:
        fate = self._read("deaths.json")
        if fate.get("deaths", 0) >= GIVE_UP_DEATHS:
            raise self._explain(fate["code"])
        if _claimable(self.home / "guard.lock"):
            raise DatabaseUnavailable(
                f"The guard of mongod ended: {_tail(self.home / 'guard.log')}", fix="Start again."
            )
        if time.monotonic() > until:
            raise DatabaseUnavailable(
                f"mongod takes no writes after {START_SECONDS} s.",
                fix=f"Its log, {self.home / 'mongod.log'}, says what it does.",
            )

    def _explain(self, code: int) -> DatabaseUnavailable:
        if shutil.disk_usage(self.home).free < FULL_DISK_BYTES:  # then there is no log of it either
            return disk_full(self.home)
        log = _tail(self.home / "mongod.log").rpartition(LOG_OF_A_START)[2]
        return explain_death(code, log + _tail(self.home / "guard.log"), self.home)

    def _stop_if_unguarded(self, users: int) -> None:
        """Do the guard's last duty, if it was killed and this is the last user."""
        import fcntl

        guard = _claim(self.home / "guard.lock")
        if guard is None:
            return
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _stop_orphan(Path(self._read("state.json")["socket"]))
        finally:
            os.close(guard)


def await_stop(directory: Path) -> None:
    """Return when no mongod runs on this folder: its last user has gone, and it has ended."""
    import fcntl

    with (directory.expanduser() / "mongodb" / "guard.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl

    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _claim(path: Path) -> int | None:
    """Take a lock and return its descriptor, or None if somebody else has it."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _claimable(path: Path) -> bool:
    descriptor = _claim(path)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def _socket_path(home: Path) -> Path:
    """Return where mongod shall listen: with its data, or in `/tmp` where that cannot be."""
    near = home / "mongod.sock"
    if _takes_sockets(near):
        return near
    folder = Path(f"/tmp/fivefold-{os.getuid()}")  # noqa: S108 - its owner and mode are checked
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise DatabaseUnavailable(
            f"{folder} is not a folder that only its owner may enter.",
            fix="Remove it, or set FIVEFOLD_DATA_DIR to a short path in lower case.",
        )
    return folder / f"{hashlib.sha256(bytes(home)).hexdigest()[:16]}.sock"


def _takes_sockets(path: Path) -> bool:
    """Say whether drivers can use such a path and the file system has sockets."""
    if not SOCKET_PATH.fullmatch(str(path)) or len(str(path)) > LONGEST_SOCKET_PATH:
        return False
    attempt = path.with_name("try.sock")
    with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        attempt.unlink(missing_ok=True)
        probe.bind(str(attempt))
        attempt.unlink()
        return True
    return False


def _answers(path: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))
        return True
    return False


def _client(path: Path) -> "MongoClient[dict[str, Any]]":
    """Return a client that talks to this mongod as it is, primary or not."""
    from pymongo import MongoClient

    uri = f"mongodb://{quote(str(path), safe='')}/?directConnection=true"
    return MongoClient(uri, connect=False, serverSelectionTimeoutMS=1_000)


def _step_to_primary(client: "MongoClient[dict[str, Any]]", host: str, *, durable: bool) -> bool:
    """Say whether it is primary; if it is not and nothing is under way, take the next step."""
    from pymongo.errors import PyMongoError

    with suppress(PyMongoError):  # it may die and come back while it is asked; or load its set
        hello = client.admin.command("hello")
        if hello.get("isWritablePrimary"):
            return True
        if hello.get("setName"):
            return False
        config = client.local["system.replset"].find_one()
        if config is None:
            settings = {"electionTimeoutMillis": ELECTION_MILLISECONDS}
            members = [{"_id": 0, "host": host}]
            config = {"_id": "rs0", "members": members, "settings": settings}
            config["writeConcernMajorityJournalDefault"] = durable
            client.admin.command("replSetInitiate", config)
        elif config["members"][0]["host"] != host:  # the folder was moved
            config["members"][0]["host"] = host
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)
    return False


def _stop_orphan(path: Path) -> None:
    """End a mongod whose guard was killed: it would hold the data against the next one."""
    if not _answers(path):
        return
    from pymongo.errors import PyMongoError

    with _client(path) as client, suppress(PyMongoError):  # it hangs up instead of an answer
        client.admin.command("shutdown", force=True)


def _tail(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
        return file.read().decode(errors="replace")
    return ""
