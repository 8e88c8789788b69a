"""The examples of the documentation, as the files that they say they are."""

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\w+\.py)\n")


def blocks(page: Path, *languages: str) -> list[str]:
    """The code on a page, block by block."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [block for language, block in found if language in languages]


def files(page: Path) -> dict[str, str]:
    """The Python of a page by the name of its file. Blocks say it in their first line; those that do not go on with
    one another, in `example.py`."""
    found: dict[str, str] = defaultdict(str)
    for block in blocks(page, "python"):
        named = FILE.match(block)
        found[named[1] if named else "example.py"] += block
    return dict(found)
