"""Forms: nothing that was typed is lost, nothing that others did is overwritten, and refusals are in people's words."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.given import Project, Service

pytestmark = pytest.mark.e2e


def form_of(page: Page, task: str, project: Project, button: str, title: str = "Write the parser") -> Locator:
    """The form of a command, opened in the panel of a task."""
    page.goto(project.link("board", "task", task))
    page.get_by_role("dialog", name=title, exact=True).get_by_role("button", name=button, exact=True).click()
    return page.get_by_role("dialog", name=f"{button}: {title}")


def renamed(project: Project, task: str, title: str) -> None:
    project.service.post(f"tasks/{task}/change-details", actor="user:bob", title=title)


def test_a_refused_form_keeps_every_field_as_it_was_typed(page: Page, project: Project) -> None:
    page.goto(project.link())
    page.get_by_role("button", name="New task", exact=True).first.click()
    form = page.get_by_role("dialog", name="New task")
    form.get_by_label("Title").fill("Write the parser")
    form.get_by_label("Description").fill("It reads tokens.")
    form.get_by_label("Priority").select_option("high")
    form.get_by_label("Labels").fill("a, b")
    page.route("**/api/tasks", lambda route: route.fulfill(status=409, json={"code": "LIMIT", "detail": "Not today."}))
    form.get_by_role("button", name="Create task").click()
    expect(form.get_by_role("alert")).to_contain_text("Not today.")
    expect(form.get_by_label("Title")).to_have_value("Write the parser")
    expect(form.get_by_label("Description")).to_have_value("It reads tokens.")
    expect(form.get_by_label("Priority")).to_have_value("high")
    expect(form.get_by_label("Labels")).to_have_value("a, b")
    form.get_by_label("Labels").fill(",".join(f"l{n}" for n in range(11)))
    form.get_by_role("button", name="Create task").click()
    expect(form.locator(".field__error")).to_have_text("At most 10 labels; these are 11.")
    expect(form.get_by_label("Title")).to_have_value("Write the parser")
    page.unroute("**/api/tasks")
    form.get_by_label("Labels").fill("a")
    page.route("**/api/tasks", lambda route: route.continue_(post_data=route.request.post_data_json | {"title": ""}))
    form.get_by_role("button", name="Create task").click()
    expect(form.locator(".field__error")).to_have_text("This cannot be empty.")
    expect(form.get_by_text("String should")).to_have_count(0)


def test_what_was_typed_and_not_sent_is_kept_as_a_draft(page: Page, project: Project) -> None:
    page.goto(project.link())
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New task")
    form.get_by_label("Description").fill("Half an hour of words.")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Kept as a draft: New task").first).to_be_visible()
    page.reload()
    page.get_by_role("button", name="New task", exact=True).first.click()
    expect(form.get_by_label("Description")).to_have_value("Half an hour of words.")
    form.get_by_role("button", name="Start afresh").click()
    expect(form.get_by_label("Description")).to_have_value("")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New task", exact=True).first.click()
    expect(form.get_by_label("Description")).to_have_value("")


def test_two_who_edit_see_each_other_and_neither_is_overwritten(page: Page, project: Project, service: Service) -> None:
    task = project.task("Write the parser", text="It reads tokens.")
    form = form_of(page, task, project, "Edit")
    form.get_by_label("Title").fill("Write Ann's parser")
    service.post(f"tasks/{task}/change-details", actor="user:bob", title="Write Bob's parser", priority="high")
    expect(page.locator(f"[data-task='{task}'] h3")).to_have_text("Write Bob's parser")
    form.get_by_role("button", name="Edit", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("bob changed the title, priority")
    expect(form.get_by_role("group", name="Title, as it is now")).to_contain_text("Write Bob's parser")
    expect(form.get_by_label("Title", exact=True)).to_have_value("Write Ann's parser")
    expect(form.get_by_label("Priority")).to_have_value("high")
    assert service.now(f"tasks/{task}")["title"] == "Write Bob's parser"
    form.get_by_role("button", name="Keep mine").click()
    with page.expect_request(re.compile("/change-details$")) as sent:
        form.get_by_role("button", name="Edit anyway").click()
    assert sent.value.post_data_json == {"title": "Write Ann's parser"}
    expect(form).to_have_count(0)
    row = service.now(f"tasks/{task}")
    assert (row["title"], row["priority"], row["description"]) == ("Write Ann's parser", "high", "It reads tokens.")


def test_theirs_can_be_taken_and_then_nothing_is_sent(page: Page, project: Project, service: Service) -> None:
    task = project.task("Write the parser")
    form = form_of(page, task, project, "Edit")
    form.get_by_label("Title").fill("Mine")
    renamed(project, task, "Theirs")
    form.get_by_role("button", name="Edit", exact=True).click()
    form.get_by_role("button", name="Take theirs").click()
    expect(form.get_by_label("Title", exact=True)).to_have_value("Theirs")
    form.get_by_role("button", name="Edit anyway").click()
    expect(form).to_have_count(0)
    assert service.now(f"tasks/{task}")["title"] == "Theirs"


def test_only_what_was_seen_is_approved(page: Page, project: Project, service: Service) -> None:
    agent, task = project.agent("Ada"), project.task("Write the parser")
    run = project.start(task, agent)
    project.finish(task, run, agent, lines=(1, 1, 0))
    form = form_of(page, task, project, "Approve")
    expect(form).to_contain_text("1 file changed, 1 line added, 0 removed.")
    project.tell(task, "reject", reason="More.", actor="user:bob")
    project.tell(task, "finish-work", turn_count=5, files_changed=40, lines_added=9000, lines_removed=5000)
    form.get_by_role("button", name="Approve", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("bob rejected the work: “More.”")
    expect(form.get_by_role("alert")).to_contain_text("40 files changed +9000")
    assert service.now(f"tasks/{task}")["state"] == "in_review"
    form.get_by_role("button", name="Approve anyway").click()
    expect(form).to_have_count(0)
    assert service.now(f"tasks/{task}")["state"] == "done"


def test_a_card_that_only_gave_way_to_another_is_no_conflict(page: Page, project: Project, service: Service) -> None:
    task, other = project.task("Write the parser"), project.task("Write the lexer")
    form = form_of(page, task, project, "Edit")
    form.get_by_label("Title").fill("Write a parser")
    project.tell(task, "move", board_column="backlog", after=other)
    form.get_by_role("button", name="Edit", exact=True).click()
    expect(form).to_have_count(0)
    assert service.now(f"tasks/{task}")["title"] == "Write a parser"


def test_who_was_first_is_said_in_peoples_words(page: Page, project: Project) -> None:
    task = project.task("Write the parser")
    project.agent("Ada")
    form = form_of(page, task, project, "Assign")
    project.tell(task, "cancel", to="dropped", actor="user:bob")
    form.get_by_role("button", name="Assign", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("bob dropped it")
    expect(form.get_by_role("alert")).to_contain_text("It does not take this any more.")
    expect(form.get_by_role("button", name="Assign anyway")).to_be_disabled()


def test_a_card_that_somebody_dropped_says_so_when_it_is_moved(page: Page, project: Project) -> None:
    task, _ = project.task("Write the parser"), project.task("Write the lexer")
    page.goto(project.link())
    expect(page.locator("[data-task]")).to_have_count(2)
    page.evaluate("id => import('/app/data.mjs').then(data => (window.seen = data.board.get().tasks.get(id)))", task)
    project.tell(task, "cancel", to="dropped", actor="user:bob")
    expect(page.locator("[data-task]")).to_have_count(1)
    page.evaluate("import('/app/moves.mjs').then(moves => moves.move(seen, 'backlog'))")
    expect(page.locator(".notice")).to_contain_text("This is not possible while the task is dropped. bob dropped it")
