"""A backup of a PostgreSQL database, by PostgreSQL's own pg_dump."""

import os
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa

from workledger.adapters.backup import BackupFailed

MISSING = "pg_dump is not installed; where it is, run pg_dump --format=custom --file={path} {url}"


def dump(url: sa.URL, path: Path) -> None:
    """Write the database as it is at one moment to a file that pg_restore reads.

    Raises:
        BackupFailed: pg_dump is not installed, or says why it cannot.
    """
    address = url.set(drivername="postgresql", password=None).render_as_string()
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupFailed(reason=MISSING.format(path=path.name, url=address))
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [program, "--format=custom", "--no-password", f"--file={path}", f"--dbname={address}"]
    ended = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or [f"pg_dump ended with {ended.returncode}"]
        raise BackupFailed(reason=said[0])
