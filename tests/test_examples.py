"""`make check` type-checks the examples of the documentation: it finds those that an app could not be written by."""

from pathlib import Path

from support.check_examples import check, examples, write

WRONG = """
import workledger
from workledger.domain.task import Task

with workledger.open("memory:") as ledger:
    task = ledger.create(Task.create(title="Fix the till"))
    with ledger.edit(Task, task.id) as draft:
        draft.assign(agent_id=3)
"""


def test_every_example_of_the_pages_is_checked() -> None:
    names = examples()
    assert {"example_readme.py", "example_docs_howto_embed.py", "shop.py", "test_shop.py"} <= set(names)


def test_an_example_that_is_wrong_is_told_by_both_tools(tmp_path: Path) -> None:
    faults = check(tmp_path, {"wrong.py": WRONG})
    assert set(faults) == {"mypy --strict", "pyright"}
    assert 'incompatible type "int"; expected "str"' in " ".join(faults["mypy --strict"].split())
    assert '"Literal[3]" is not assignable to "str"' in faults["pyright"]


def test_the_folder_holds_what_is_checked_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": "1\n", "two.py": "2\n"})
    before = (tmp_path / "two.py").stat().st_mtime_ns
    (tmp_path / "__pycache__").mkdir()
    write(tmp_path, {"two.py": "2\n"})
    assert [path.name for path in tmp_path.iterdir()] == ["two.py"]
    assert (tmp_path / "two.py").stat().st_mtime_ns == before
