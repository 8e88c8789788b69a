"""Figures of the structure: `make structure` prints the rooms of each folder, and what imports what among them.

A room is a module or folder directly in a folder. Floors are the longest chain of imports from room to room; rooms that
import each other in a circle count as one. Imports for type checkers alone do not count.

    python tests/support/structure.py [another checkout]
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

FOLDERS = ("domain", "projections", "projections/engine", "adapters", "api")


def imported(tree: ast.Module) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it, but for those under TYPE_CHECKING."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        pending.extend(ast.iter_child_nodes(node))


def arrows(root: Path, folder: str) -> dict[str, set[str]]:
    """The rooms of a folder, each with those that it imports from."""
    place = root / folder
    rooms = {path.stem for path in place.iterdir() if path.is_dir() or path.suffix == ".py"} - {
        "__init__",
        "__pycache__",
    }
    rooms = {room for room in rooms if (place / f"{room}.py").is_file() or any((place / room).rglob("*.py"))}
    prefix = "workledger." + folder.replace("/", ".") + "."
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for path in place.rglob("*.py"):
        room = path.relative_to(place).parts[0].removesuffix(".py")
        if room not in rooms:
            continue
        for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            target = name.removeprefix(prefix).partition(".")[0] if name.startswith(prefix) else ""
            if target in rooms - {room}:
                found[room].add(target)
    return found


def circles(found: Mapping[str, set[str]]) -> list[set[str]]:
    """The rooms that reach each other."""

    def reach(start: str) -> set[str]:
        seen, pending = set[str](), [start]
        while pending:
            for room in found[pending.pop()] - seen:
                seen.add(room)
                pending.append(room)
        return seen

    reached = {room: reach(room) for room in found}
    together = {frozenset(other for other in reached[room] if room in reached[other]) for room in found}
    return [set(one) for one in together if one]


def floors(found: Mapping[str, set[str]]) -> int:
    """The longest chain of imports, counted in rooms."""
    depth: dict[str, int] = defaultdict(int)
    try:
        for room in TopologicalSorter(found).static_order():
            depth[room] = 1 + max((depth[one] for one in found[room]), default=0)
    except CycleError:
        return 0
    return max(depth.values(), default=0)


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2]
    print(f"{'folder':20} {'rooms':>5} {'files':>5} {'floors':>6} {'arrows':>6} {'circles':>7}")
    for folder in FOLDERS:
        if not (root / folder).is_dir():
            continue
        found = arrows(root, folder)
        round_trips = circles(found)
        files = len([path for path in (root / folder).glob("*.py") if path.name != "__init__.py"])
        deep = "-" if round_trips else str(floors(found))
        count = sum(map(len, found.values()))
        print(f"{folder:20} {len(found):5} {files:5} {deep:>6} {count:6} {len(round_trips):7}")
        for one in round_trips:
            print(f"  circle: {', '.join(sorted(one))}")


if __name__ == "__main__":
    main()
