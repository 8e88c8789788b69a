"""Cards that are held, done, long, closed or in review: what the page says of them is true."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

import workledger
from e2e.given import Project
from workledger.domain.agent import Agent
from workledger.domain.session import Session
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskMoved
from workledger.domain.task.events import TaskCompleted

pytestmark = pytest.mark.e2e


def card(page: Page, task: str) -> Locator:
    return page.locator(f"[data-task='{task}']")


def column(page: Page, name: str) -> Locator:
    return page.locator(f"[data-column={name}]")


def done(project: Project, number: int) -> list[str]:
    """So many tasks that were done one after another, the last of them just now."""
    with workledger.open(project.service.database) as ledger, ledger.unit() as unit:
        made = []
        for n in range(number):
            at = datetime.now(UTC) - timedelta(hours=number - n)
            task = unit.create(Task.create(project_id=project.id, title=f"Done {n}"))
            place = {"rank": f"{number - n:04}V", "previous_rank": task.rank}
            moved = TaskMoved(from_column="backlog", board_column="verified", **place)
            unit.record(Task, task.id, [TaskCompleted(), moved], at=at)
            made.append(task.id)
    project.service.settle()
    return made


def test_done_cards_stand_by_their_completion_the_latest_first_and_older_ones_come_when_asked_for(
    page: Page, project: Project
) -> None:
    done(project, 70)
    page.goto(project.link())
    titles = column(page, "verified").locator("h3")
    expect(titles).to_have_text([f"Done {n}" for n in range(69, 39, -1)])
    expect(page.locator(".column__count").last).to_have_text("70")
    page.get_by_role("button", name="40 more").click()
    expect(titles).to_have_count(50)
    agent, task = project.agent("Ada"), project.task("Write the parser")
    run = project.start(task, agent)
    project.finish(task, run, agent)
    project.tell(task, "approve")
    expect(titles.first).to_have_text("Write the parser")
    expect(page.locator(".column__count").last).to_have_text("71")


def test_what_is_held_shows_where_it_may_go_and_elsewhere_says_why_not(page: Page, project: Project) -> None:
    task = project.task("Write the parser")
    project.agent("Ada")
    page.goto(project.link())
    card(page, task).hover()
    page.mouse.down()
    column(page, "waiting_approval").hover()
    column(page, "verified").hover(position={"x": 60, "y": 40})
    expect(page.locator(".column--closed h2")).to_have_text(["Waiting approval", "Verified"])
    expect(page.locator(".column__sign")).to_have_text(["Assign"])
    page.mouse.up()
    expect(page.locator(".notice")).to_contain_text(
        "A task that is ready cannot go to Verified. It can go to In progress (Assign)."
    )
    expect(page.locator(".column--closed")).to_have_count(0)
    expect(column(page, "backlog").locator(card(page, task))).to_be_visible()


def test_what_is_dropped_is_the_card_as_it_was_taken_up(page: Page, project: Project) -> None:
    agent, task = project.agent("Ada"), project.task("Write the parser")
    run = project.start(task, agent)
    project.finish(task, run, agent)
    page.goto(project.link())
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    card(page, task).hover()
    page.mouse.down()
    column(page, "verified").hover(position={"x": 60, "y": 40})
    column(page, "verified").hover(position={"x": 70, "y": 50})
    project.service.post(f"tasks/{task}/change-details", actor="user:bob", title="Write the lexer")
    expect(card(page, task)).to_contain_text("Write the lexer")
    page.mouse.up()
    form = page.get_by_role("dialog", name="Approve: Write the parser")
    form.get_by_role("button", name="Approve", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("bob changed the title")


LONG = "Settle the claims in the transaction of the append so that no other writer can come between " * 2


def test_long_titles_and_labels_break_no_dialog(page: Page, project: Project) -> None:
    task = project.task(LONG[:190], labels=("averyveryverylonglabelthatgoesonandon-and-on-and-on",))
    other = project.task("x" * 190)
    project.tell(task, "add-dependency", depends_on_task_id=other)
    page.emulate_media(reduced_motion="reduce")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(project.link("board", "task", task))
        remove = page.get_by_role("button", name=re.compile("^No longer wait for"))
        expect(remove).to_be_visible()
        expect(page.locator(".links__item a")).to_have_text("x" * 190)
        panel = page.get_by_role("dialog").bounding_box()
        assert panel
        for one in (
            remove,
            page.locator(".sheet__title"),
            page.locator(".happening__more").first,
            page.locator(".facts .label"),
        ):
            one.scroll_into_view_if_needed()
            box = one.bounding_box()
            assert box
            assert box["x"] >= panel["x"]
            assert box["x"] + box["width"] <= panel["x"] + panel["width"]
        side, main = page.locator(".sheet__side").bounding_box(), page.locator(".sheet__main").bounding_box()
        assert side
        assert main
        assert width < 760 or main["x"] + main["width"] <= side["x"] + 1
        page.goto("about:blank")


def test_what_was_closed_is_not_opened_by_going_back(page: Page, project: Project) -> None:
    first, second = project.task("One"), project.task("Two")
    project.tell(first, "add-dependency", depends_on_task_id=second)
    page.goto(project.link("agents"))
    page.goto(project.link())
    card(page, first).locator("a").click()
    page.get_by_role("dialog", name="One").get_by_role("link", name="Two").click()
    expect(page.get_by_role("dialog", name="Two")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(project.link())
    page.go_back()
    expect(page).to_have_url(project.link("agents"))
    page.go_forward()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(project.link("board", "task", second))
    page.get_by_role("button", name="Close").click()
    expect(page).to_have_url(project.link())


def test_a_state_has_one_name_and_a_failure_is_one_until_it_succeeds(page: Page, project: Project) -> None:
    agent, task = project.agent("Ada"), project.task("Write the parser")
    run = project.start(task, agent)
    project.service.post(f"agent-runs/{run}/fail", cause="crash", error="The process ended with 137", exit_code=137)
    page.goto(project.link("agents"))
    expect(page.locator(".agent__error")).to_contain_text("The process ended with 137")
    again = str(project.service.post("agent-runs", agent_id=agent, task_id=task)["id"])
    project.service.post(f"agent-runs/{again}/report-process", pid=1, provider_session_id="s-2")
    project.service.post(f"agent-runs/{again}/report-output")
    project.finish(task, again, agent)
    expect(page.locator(".agent__rest")).to_contain_text("Last failure just now.")
    expect(page.locator(".agent__error")).to_have_count(0)
    expect(page.locator(".agent__foot")).to_contain_text("0 tasks done")
    page.goto(project.link("board", "task", task))
    panel = page.get_by_role("dialog", name="Write the parser")
    expect(panel.locator(".panel__where")).to_contain_text("In review")
    expect(panel.locator(".facts dd").first).to_have_text("In review")
    expect(panel.get_by_text("in progress", exact=True)).to_have_count(0)
    page.goto(project.link("agents"))
    project.tell(task, "approve")
    expect(page.locator(".agent__foot")).to_contain_text("1 task done")
    project.tell(task, "reopen", reason="More.")
    expect(page.locator(".agent__foot")).to_contain_text("0 tasks done")


def test_a_dependency_is_chosen_among_all_tasks(page: Page, project: Project) -> None:
    made = project.tasks(150)
    page.goto(project.link("board", "task", made[0]))
    page.get_by_role("button", name="Add dependency").click()
    form = page.get_by_role("dialog", name="Add dependency: Task 0")
    form.get_by_label("Find a task").fill("Task 149")
    expect(form.get_by_role("option")).to_have_text(["Task 149 (Backlog)"])
    form.get_by_label("Waits for").select_option(made[149])
    form.get_by_role("button", name="Add dependency").click()
    expect(page.locator(".links__item")).to_have_text(["Task 149"])
    page.route("**/board?*", lambda route: (page.wait_for_timeout(500), route.continue_())[1])  # the card is first
    page.reload()
    expect(page.locator(".links__item")).to_have_text(["Task 149"])


def test_the_activity_is_in_the_order_in_which_things_came_about_and_names_who_did_them(
    page: Page, project: Project
) -> None:
    agent = project.agent("Ada")
    now = datetime.now(UTC)
    with workledger.open(project.service.database) as ledger, ledger.acting_as("import"):
        with ledger.unit() as unit:
            new = Task.create(project_id=project.id, title="Came about first")
            unit.create(new, at=now - timedelta(minutes=5))
        with ledger.unit() as unit:
            new = Task.create(project_id=project.id, title="Came about before that")
            unit.create(new, at=now - timedelta(minutes=9))
    task = project.task("Write the parser")
    run = project.start(task, agent)
    fault = "<tool_use_error>No such file\\n\\nNothing read</tool_use_error>"
    project.service.post(f"agent-runs/{run}/fail", cause="crash", error=fault, actor="import")
    page.goto(project.link("activity"))
    lines = page.locator(".happening__text")
    expect(lines.first).to_contain_text("Ada saw the run fail, crash: “No such file Nothing read”")
    told = lines.all_inner_texts()
    first, before = (
        next(n for n, text in enumerate(told) if title in text) for title in ("Came about first", "Came about before")
    )
    assert before == first + 1 == len(told) - 1
    [created] = [text for text in told if "created the agent" in text]
    assert created.count("Ada") == 1
    expect(page.locator(".happening__text a", has_text="Came about first")).to_be_visible()


def test_what_is_counted_is_the_project_and_not_the_page(page: Page, project: Project) -> None:
    with workledger.open(project.service.database) as ledger, ledger.unit() as unit:
        for n in range(130):
            unit.create(Agent.create(project_id=project.id, name=f"Agent {n}"))
            unit.create(Session.create(project_id=project.id, title=f"Session {n}"))
    project.service.settle()
    page.goto(project.link("agents"))
    expect(page.locator(".page__count")).to_contain_text("130 in all")
    expect(page.locator(".agent .avatar", has_text="29")).to_have_count(2)
    page.goto(project.link("sessions"))
    expect(page.locator(".page__count")).to_have_text("100+")
    page.get_by_role("button", name="Earlier sessions").click()
    expect(page.locator(".page__count")).to_have_text("130")
