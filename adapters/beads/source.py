"""Where beads keeps issues: a JSONL file, and in newer releases a database, from which `bd export` writes it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

FILES = ("issues.jsonl", "beads.jsonl")
"""What the file is called in a folder .beads, unless its metadata.json says so."""

STORES = ("*.db", "*.db-wal", "dolt/**/.dolt/noms/*", "embeddeddolt/**/.dolt/noms/*")
"""The files of its database: SQLite's, and Dolt's."""

SLACK = 5.0
"""Seconds by which the database may be newer than a file that was written from it."""

LONGEST = 300.0
"""Seconds that an export may take."""


class BeadsFailed(Exception):
    """Beads could not tell its issues; the message says what to do."""


@dataclass(frozen=True)
class Export:
    """What beads told of its issues.

    Attributes:
        name: of the file, for the places of lines.
        home: the folder that the folder .beads is in; None for a file elsewhere.
        outdated: a sentence that says so when the database has changed since the file was written.
    """

    data: bytes
    name: str
    home: Path | None
    outdated: str | None = None


def told_by(source: Path, *, export: bool) -> Export:
    """The issues of a file, of a folder .beads, or of the folder that it is in.

    Args:
        export: have `bd export` tell them from the database; the file is left as it is.

    Raises:
        OSError: there is no such file.
        BeadsFailed: there is only a database, or `bd export` failed.
    """
    folder = source if source.is_dir() else source.parent
    beads = folder if folder.name == ".beads" or not source.is_dir() else folder / ".beads"
    home = beads.parent if beads.name == ".beads" else None
    if export:
        return Export(_exported(home or folder), "bd export", home)
    file = source if source.is_file() else _file(beads)
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    changed = _changed(beads) if home else None
    outdated = None
    if changed and (changed - written).total_seconds() > SLACK:
        outdated = (
            f"{file.name} was written at {written:%Y-%m-%d %H:%M}, and the database of beads changed at "
            f"{changed:%Y-%m-%d %H:%M}: it may lack the latest; --export asks bd for it"
        )
    return Export(file.read_bytes(), file.name, home, outdated)


def _file(beads: Path) -> Path:
    for name in (*_configured(beads), *FILES):
        if (beads / name).is_file():
            return beads / name
    if _changed(beads):
        raise BeadsFailed(f"{beads} has a database and no {FILES[0]}; use --export, or run bd export -o {FILES[0]}")
    raise FileNotFoundError(2, os.strerror(2), str(beads / FILES[0]))


def _configured(beads: Path) -> Iterator[str]:
    try:
        metadata = orjson.loads((beads / "metadata.json").read_bytes())
    except (OSError, ValueError):
        return
    name = metadata.get("jsonl_export") if isinstance(metadata, dict) else None
    if isinstance(name, str) and name and "/" not in name and "\0" not in name:
        yield name


def _changed(beads: Path) -> datetime | None:
    """When the database last changed; None when there is none."""
    times = [file.stat().st_mtime for pattern in STORES for file in beads.glob(pattern) if file.is_file()]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _exported(folder: Path) -> bytes:
    program = shutil.which("bd")
    if program is None:
        raise BeadsFailed("bd is not installed, or not on PATH; without --export its last export is imported")
    with tempfile.TemporaryDirectory(prefix="workledger-beads-") as temporary:
        file = Path(temporary) / FILES[0]
        command = [program, "export", "-o", str(file)]
        try:
            answer = subprocess.run(
                command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            raise BeadsFailed(f"bd export did not end within {LONGEST:.0f} seconds") from None
        except OSError as error:
            raise BeadsFailed(f"bd cannot be run: {error.strerror}") from None
        if answer.returncode:
            reason = answer.stderr.decode("utf-8", "replace").strip() or f"it ended with {answer.returncode}"
            raise BeadsFailed(f"bd export failed: {reason.splitlines()[-1]}")
        if not file.is_file():
            raise BeadsFailed("bd export wrote no file; this release of bd may be too old for it")
        return file.read_bytes()
