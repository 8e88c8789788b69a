"""`workledger backup`: one line says what was copied, and nothing is overwritten or made."""

from pathlib import Path

import workledger
from commandline.typed import Run, parsed


def test_a_backup_is_a_ledger_of_its_own(run: Run, url: str, tmp_path: Path) -> None:
    copied = parsed(run("backup", "monday.db", "--db", url, "--json"))
    assert copied == {"path": "monday.db", "head": 5, "bytes": (tmp_path / "monday.db").stat().st_size}
    with workledger.open(f"sqlite:///{tmp_path}/monday.db", read_only=True) as ledger:
        assert ledger.head() == 5
    again = run("--db", url, "backup", "tuesday.db")
    assert again.stdout == f"tuesday.db: 5 events, {copied['bytes']:,} bytes\n"


def test_a_file_that_exists_is_kept(run: Run, url: str, tmp_path: Path) -> None:
    (tmp_path / "monday.db").write_text("mine")
    refused = run("backup", "monday.db", "--db", url)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "BACKUP_EXISTS" in refused.stderr
    assert (tmp_path / "monday.db").read_text() == "mine"


def test_there_is_no_backup_of_a_ledger_that_is_not_there(run: Run, tmp_path: Path) -> None:
    refused = run("backup", "monday.db", "--db", "sqlite:///typo.db")
    assert refused.exit_code == 1
    assert "DATABASE_NOT_FOUND" in refused.stderr
    assert list(tmp_path.iterdir()) == []
