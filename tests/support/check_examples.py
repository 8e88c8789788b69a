"""Type-checks the examples of README and docs as an app would: mypy --strict and pyright, each in one run over all.

`make check` runs it. The examples are kept in a folder, so that mypy need not read again what has not changed.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from support.documentation import PAGES, ROOT, files

FOLDER = ROOT / ".mypy_cache" / "examples"
CACHE = FOLDER / "cache"
BINARIES = Path(sys.executable).parent
MYPY = "[mypy]\nstrict = true\npretty = true\n"
PYRIGHT = {"typeCheckingMode": "standard", "pythonVersion": "3.11"}


def examples() -> dict[str, str]:
    """All the examples, by the name of their file; those of a page that names none are called after the page.

    Raises:
        ValueError: two pages name the same file.
    """
    found: dict[str, str] = {}
    for page in PAGES:
        path = page.relative_to(ROOT).with_suffix("")
        own = f"example_{re.sub(r'[^a-z]+', '_', str(path).lower())}.py"
        for name, code in files(page).items():
            name = own if name == "example.py" else name
            if name in found:
                raise ValueError(f"{path} and another page both have a file {name}")
            found[name] = code
    return found


def write(folder: Path, wanted: dict[str, str]) -> None:
    """Have the folder hold these files and no others, writing only what differs."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file() and path.name not in wanted:
            path.unlink()
        elif path.is_dir() and path.name != CACHE.name:
            shutil.rmtree(path)
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def check(folder: Path, given: dict[str, str]) -> dict[str, str]:
    """What each tool says, of those that find fault."""
    write(folder, {**given, "mypy.ini": MYPY, "pyrightconfig.json": json.dumps(PYRIGHT)})
    tools = {
        "mypy --strict": [BINARIES / "mypy", "--config-file", "mypy.ini", "--cache-dir", CACHE, *sorted(given)],
        "pyright": [BINARIES / "pyright", "--pythonpath", sys.executable],
    }
    running = {
        name: subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name, command in tools.items()
    }
    told = {name: process.communicate()[0] for name, process in running.items()}
    return {name: told[name] for name, process in running.items() if process.returncode}


if __name__ == "__main__":
    given = examples()
    if faults := check(FOLDER, given):
        for name, told in faults.items():
            print(f"{name} does not accept an example:\n{told}")
        sys.exit(1)
    print(f"{len(given)} examples are typed")
