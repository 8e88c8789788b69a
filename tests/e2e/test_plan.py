"""The plan of a project: its phases step by step, what blocks what, and reviews, as they happen."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

import workledger
from e2e.given import Project
from workledger.domain.initiative import Initiative
from workledger.domain.phase import Phase

pytestmark = pytest.mark.e2e


def phase(page: Page, name: str) -> Locator:
    return page.locator(".phase", has=page.locator(".phase__name", has_text=name))


def test_a_plan_is_made_worked_on_and_reviewed(page: Page, project: Project) -> None:
    post = project.service.post
    page.goto(project.link("plan"))
    expect(page.get_by_text("An initiative is a goal")).to_be_visible()
    page.locator(".empty").get_by_role("button", name="New initiative").click()
    page.get_by_label("Name").fill("Sign in with a passkey")
    page.get_by_role("button", name="Create initiative").click()
    expect(page.locator(".initiative h3")).to_have_text(["Sign in with a passkey"])
    initiative = project.service.get("initiatives", project_id=project.id)["items"][0]["id"]

    ship, model = (str(post("phases", initiative_id=initiative, name=name)["id"]) for name in ("Ship", "Model"))
    expect(page.locator(".phase__name")).to_have_text(["Ship", "Model"])
    post(f"phases/{ship}/add-dependency", depends_on_phase_id=model)
    expect(page.locator(".phase__name")).to_have_text(["Model", "Ship"])
    expect(phase(page, "Ship")).to_contain_text("Waits for Model")
    expect(page.locator(".step__number")).to_have_text(["Step 1", "Step 2"])

    phase(page, "Model").get_by_role("button", name="Approve plan").click()
    phase(page, "Model").get_by_role("button", name="Start").click()
    expect(phase(page, "Model")).to_contain_text("In progress")
    phase(page, "Model").get_by_role("button", name="Tasks of Model").click()
    first = post("tasks", project_id=project.id, phase_id=model, title="Table", plan_order=1)["id"]
    second = post("tasks", project_id=project.id, phase_id=model, title="Index", plan_order=2)["id"]
    project.tell(second, "add-dependency", depends_on_task_id=first)
    expect(page.locator(".planned__title")).to_have_text(["Table", "Index"])
    expect(page.locator(".planned__task").last).to_contain_text("Waits for Table")
    agent = project.agent("Ada")
    for task in (first, second):
        project.tell(task, "assign", agent_id=agent, agent_name="Ada")
        project.tell(task, "finish-work", approval="none")
    expect(page.locator(".planned__task").last).not_to_contain_text("Waits for")
    expect(phase(page, "Model").locator(".done__numbers")).to_have_text("2/2")

    phase(page, "Model").get_by_role("button", name="Request review").click()
    page.get_by_role("link", name="Model", exact=True).first.click()
    panel = page.get_by_role("dialog", name="Model")
    panel.get_by_role("button", name="Add comment").click()
    page.get_by_label("File").fill("model.py")
    page.get_by_label("Line", exact=True).fill("14")
    page.get_by_role("textbox", name="Comment").fill("Why is it **signed**?")
    page.get_by_role("dialog", name="New comment").get_by_role("button", name="Add comment").click()
    expect(panel.locator(".comment")).to_contain_text("Why is it signed?")
    panel.get_by_role("button", name="Request changes").click()
    page.get_by_role("dialog", name="Request changes: Model").get_by_role("button", name="Request changes").click()
    expect(panel.locator(".panel__where")).to_have_text("In progress")
    panel.get_by_role("button", name="Resolve").click()
    panel.get_by_role("button", name="1 resolved comment").click()
    panel.get_by_role("button", name="Reopen").click()
    expect(panel.get_by_role("button", name="Resolve")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.go_back()
    expect(panel).to_have_count(0)


def test_by_keyboard_one_goes_from_row_to_row_and_unfolds_them(page: Page, project: Project) -> None:
    post = project.service.post
    initiative = post("initiatives", name="Faster start", project_ids=[project.id])["id"]
    measured = post("phases", initiative_id=initiative, name="Measure")["id"]
    post("tasks", project_id=project.id, phase_id=measured, title="Pick a machine")
    page.goto(project.link("plan"))
    expect(page.locator(".phase__name")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("button", name="Faster start", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Measure")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".planned__title")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Pick a machine")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Pick a machine")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".planned__title")).to_have_count(0)


def test_of_a_thousand_phases_the_first_are_drawn_and_one_change_is_one_reading(page: Page, project: Project) -> None:
    with workledger.open(project.service.database) as ledger, ledger.unit() as unit:
        initiative = unit.create(Initiative.create(name="Everything", project_ids=(project.id,))).id
        made = [unit.create(Phase.create(initiative_id=initiative, name=f"Phase {n:04}")).id for n in range(1000)]
    project.service.settle()
    page.goto(project.link("plan"))
    expect(page.locator(".phase")).to_have_count(100)
    page.locator(".phase").nth(50).evaluate("row => (window.row = row)")
    page.locator("main > .page").evaluate("box => box.scrollTo(0, 2000)")
    with page.expect_response(lambda answer: f"initiatives/{initiative}/plan?min_position=" in answer.url):
        project.service.post(f"phases/{made[3]}/approve")
    expect(page.locator(".phase--approved")).to_have_count(1)
    assert page.evaluate("window.row.isConnected && document.querySelector('main > .page').scrollTop") == 2000
    page.get_by_role("button", name="Show more of 1,000 phases").click()
    expect(page.locator(".phase")).to_have_count(200)


def test_every_command_of_the_plan_has_a_dialog(page: Page, project: Project) -> None:
    """The page knows each command of these nouns, and no other."""
    page.goto(project.link("plan"))
    known = page.evaluate(
        "import('/app/nouns.mjs').then(nouns => Object.fromEntries("
        "Object.entries(nouns.COMMANDS_OF).map(([noun, commands]) => [noun, Object.keys(commands).sort()])))"
    )
    paths = [path.removeprefix("/api/").split("/") for path in project.service.get("openapi.json")["paths"]]
    told = {noun: sorted(path[2] for path in paths if path[0] == noun and len(path) == 3) for noun in known}
    assert known == {noun: [name for name in names if name not in ("events", "plan")] for noun, names in told.items()}


DOCUMENT = {
    "type": "doc",
    "content": [
        {"type": "heading", "content": [{"type": "text", "text": "Goal"}]},
        {"type": "paragraph", "content": [{"type": "text", "text": "Fast", "marks": [{"type": "bold"}]}]},
        {"type": "bulletList", "content": [{"type": "listItem", "content": [{"type": "text", "text": "measured"}]}]},
    ],
}


@pytest.mark.parametrize("content", [DOCUMENT, json.dumps(DOCUMENT)], ids=["value", "text"])
def test_a_document_is_read_as_text_and_not_written_over(page: Page, project: Project, content: object) -> None:
    post = project.service.post
    initiative = post("initiatives", name="Faster start", project_ids=[project.id])["id"]
    phase = post("phases", initiative_id=initiative, name="Measure", content=content)["id"]
    page.goto(project.link("plan", initiative, phase))
    panel = page.get_by_role("dialog", name="Measure")
    expect(panel.locator(".prose strong").first).to_have_text("Goal")
    expect(panel.locator(".prose li")).to_have_text("measured")
    panel.get_by_role("button", name="More for Measure").click()
    page.get_by_role("menuitem", name="Edit the text").click()
    expect(panel.locator(".notice")).to_contain_text("Its text is a document")
