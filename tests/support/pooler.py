"""PgBouncer before a server of the tests: each transaction may be on another of its connections."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

SETTINGS = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = {size}
server_round_robin = 1
logfile = {folder}/log
"""


@contextmanager
def pooling(url: str, size: int = 3) -> Iterator[str]:
    """The URL by which that database is reached through a pooler, which has so many connections to it."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not os.access(program, os.X_OK):
        pytest.skip("PgBouncer is not here: apt-get install pgbouncer")
    server = conninfo_to_dict(url)
    folder = Path(tempfile.mkdtemp(prefix="workledger-pooler-", dir="/tmp"))
    where = {"host": server["host"], "port": server.get("port", 5432), "user": server["user"]}
    (folder / "settings.ini").write_text(SETTINGS.format(folder=folder, size=size, **where))
    as_user = {}
    if os.geteuid() == 0:  # it refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    pooled = make_url(url).update_query_dict({"host": str(folder), "port": "6432"}).render_as_string()
    try:
        with subprocess.Popen(
            [program, "-q", folder / "settings.ini"], stderr=subprocess.DEVNULL, **as_user
        ) as process:
            try:
                _wait(pooled)
                _fill(pooled, size)
                yield pooled
            finally:
                process.terminate()
    finally:
        shutil.rmtree(folder)


def _wait(url: str) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _fill(url: str, size: int) -> None:
    """Have it make all its connections, which then take turns."""
    with ExitStack() as stack:
        for _ in range(size):
            stack.enter_context(psycopg.connect(url)).execute("select 1")
