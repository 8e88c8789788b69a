"""Files in a folder, whatever else lies there: links that lead nowhere or in circles, pipes, folders that look so."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

Identity = tuple[int, int]
"""Device and inode: what a file is, under whichever name."""

Skip = Callable[[str, str], object]
"""Called with the reason and the path of an entry that is left out."""


def files_in(folder: Path, suffix: str, skip: Skip) -> list[Path]:
    """The files whose names end with the suffix, each once and under its own name rather than a link's, if it has one.

    Links are followed, also out of the folder.
    """
    seen: set[Identity] = set()
    there = []
    for path in sorted(_walk(folder, suffix, skip), key=lambda path: (_is_linked(path), len(path.parts), str(path))):
        try:
            status = path.stat()
        except OSError as error:
            skip(unreadable(error), str(path))
            continue
        identity = status.st_dev, status.st_ino
        if not stat.S_ISREG(status.st_mode):
            skip("entries that are no files", str(path))
        elif identity in seen:
            skip("links to files that are read anyway", str(path))
        else:
            seen.add(identity)
            there.append(path)
    return sorted(there)


def unreadable(error: OSError) -> str:
    """The reason for which an entry is left out."""
    return f"entries that cannot be read: {(error.strerror or type(error).__name__).lower()}"


def shown(path: Path | str) -> str:
    """A path as text: bytes of its name that are none are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def _walk(folder: Path, suffix: str, skip: Skip) -> Iterator[Path]:
    entered: set[Identity] = set()
    tops = [str(folder)]
    for top in tops:  # folders behind links come last, so that what lies in a folder is found under its own name
        for here, folders, names in os.walk(top, onerror=lambda error: skip(unreadable(error), str(error.filename))):
            status = os.stat(here)
            if (status.st_dev, status.st_ino) in entered:
                folders.clear()
                continue
            entered.add((status.st_dev, status.st_ino))
            tops += (path for name in folders if os.path.islink(path := os.path.join(here, name)))
            for name in folders:
                if name.endswith(suffix):
                    skip("entries that are no files", os.path.join(here, name))
            yield from (Path(here, name) for name in names if name.endswith(suffix))


def _is_linked(path: Path) -> bool:
    return os.path.realpath(path) != str(path)
