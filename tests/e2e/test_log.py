"""The log view: it follows a running agent, and stays where one reads."""

import pytest
from playwright.sync_api import Page, expect

from e2e.given import Project, answered, called, said

pytestmark = pytest.mark.e2e

AT_END = """() => {
  const roll = document.querySelector(".roll");
  return roll.scrollHeight - roll.scrollTop - roll.clientHeight < 2;
}"""


def running(project: Project) -> str:
    """An agent at work."""
    agent = project.agent("Ada")
    project.start(project.task("Write the parser"), agent)
    return agent


def test_the_log_follows_a_running_agent(page: Page, project: Project) -> None:
    agent = running(project)
    project.log(agent, said("I begin."))
    page.goto(project.link("logs", agent))
    expect(page.locator(".entry--text .prose")).to_have_text(["I begin."])
    expect(page.locator(".roll__live")).to_have_text("Ada is at work")
    project.log(agent, called("Bash", "t1", command="pytest -q"))
    expect(page.locator(".entry--tool")).to_contain_text("pytest -q")
    project.log(agent, answered("t1", "40 passed"))
    expect(page.locator(".entry--tool .output")).to_have_text("40 passed")


def test_it_stays_at_the_end_until_one_scrolls_up(page: Page, project: Project) -> None:
    agent = running(project)
    project.long_log(agent, 60)
    page.goto(project.link("logs", agent))
    expect(page.get_by_text("Line 59 of")).to_be_visible()
    project.log(agent, said("One more."))
    expect(page.get_by_text("One more.")).to_be_in_viewport()
    page.wait_for_function(AT_END)
    page.locator(".roll").hover()
    page.mouse.wheel(0, -800)
    down = page.get_by_role("button", name="To the end")
    expect(down).to_be_visible()
    top = page.evaluate("document.querySelector('.roll').scrollTop")
    project.log(agent, said("And another."))
    more = page.get_by_role("button", name="1 new")
    expect(more).to_be_visible()
    assert page.evaluate("document.querySelector('.roll').scrollTop") == top
    more.click()
    expect(page.get_by_text("And another.")).to_be_in_viewport()


def test_a_line_that_was_cut_and_what_is_no_json_are_readable(page: Page, project: Project) -> None:
    agent = running(project)
    line = said("A line in two chunks.")
    project.log(agent, line[:40])
    project.log(agent, line[40:])
    project.log(agent, "make: *** [all] Error 2\n")
    project.log(agent, '{"some": "other record"}\n')
    page.goto(project.link("logs", agent))
    expect(page.locator(".entry--text")).to_contain_text("A line in two chunks.")
    expect(page.locator(".entry--output").first).to_contain_text("make: *** [all] Error 2")
    expect(page.locator(".entry--output").last).to_contain_text('"some": "other record"')


def test_earlier_entries_and_earlier_sessions_can_be_read(page: Page, project: Project) -> None:
    agent = running(project)
    project.long_log(agent, 230)
    project.log(agent, said("The second session."), session_number=2)
    page.goto(project.link("logs", agent))
    expect(page.locator(".entry")).to_have_count(1)
    page.get_by_label("Session").select_option("1")
    expect(page).to_have_url(project.link("logs", agent, "1"))
    expect(page.locator(".entry")).to_have_count(200)
    page.get_by_role("button", name="Earlier entries").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".entry")).to_have_count(230)
    expect(page.locator(".entry").first).to_contain_text("Line 0 of the log.")
