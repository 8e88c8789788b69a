"""The other views: commits, sessions and activity; and that nothing the domain says is missed."""

import pytest
from playwright.sync_api import Page, expect

from e2e.given import Project
from workledger.domain.kernel.aggregate import Event

pytestmark = pytest.mark.e2e


def test_the_commit_history_is_read_in_pages(page: Page, project: Project) -> None:
    project.commits([f"Commit {number}" for number in range(45)])
    page.goto(project.link("commits"))
    expect(page.locator(".commit")).to_have_count(20)
    expect(page.locator(".commit__subject").first).to_have_text("Commit 44")
    expect(page.locator(".pager__where")).to_have_text("1 to 20 of 45")
    page.get_by_role("link", name="Older").click()
    expect(page.locator(".commit__subject").first).to_have_text("Commit 24")
    page.get_by_role("link", name="Older").click()
    expect(page.locator(".commit__subject")).to_have_text([f"Commit {number}" for number in range(4, -1, -1)])
    expect(page.get_by_role("link", name="Older")).to_have_count(0)
    expect(page.locator(".commit").last).to_contain_text("build queued")
    page.locator(".commit__files summary").first.click()
    expect(page.locator(".commit__files").first).to_contain_text("domain/task.py")
    page.go_back()
    expect(page.locator(".pager__where")).to_have_text("21 to 40 of 45")


def test_a_commit_appears_while_one_watches(page: Page, project: Project) -> None:
    page.goto(project.link("commits"))
    expect(page.get_by_text("No commits")).to_be_visible()
    project.commits(["Write the parser"])
    expect(page.locator(".commit")).to_contain_text("Write the parser")


def test_the_activity_tells_what_happens_as_it_happens(page: Page, project: Project) -> None:
    task = project.task("Write the parser")
    page.goto(project.link("activity"))
    expect(page.locator(".happening__text").first).to_contain_text("ann created the task “Write the parser”")
    project.tell(task, "queue")
    expect(page.locator(".happening__text").first).to_contain_text("ann queued it with medium priority")
    page.locator(".happening").first.get_by_role("link", name="Write the parser").click()
    expect(page.get_by_role("dialog", name="Write the parser")).to_be_visible()


def test_a_session_shows_its_feed_as_it_is_published(page: Page, lively: tuple[Project, dict[str, str]]) -> None:
    project, ids = lively
    page.goto(project.link("sessions"))
    page.get_by_role("link", name="Pairing on claims").click()
    expect(page.locator(".feedline")).to_contain_text(["Who holds a claim once its run has ended?"])
    entry = {"channel": "chunks", "type": "chunk", "data": {"text": "Nobody: it is freed."}}
    project.service.post(f"sessions/{ids['session']}/feed", **entry)
    expect(page.locator(".feedline").first).to_contain_text("Nobody: it is freed.")


def test_a_project_that_is_not_there_is_said_to_be_missing(page: Page, project: Project) -> None:
    page.goto(f"{project.service.url}/#/p/nowhere/board")
    expect(page.get_by_text("No such project", exact=True)).to_be_visible()


def test_what_is_simulated_is_said_to_be(page: Page, project: Project) -> None:
    banner = page.get_by_text("Simulated data · made up by a seed")
    page.goto(project.link())
    expect(page.locator(".column")).to_have_count(4)
    expect(banner).to_have_count(0)
    said = project.service.get("status") | {"simulated": True, "label": "made up by a seed"}
    page.route("**/api/status", lambda route: route.fulfill(json=said))
    page.reload()
    expect(banner).to_be_visible()


def test_the_page_listens_to_every_topic_of_the_domain_and_has_a_sentence_for_it(page: Page, project: Project) -> None:
    page.goto(project.link())
    heard = page.evaluate("import('/app/topics.mjs').then(module => module.TOPICS)")
    assert set(heard) == {topic for topic in Event.TOPICS if "." in topic}
    assert len(heard) == len(set(heard))
