"""axe finds no violation on any view, by day or by night, wide or narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from e2e.given import Project

pytestmark = pytest.mark.e2e

SCHEMES = pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
PHONE = {"width": 390, "height": 844}
VIEWS = {
    "inbox": ".waiting",
    "board": ".card",
    "plan": ".planned__task",
    "agents": ".agent",
    "logs": ".entry",
    "sessions": ".session",
    "commits": ".commit",
    "activity": ".happening",
}


def unfold(page: Page, view: str) -> None:
    """The tasks of a phase; the answer to something that waits."""
    if view == "plan":
        page.get_by_role("button", name="Tasks of Refuse changes").click()
    if view == "inbox":
        page.get_by_role("button", name="Send back").first.click()


def violations(page: Page) -> list[str]:
    page.wait_for_timeout(400)  # what slides in is not yet as bright as it will be
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@SCHEMES
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_on_a_view(page: Page, lively: tuple[Project, dict[str, str]], view: str) -> None:
    page.goto(lively[0].link(view))
    unfold(page, view)
    expect(page.locator(VIEWS[view]).first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_on_a_phone_and_nothing_is_cut_off(
    page: Page, lively: tuple[Project, dict[str, str]], view: str
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(lively[0].link(view))
    unfold(page, view)
    expect(page.locator(VIEWS[view]).first).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@SCHEMES
def test_axe_finds_nothing_on_a_card_in_full(page: Page, lively: tuple[Project, dict[str, str]]) -> None:
    project, ids = lively
    page.goto(project.link("board", "task", ids["working"]))
    expect(page.locator(".happening").first).to_be_visible()
    page.locator(".run__line").first.click()
    page.locator(".happening__more").first.click()
    expect(page.locator(".envelope")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert violations(page) == []


@SCHEMES
def test_axe_finds_nothing_on_a_phase_in_full(page: Page, lively: tuple[Project, dict[str, str]]) -> None:
    project, ids = lively
    initiative = project.service.now(f"phases/{ids['phase']}")["initiative_id"]
    page.goto(project.link("plan", initiative, ids["phase"]))
    expect(page.locator(".comment")).to_be_visible()
    expect(page.locator(".planned__task").first).to_be_visible()
    assert violations(page) == []


@SCHEMES
def test_axe_finds_nothing_on_forms_menus_and_notices(page: Page, lively: tuple[Project, dict[str, str]]) -> None:
    project, ids = lively
    page.goto(project.link())
    page.get_by_role("button", name="New task", exact=True).first.click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator(f"[data-task='{ids['review']}'] a").focus()
    page.keyboard.press("m")
    expect(page.get_by_role("menu")).to_be_visible()
    assert violations(page) == []


@SCHEMES
def test_axe_finds_nothing_where_there_is_nothing(page: Page, project: Project) -> None:
    for view in set(VIEWS) - {"inbox"}:
        page.goto(project.link(view))
        expect(page.locator(".empty, .column__empty, .happening").first).to_be_visible()
        assert violations(page) == []


@SCHEMES
def test_axe_finds_nothing_on_the_start_a_filter_a_conflict_and_a_drag(page: Page, project: Project) -> None:
    task = project.task("Write the parser", labels=("api",))
    page.goto(project.link())
    page.get_by_role("searchbox").fill("parser")
    expect(page.locator(".chip")).to_be_visible()
    page.locator(f"[data-task='{task}']").hover()
    page.mouse.down()
    page.locator("[data-column=verified]").hover(position={"x": 60, "y": 40})
    page.locator("[data-column=verified]").hover(position={"x": 70, "y": 50})
    expect(page.locator(".column__sign")).to_be_visible()
    assert violations(page) == []
    page.mouse.up()
    expect(page.locator(".notice")).to_be_visible()
    assert violations(page) == []
    page.goto(project.link("board", "task", task))
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Title").fill("Mine")
    project.tell(task, "change-details", title="Theirs")
    page.locator(".form").get_by_role("button", name="Edit", exact=True).click()
    expect(page.locator(".theirs")).to_be_visible()
    assert violations(page) == []
    page.route("**/api/projects?*", lambda route: route.fulfill(json={"items": [], "position": 0}))
    page.goto("about:blank")
    page.goto(project.service.url)
    expect(page.locator(".start")).to_be_visible()
    assert violations(page) == []
