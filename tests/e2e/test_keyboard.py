"""Everything by keyboard: no test here touches the mouse."""

import pytest
from playwright.sync_api import Page, expect

from e2e.given import Project

pytestmark = pytest.mark.e2e

FOCUSED = "document.activeElement.closest('[data-task]')?.dataset.task ?? null"
TABS = 200


def tab_to(page: Page, text: str) -> None:
    """Tab until the control of that name has the focus."""
    said = "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()"
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.evaluate(said) == text:
            return
    raise AssertionError(f"Tab does not reach {text}")


def reviewed(project: Project, title: str) -> str:
    agent, task = project.agent(f"Agent of {title}"), project.task(title)
    run = project.start(task, agent)
    project.finish(task, run, agent)
    return task


def test_a_card_is_opened_approved_and_closed_and_another_one_moved(page: Page, project: Project) -> None:
    task, other = reviewed(project, "Write the parser"), project.task("Write the lexer")
    project.task("Write the printer")
    page.goto(project.link())
    expect(page.locator("[data-task]")).to_have_count(3)

    tab_to(page, "Write the lexer")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUSED) == task
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Write the parser")
    expect(panel.get_by_role("button", name="Approve")).to_be_visible()
    tab_to(page, "Approve")
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Approve: Write the parser")
    expect(form.get_by_label("Feedback")).to_be_focused()
    page.keyboard.type("Clean.")
    page.keyboard.press("Control+Enter")
    expect(panel.locator(".panel__where")).to_have_text("Done")
    expect(panel.get_by_text("approved the work: “Clean.”")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert page.evaluate(FOCUSED) == task
    expect(page.locator(f"[data-column=verified] [data-task='{task}']")).to_be_visible()

    page.keyboard.press("ArrowLeft")
    assert page.evaluate(FOCUSED) == other
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("[data-column=backlog] h3")).to_have_text(["Write the printer", "Write the lexer"])
    assert page.evaluate(FOCUSED) == other
    page.keyboard.press("m")
    menu = page.get_by_role("menu", name="Move to… Write the lexer")
    expect(menu.get_by_role("menuitemradio", name="Backlog")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Assign: Write the lexer")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"[data-column=in_progress] [data-task='{other}']")).to_be_visible()


def test_tab_reaches_every_control_of_the_board(page: Page, project: Project) -> None:
    project.agent("Ada")
    project.task("Write the parser")
    page.goto(project.link())
    expect(page.locator("[data-task]")).to_have_count(1)
    controls = page.evaluate(
        "[...document.querySelectorAll('a[href], button:not(:disabled), input, select, textarea, summary')]"
        ".filter(one => one.tabIndex >= 0 && one.checkVisibility()).map((one, at) => (one.dataset.at = String(at)))"
    )
    reached = set()
    for _ in range(len(controls) + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.at ?? null"))
    assert set(controls) <= reached


def test_focus_stays_inside_what_is_open(page: Page, project: Project) -> None:
    task = project.task("Write the parser")
    page.goto(project.link("board", "task", task))
    expect(page.get_by_role("button", name="Assign", exact=True)).to_be_visible()
    outside = "document.activeElement !== document.body && !document.activeElement.closest('dialog')"
    for _ in range(40):
        page.keyboard.press("Tab")
        assert not page.evaluate(outside)


def test_single_keys_lead_everywhere_unless_they_are_turned_off(page: Page, project: Project) -> None:
    page.goto(project.link())
    expect(page.locator(".column")).to_have_count(4)
    views = ("plan", "agents", "logs", "sessions", "commits", "activity", "inbox", "board")
    for key, view in zip("23456701", views, strict=True):
        page.keyboard.press(key)
        expect(page).to_have_url(project.link(view))
    expect(page.get_by_role("searchbox")).to_be_visible()
    expect(page.locator(".column")).to_have_count(4)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="New task")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    tab_to(page, "")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page).to_have_url(project.link("board"))


def test_what_one_moves_is_announced(page: Page, project: Project) -> None:
    project.task("One")
    project.task("Two")
    page.goto(project.link())
    tab_to(page, "One")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("#app > [aria-live=polite]")).to_have_text("One: Backlog, 2 of 2")
