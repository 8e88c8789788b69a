"""The board in a browser: columns and cards, and what moves while one watches."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.given import Project, Service

pytestmark = pytest.mark.e2e


def column(page: Page, name: str) -> Locator:
    return page.locator(f"[data-column={name}]")


def card(page: Page, task: str) -> Locator:
    return page.locator(f"[data-task='{task}']")


def titles(page: Page, name: str) -> list[str]:
    return column(page, name).locator("h3").all_inner_texts()


def in_review(project: Project, title: str = "Write the parser") -> tuple[str, str]:
    """A task that waits for approval, and its agent."""
    agent = project.agent(f"Ada of {title}")
    task = project.task(title)
    run = project.start(task, agent)
    project.turns(run, 2)
    project.finish(task, run, agent)
    return task, agent


def test_the_board_shows_four_columns_with_their_cards(page: Page, lively: tuple[Project, dict[str, str]]) -> None:
    project, ids = lively
    page.goto(project.link())
    expect(page.locator(".column h2")).to_have_text(["Backlog", "In progress", "Waiting approval", "Verified"])
    expect(page.locator(".column__count")).to_have_text(["9", "4", "3", "5"])
    working = card(page, ids["working"])
    expect(column(page, "in_progress").locator(working)).to_be_visible()
    expect(working).to_contain_text("Ada")
    expect(working).to_contain_text("23/50")
    expect(card(page, ids["stuck"])).to_contain_text("Merge conflict")
    expect(card(page, ids["waiting"])).to_contain_text("Waits for 1")
    expect(card(page, ids["rejected"])).to_contain_text("Rejected")
    expect(card(page, ids["Redact e-mail addresses before an event is stored"])).to_contain_text("Queued")


def test_a_card_moves_while_one_watches(page: Page, project: Project) -> None:
    task, _ = in_review(project)
    page.goto(project.link())
    expect(column(page, "waiting_approval").locator(card(page, task))).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.evaluate("window.same = true")
    project.tell(task, "approve")
    expect(column(page, "verified").locator(card(page, task))).to_be_visible()
    expect(column(page, "waiting_approval").locator("[data-task]")).to_have_count(0)
    expect(page.locator(".column__count")).to_have_text(["0", "0", "0", "1"])
    assert page.evaluate("window.same"), "the page was loaded again"


def test_what_is_created_changed_and_deleted_elsewhere_is_seen_at_once(page: Page, project: Project) -> None:
    page.goto(project.link())
    expect(page.get_by_text("New tasks wait here for an agent.")).to_be_visible()
    task = project.task("Write the parser")
    expect(card(page, task)).to_be_visible()
    project.tell(task, "change-details", title="Write the lexer")
    expect(card(page, task)).to_contain_text("Write the lexer")
    project.tell(task, "delete")
    expect(card(page, task)).to_have_count(0)


def test_a_running_agent_is_seen_at_work(page: Page, project: Project) -> None:
    agent, task = project.agent("Ada"), project.task("Write the parser")
    page.goto(project.link("agents"))
    expect(page.locator(".agent")).to_contain_text("idle")
    run = project.start(task, agent)
    expect(page.locator(".agent")).to_contain_text("running")
    project.turns(run, 3)
    expect(page.locator(".agent .progress")).to_contain_text("3/50 turns")
    project.service.post(f"agent-runs/{run}/stop")
    expect(page.locator(".agent")).to_contain_text("No run at the moment.")


def test_a_card_is_dragged_to_another_place_and_stays_there(page: Page, project: Project, service: Service) -> None:
    first, second, third = (project.task(title) for title in ("One", "Two", "Three"))
    page.goto(project.link())
    with page.expect_response(re.compile("/move$")):
        card(page, first).drag_to(card(page, third), target_position={"x": 60, "y": 50})
    expect(column(page, "backlog").locator("h3")).to_have_text(["Two", "Three", "One"])
    with page.expect_response(re.compile("/move$")):
        card(page, third).drag_to(card(page, second), target_position={"x": 60, "y": 4})
    expect(column(page, "backlog").locator("h3")).to_have_text(["Three", "Two", "One"])
    head = service.get("status")["head"]
    stored = service.get(f"projects/{project.id}/board", min_position=head)["columns"][0]["tasks"]
    assert [task["id"] for task in stored] == [third, second, first]


def test_a_drag_to_another_column_is_the_command_that_leads_there(page: Page, project: Project) -> None:
    project.agent("Ada")
    task = project.task("Write the parser")
    page.goto(project.link())
    card(page, task).drag_to(column(page, "in_progress"))
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(column(page, "in_progress").locator(card(page, task))).to_contain_text("Ada")


def test_what_a_task_takes_follows_its_state_while_one_watches(page: Page, project: Project) -> None:
    """The service says which commands there are; the page has no machine of its own."""
    task = project.task("Write the parser")
    page.goto(project.link("board", "task", task))
    buttons = page.get_by_role("dialog", name="Write the parser").locator(".actions > .button:not(.button--icon)")
    expect(buttons).to_have_text(["Assign", "Queue", "Edit"])
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    project.tell(task, "queue")
    expect(buttons).to_have_text(["Assign", "Take out of the queue", "Edit"])
    project.start(task, project.agent("Ada"))
    expect(buttons).to_have_text(["Finish work", "Edit", "Block"])
    project.tell(task, "cancel", to="dropped")
    expect(buttons).to_have_text(["Reopen", "Edit"])


def test_a_description_that_is_emptied_is_cleared(page: Page, project: Project, service: Service) -> None:
    task = project.task("Write the parser", text="It reads tokens.")
    page.goto(project.link("board", "task", task))
    panel = page.get_by_role("dialog", name="Write the parser", exact=True)
    expect(panel).to_contain_text("It reads tokens.")
    panel.get_by_role("button", name="Edit", exact=True).click()
    form = page.get_by_role("dialog", name="Edit: Write the parser")
    form.get_by_label("Description").fill("")
    form.get_by_role("button", name="Edit", exact=True).click()
    expect(panel).to_contain_text("No description.")
    assert service.get(f"tasks/{task}", min_position=service.get("status")["head"])["description"] is None


def test_what_is_refused_is_said_with_its_code(page: Page, project: Project) -> None:
    agent = project.agent("Ada")
    project.start(project.task("Write the lexer"), agent)
    task = project.task("Write the parser")
    page.goto(project.link("board", "task", task))
    page.get_by_role("button", name="Assign", exact=True).click()
    form = page.get_by_role("dialog", name="Assign: Write the parser")
    form.get_by_role("button", name="Assign", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("This agent has a live run; stop it first.")
    expect(form.get_by_role("alert")).to_contain_text("AGENT_ALREADY_RUNNING")


def test_a_new_task_is_made_on_the_page(page: Page, project: Project) -> None:
    page.goto(project.link())
    page.get_by_role("button", name="New task", exact=True).first.click()
    form = page.get_by_role("dialog", name="New task")
    form.get_by_label("Title").fill("Write the parser")
    form.get_by_label("Priority").select_option("high")
    form.get_by_label("Labels").fill("api, docs")
    form.get_by_role("button", name="Create task").click()
    expect(column(page, "backlog").locator("[data-task]")).to_contain_text(["Write the parser"])
    expect(column(page, "backlog").locator(".label")).to_have_text(["api", "docs"])


def test_the_detail_of_a_card_tells_its_whole_history(page: Page, project: Project) -> None:
    task, _ = in_review(project)
    project.tell(task, "reject", reason="There is no test.")
    page.goto(project.link("board", "task", task))
    panel = page.get_by_role("dialog", name="Write the parser")
    lines = panel.locator(".happening__text")
    expect(lines.first).to_contain_text("ann moved it from Waiting approval to In progress")
    expect(lines.nth(1)).to_contain_text("ann rejected the work: “There is no test.”")
    expect(lines.last).to_contain_text("created the task “Write the parser”")
    panel.get_by_role("button", name="Data of task.rejected").click()
    expect(panel.locator(".envelope pre")).to_contain_text('"reason": "There is no test."')
    project.tell(task, "change-labels", labels=["later"])
    expect(lines.first).to_contain_text("ann set the labels to later")
    panel.locator(".run__line").click()
    expect(panel.locator(".run__more")).to_contain_text("2 of 50")


def test_when_the_service_comes_back_so_does_the_page(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('away')}/work.db"
    with Service.serving(database) as service:
        project = Project(service)
        task = project.task("Write the parser")
        page.goto(project.link())
        expect(card(page, task)).to_be_visible()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()
    with Service.serving(database, port=service.port) as again:
        again.post(f"tasks/{task}/change-details", title="Write the lexer")
        expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=30_000)
        expect(card(page, task)).to_contain_text("Write the lexer")
