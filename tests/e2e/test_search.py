"""The search of the board: it finds what the service has, says how much, and is easily left."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.given import Project, Service

pytestmark = pytest.mark.e2e

MANY = 5_000
DRAWN = "number => document.querySelectorAll('[data-column=backlog] [data-task]').length >= number"


@pytest.fixture(scope="module")
def long(service: Service) -> tuple[Project, list[str]]:
    """A project with very many tasks in its backlog."""
    project = Project(service, "Long")
    return project, project.tasks(MANY)


def cards(page: Page, column: str = "backlog") -> Locator:
    return page.locator(f"[data-column={column}] [data-task]")


def test_a_search_finds_cards_that_were_not_read_and_no_others(page: Page, long: tuple[Project, list[str]]) -> None:
    project, ids = long
    page.goto(project.link())
    expect(page.locator(".column__count").first).to_have_text("5,000")
    search = page.get_by_role("searchbox")
    search.fill("Task 4321")
    expect(cards(page).locator("h3")).to_have_text(["Task 4321"])
    expect(page.locator(".column__count").first).to_have_text("1 of 5,000")
    search.fill(ids[4999])
    expect(cards(page).locator("h3")).to_have_text(["Task 4999"])
    search.fill(ids[4999][6:])
    expect(cards(page)).to_have_count(0)
    search.fill("Task 43")
    expect(page.locator(".column__count").first).to_have_text(re.compile(r"^10[01]\+ of 5,000$"))
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".column__count").first).to_have_text(f"{sum('43' in str(n) for n in range(MANY))} of 5,000")


def test_a_long_column_reads_and_draws_on_as_one_scrolls_and_one_change_is_one_row(
    page: Page, long: tuple[Project, list[str]]
) -> None:
    project, ids = long
    page.goto(project.link())
    expect(cards(page)).to_have_count(50)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    for drawn in range(100, 300, 50):
        page.locator(".column__scroll").first.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        page.wait_for_function(DRAWN, arg=drawn)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    project.service.post(f"tasks/{ids[3]}/change-details", title="Task 3 with another title")
    expect(page.locator(f"[data-task='{ids[3]}'] h3")).to_have_text("Task 3 with another title")
    project.service.post(f"tasks/{ids[4000]}/delete")
    expect(page.locator(".column__count").first).to_have_text("4,999")
    assert not [url for url in asked if "/board" in url or "column=" in url]
    page.get_by_role("searchbox").fill("task")
    expect(page.locator(".column__count").first).to_have_text(re.compile(r"^\d+\+ of 4,999$"))
    expect(cards(page)).to_have_count(50)


def test_description_summary_branch_and_labels_are_searched(page: Page, project: Project) -> None:
    project.task("One", text="It reads tokens.")
    project.task("Two", labels=("urgent",))
    task, agent = project.task("Three"), project.agent("Ada")
    run = project.start(task, agent)
    project.finish(task, run, agent)
    page.goto(project.link())
    search = page.get_by_role("searchbox")
    for text, title in (("tokens", "One"), ("URG", "Two"), ("tests fail", "Three"), (f"task/{task[:3]}", "Three")):
        search.fill(text)
        expect(page.locator("[data-task] h3")).to_have_text([title])


def test_esc_shows_all_cards_again_and_then_leaves_the_search(page: Page, project: Project) -> None:
    project.task("One")
    project.task("Two")
    page.goto(project.link())
    expect(page.locator("[data-task]")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("one")
    expect(page.locator("[data-task]")).to_have_count(1)
    expect(page.locator(".chip")).to_contain_text("Filtered: “one”")
    page.keyboard.press("Escape")
    expect(page.locator("[data-task]")).to_have_count(2)
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.locator(".chip")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).not_to_be_focused()


def test_a_filter_is_in_the_link_and_ends_with_the_project(page: Page, project: Project) -> None:
    project.task("One")
    project.task("Two")
    other = Project(project.service)
    other.task("Three")
    page.goto(project.link())
    page.get_by_role("searchbox").fill("two")
    expect(page).to_have_url(project.link() + "?q=two")
    page.reload()
    expect(page.locator("[data-task] h3")).to_have_text(["Two"])
    page.locator("[data-task] a").click()
    expect(page.get_by_role("dialog", name="Two")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-task] h3")).to_have_text(["Two"])
    page.get_by_role("button", name=f"Project: {project.name}").click()
    page.get_by_role("menuitemradio", name=other.name, exact=True).click()
    expect(page.locator("[data-task] h3")).to_have_text(["Three"])
    expect(page.get_by_role("searchbox")).to_have_value("")
