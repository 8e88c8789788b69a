"""What the browser tests are given: a running service, a project in it, and a page that has no complaint."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from e2e.given import Project, Service
from e2e.lively import fill

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

if importlib.util.find_spec("playwright") is None:  # it is in the group e2e, which only `make e2e` needs
    collect_ignore_glob = ["test_*.py"]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP: "ViewportSize" = {"width": 1440, "height": 900}
EXPECTED = "Failed to load resource:"
"""What Chromium says of every refusal, and of a service that is away; the tests look at what the page makes of it."""


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with Service.serving(f"sqlite:///{folder}/work.db") as service:
        yield service


@pytest.fixture
def project(service: Service) -> Project:
    """An empty project."""
    return Project(service)


@pytest.fixture(scope="session")
def lively(service: Service) -> tuple[Project, dict[str, str]]:
    """A project in the middle of a working day, and some ids of it; it is looked at and not changed."""
    project = Project(service, "workledger")
    return project, fill(project)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    path = os.environ.get("WORKLEDGER_CHROMIUM") or shutil.which("chromium")
    assert path, "there is no chromium: install it, or say where it is in WORKLEDGER_CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: "Browser", request: pytest.FixtureRequest) -> "Iterator[Page]":
    """A page of its own; what it complains of fails the test. `color_scheme` is asked for by a parameter."""
    scheme = getattr(request, "param", "light")
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []

    def on_console(message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints
