"""The live feed in a browser: one for all tabs, none for those that nobody sees, and none lost with the connection."""

import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.given import Project, Service

pytestmark = pytest.mark.e2e

TABS = 8
HIDE = """hidden => {
  Object.defineProperty(document, "visibilityState", { value: hidden ? "hidden" : "visible", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def live(page: Page) -> None:
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=30_000)


def feeds(service: Service, number: int) -> None:
    """The service has so many feeds open, sooner or later."""
    for _ in range(100):
        if (seen := service.get("status")["feeds"]) == number:
            return
        time.sleep(0.1)
    raise AssertionError(f"{seen} feeds are open")


def test_eight_tabs_share_one_feed_and_all_of_them_live_and_take_commands(
    page: Page, project: Project, service: Service
) -> None:
    context: BrowserContext = page.context
    tabs = [page, *(context.new_page() for _ in range(TABS - 1))]
    for tab, view in zip(
        tabs, ("board", "logs", "activity", "board", "agents", "sessions", "commits", "board"), strict=True
    ):
        tab.goto(project.link(view))
    for tab in tabs:
        live(tab)
    feeds(service, 1)
    tabs[-1].bring_to_front()
    tabs[-1].get_by_role("button", name="New task", exact=True).first.click()
    tabs[-1].get_by_label("Title").fill("Write the parser")
    tabs[-1].get_by_role("button", name="Create task").click()
    for tab in (tabs[0], tabs[3], tabs[-1]):
        expect(tab.locator("[data-task]")).to_contain_text(["Write the parser"])
    expect(tabs[2].locator(".happening__text").first).to_contain_text("created the task “Write the parser”")
    feeds(service, 1)
    for tab in tabs[1:]:
        tab.close()


def test_where_no_worker_can_be_shared_a_tab_has_a_feed_of_its_own(page: Page, project: Project) -> None:
    page.add_init_script("delete window.SharedWorker")
    page.goto(project.link())
    live(page)
    task = project.task("Write the parser")
    expect(page.locator(f"[data-task='{task}']")).to_be_visible()
    for view in ("Logs", "Activity", "Board"):
        page.locator(f".rail__view >> text='{view}'").click()
        live(page)
    feeds(project.service, 1)


def test_a_tab_that_nobody_sees_lets_go_and_catches_up_when_it_is_seen(
    page: Page, project: Project, service: Service
) -> None:
    task = project.task("Write the parser")
    page.clock.install()
    page.goto(project.link())
    live(page)
    feeds(service, 1)
    page.evaluate(HIDE, True)
    page.clock.run_for(61_000)
    feeds(service, 0)
    project.tell(task, "change-details", title="Write the lexer")
    other = Project(service, "Meanwhile made")
    page.evaluate(HIDE, False)
    page.clock.run_for(1_000)
    expect(page.locator(f"[data-task='{task}']")).to_contain_text("Write the lexer")
    page.get_by_role("button", name=f"Project: {project.name}").click()
    expect(page.get_by_role("menuitemradio", name=other.name)).to_have_count(1)


def test_what_one_types_outlives_a_service_that_goes_away_and_is_sent_once_it_is_back(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('lost')}/work.db"
    with Service.serving(database) as service:
        project = Project(service)
        project.task("Write the parser")
        page.goto(project.link())
        live(page)
        page.get_by_role("searchbox").fill("parser")
        page.get_by_role("button", name="New task", exact=True).first.click()
    form = page.get_by_role("dialog", name="New task")
    form.get_by_label("Title").fill("Write the lexer")
    form.get_by_label("Description").fill("It reads letters.")
    form.get_by_role("button", name="Create task").click()
    expect(form.get_by_role("alert")).to_contain_text("The service cannot be reached.")
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()
    expect(form.get_by_label("Title")).to_have_value("Write the lexer")
    expect(form.get_by_label("Description")).to_have_value("It reads letters.")
    with Service.serving(database, port=service.port) as again:
        form.get_by_role("button", name="Create task").click()
        expect(form).to_have_count(0)
        live(page)
        expect(page.get_by_role("searchbox")).to_have_value("parser")
        page.get_by_role("button", name="Show all cards").click()
        expect(page.locator("[data-task] h3")).to_have_text(["Write the parser", "Write the lexer"])
        assert len(again.get("tasks", project_id=project.id)["items"]) == 2


def test_what_is_of_no_project_or_of_another_one_is_shown_in_none(page: Page, project: Project) -> None:
    """The page hears of it, for the inbox and for plans."""
    other, post = Project(project.service), project.service.post
    page.goto(project.link("activity"))
    live(page)
    page.get_by_role("link", name="Everything").click()
    initiative = post("initiatives", name="Faster start", project_ids=[other.id])["id"]
    phase = post("phases", initiative_id=initiative, name="Measure")["id"]
    post("tasks", project_id=other.id, phase_id=phase, title="Of another one")
    post("agents", name="Of nobody")
    project.agent("Ada")
    expect(page.locator(".happening").first).to_contain_text("created the agent “Ada”")
    expect(page.locator(".happening")).to_have_count(2)
    page.get_by_role("link", name="Agents").first.click()
    expect(page.locator(".agent h3")).to_have_text(["Ada"])
    page.get_by_role("link", name="Board").click()
    expect(page.locator("[data-task]")).to_have_count(0)
