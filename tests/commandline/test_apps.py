"""`--app`: commands know the read tables, policies and resources of the app that embeds workledger."""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx2
import pytest

import workledger
from commandline.typed import Run, Started, parsed, refusal
from workledger import GROUPS
from workledger.api.commandline import apps
from workledger.api.commandline.apps import find_app
from workledger.api.commandline.database import open_ledger
from workledger.domain.policies import POLICIES
from workledger.domain.task import Task

SHOP = """
from fastapi import APIRouter

from workledger import GROUPS, App, Policy, Reaction
from workledger.domain.task.card_events import TaskCreated

router = APIRouter(prefix="/till")


@router.get("")
def till() -> str:
    return "open"


def fail(reaction: Reaction) -> None:
    raise ValueError("closed")


APP = App(groups=GROUPS[:2], policies=(Policy("own", (TaskCreated,), fail),), routers=(router,))
NOTHING = None
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app in the current folder that does with two groups, and has a policy that fails."""
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "broken.py").write_text("import workledger.nosuch")
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("shop", "broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def groups(run: Run, *arguments: str) -> list[str]:
    return [group["name"] for group in parsed(run(*arguments, "--json"))["groups"]]


def test_the_app_is_named_before_the_command_or_after_it_or_by_the_variable(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_the_shop = [group.name for group in GROUPS[:2]]
    assert groups(run, "status", "--db", url, "--app", "shop:APP") == of_the_shop
    assert groups(run, "--app", "shop:APP", "status", "--db", url) == of_the_shop
    monkeypatch.setenv("WORKLEDGER_APP", "shop:APP")
    assert groups(run, "status", "--db", url) == of_the_shop
    assert groups(run, "verify", "--db", url) == of_the_shop
    assert groups(run, "rebuild", "--db", url) == of_the_shop
    said = refusal(run("rebuild", "agent_logs", "--db", url), "USAGE", 2)
    assert "Unknown group agent_logs; the groups are board, tool_calls" in said


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("shop", "give it as module:object, such as shop.ledger:APP"),
        ("nosuch:APP", "ModuleNotFoundError: No module named 'nosuch'"),
        ("broken:APP", "ModuleNotFoundError: No module named 'workledger.nosuch'"),
        ("shop:MISSING", "AttributeError: module 'shop' has no attribute 'MISSING'"),
        ("shop:NOTHING", "it is not a workledger.App"),
    ],
)
@pytest.mark.parametrize("command", ["status", "serve", "react", "dead-letters list", "import git"])
def test_an_app_that_cannot_be_loaded_is_told_in_a_sentence(run: Run, command: str, name: str, reason: str) -> None:
    said = refusal(run(*command.split(), "--app", name), "APP_NOT_FOUND")
    assert said == f"workledger: The app {name} cannot be loaded: {reason}. [APP_NOT_FOUND]"


def test_dead_letters_of_its_policies_are_listed_retried_and_dropped(run: Run, url: str) -> None:
    known = ("--db", url, "--app", "shop:APP")
    assert run("react", "--once", *known).exit_code == 0
    with workledger.open(url) as ledger:
        position = ledger.head() + 1
        ledger.create(Task.create(title="Count the change"))
    assert run("react", "--once", *known).exit_code == 0
    [letter] = parsed(run("dead-letters", "list", *known, "--json"))["dead_letters"]
    assert (letter["name"], letter["position"]) == ("policy:own", position)
    result = run("dead-letters", "retry", "policy:own", *known)
    assert (result.exit_code, result.stdout) == (1, "0 processed, 1 left\n")
    assert run("dead-letters", "drop", "policy:own", str(position), *known).exit_code == 0


def test_its_resources_are_served(start: Callable[..., Started], url: str) -> None:
    serving = start("serve", "--port", "0", "--db", url, "--app", "shop:APP")
    address = serving.line("Serving").split()[1]
    assert httpx2.get(f"{address}/api/till").json() == "open"
    status = httpx2.get(f"{address}/api/status").json()
    assert [group["name"] for group in status["groups"]] == ["board", "tool_calls"]


def test_apps_that_are_installed_are_found_by_their_entry_points(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [EntryPoint("shop", "shop:APP", apps.ENTRY_POINTS), EntryPoint("again", "shop:APP", apps.ENTRY_POINTS)]
    monkeypatch.setattr(apps, "entry_points", lambda group: [one for one in named if one.group == group])
    assert groups(run, "status", "--db", url) == ["board", "tool_calls"]
    assert [policy.name for policy in find_app(None).policies] == ["own"]


def test_without_an_app_there_is_what_comes_with_workledger() -> None:
    assert find_app(None) is None
    with open_ledger("memory:", create=True) as ledger:
        assert (ledger.groups, ledger.policies) == (GROUPS, POLICIES)
