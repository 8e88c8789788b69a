"""The scanner for providers' tokens: when it is loaded, what it needs, and what happens without it."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workledger.adapters.redaction import GONE, ScannerMissing, redact, redact_text
from workledger.adapters.redaction import scanner as module

TOKEN = "lin" + "_api_" + "aB3dE5fG7h" * 4


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_it_is_loaded_by_the_first_redaction_and_not_by_an_import() -> None:
    done = run(
        "import sys, workledger, workledger.adapters.redaction as r, workledger.adapters.git.importer\n"
        "assert 'kingfisher_sdk' not in sys.modules\n"
        "r.redact('some text'); assert 'kingfisher_sdk' in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_it_writes_nothing_outside_of_the_cache_folder_and_works_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in place of the folder cannot be written in, whoever tries."""
    home = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    for folder in home.values():
        Path(folder).mkdir()
    (tmp_path / "file").touch()
    code = f"from workledger.adapters.redaction import redact_text; assert redact_text({TOKEN!r}) == '[redacted]'"
    monkeypatch.delenv("KF_RULE_CACHE_DIR", raising=False)
    done = run(code, **home, XDG_CACHE_HOME=str(tmp_path / "file"))
    assert done.returncode == 0, done.stderr
    assert [path for folder in home.values() for path in Path(folder).rglob("*")] == []


def test_it_opens_no_connection() -> None:
    done = run(
        "import sys\n"
        "def refuse(event, _):\n"
        "    assert not event.startswith('socket.'), event\n"
        "sys.addaudithook(refuse)\n"
        "from workledger.adapters.redaction import redact_text\n"
        f"assert redact_text({TOKEN!r}) == '[redacted]'",
        HTTPS_PROXY="http://127.0.0.1:9",
    )
    assert done.returncode == 0, done.stderr


def test_threads_use_it_at_once() -> None:
    texts = [f"{number} {TOKEN}{number} and {'words ' * number}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert all(GONE in clean and TOKEN not in clean for clean in pool.map(redact_text, texts))


def test_without_it_nothing_is_redacted_in_part_but_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kingfisher_sdk", None)
    module.scanner.cache_clear()
    try:
        with pytest.raises(ScannerMissing, match="pip install"):
            redact({"text": "no text that was seen before"})
    finally:
        module.scanner.cache_clear()
