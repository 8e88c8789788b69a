"""The repository that a session worked in: all git worktrees of one are one project.

A folder that is on this machine is asked. Of one that is gone, or was on another machine, only its path tells: by the
places where Claude Code and others put worktrees.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from workledger.adapters.claude_code.records import Record, mapping, string

WORKTREES = re.compile(
    r"""(?P<inside> .*? [^\\/] ) [\\/] (?: \.claude[\\/]worktrees | \.worktrees ) [\\/] [^\\/]+ .*
      | (?P<beside> .*? [\\/] (?!git[-.])[^\\/.][^\\/]*? ) [-.]worktrees [\\/] [^\\/]+ .*""",
    re.VERBOSE,
)
"""`shop/.claude/worktrees/X` and `shop/.worktrees/X`, or beside it `shop-worktrees/X` and `shop.worktrees/X`."""

POINTER = re.compile(r"gitdir:[ \t]*(.+?)\s*")
"""What is in the file `.git` of a worktree, or of a submodule."""


def repository_of(folder: str, records: list[Record]) -> str:
    """The folder of the repository that a session worked in, or the folder itself when it is in none.

    Args:
        folder: where it began.
        records: of the session, which say so when it was begun in a worktree that Claude Code made.
    """
    told = next(_told(folder, records), None)
    return told or _asked(folder) or _guessed(folder) or folder


def _told(folder: str, records: list[Record]) -> Iterator[str]:
    for one in records:
        worktree = mapping(one.body.get("worktreeSession"))
        original = string(worktree.get("originalCwd"))
        if one.kind == "worktree-state" and original and string(worktree.get("worktreePath")) == folder:
            yield original


def _asked(folder: str) -> str | None:
    """The main worktree of the repository that the folder is in; None when it is in none, or is not on this machine."""
    path = Path(folder)
    try:
        if folder.startswith(("//", "\\\\")) or not path.is_absolute() or not path.is_dir():
            return None
        for top in (path, *path.parents):
            if (top / ".git").exists():
                home = top == Path.home()  # dotfiles under git are not what is worked on in each folder below
                return None if home and top != path else str(_main(top))
    except (OSError, ValueError, RuntimeError):
        return None
    return None


def _main(top: Path) -> Path:
    """The folder whose `.git` is a folder, for one whose `.git` is a file; a submodule is a repository of its own."""
    if (top / ".git").is_dir():
        return top
    pointer = POINTER.fullmatch((top / ".git").read_text(encoding="utf-8", errors="replace"))
    gitdir = (top / pointer[1]).resolve() if pointer else None
    if gitdir is None or not (gitdir / "commondir").is_file():
        return top
    common = (gitdir / (gitdir / "commondir").read_text(encoding="utf-8", errors="replace").strip()).resolve()
    return common.parent if common.name == ".git" else common


def _guessed(folder: str) -> str | None:
    found = WORKTREES.fullmatch(folder)
    return found and (found["inside"] or found["beside"])
