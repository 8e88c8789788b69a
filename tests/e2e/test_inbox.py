"""The inbox: what waits for a person, answered where it stands, with its number everywhere."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from e2e.given import Project, Service
from support.waiting import asking, one_of_each, reviewed

pytestmark = pytest.mark.e2e

FOCUSED = "document.activeElement.closest('[data-waiting]')?.dataset.waiting ?? null"


@pytest.fixture(scope="module")
def own_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in which nothing waits but what a test makes."""
    with Service.serving(f"sqlite:///{tmp_path_factory.mktemp('inbox')}/work.db") as service:
        yield service


@pytest.fixture
def office(own_service: Service) -> Project:
    return Project(own_service)


def item(page: Page, kind: str, id: str) -> Locator:
    return page.locator(f"[data-waiting='{kind}/{id}']")


def test_everything_is_answered_where_it_stands_until_nothing_waits(page: Page, office: Project) -> None:
    shown, post = Project(office.service), office.service.post
    page.goto(shown.link())
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    ids = one_of_each(post, office.id)
    expect(page.locator(".rail__number--waiting")).to_contain_text(str(len(ids)))
    expect(page).to_have_title(re.compile(rf"^\({len(ids)}\) Board · "))
    page.keyboard.press("0")
    expect(page.locator(".inbox__head h3")).to_have_text(["Answer", "Unblock", "Review", "Decide"])
    expect(page.locator(".waiting")).to_have_count(len(ids))
    answers = page.evaluate(
        "import('/app/kinds.mjs').then(({KINDS}) => Object.fromEntries("
        "Object.entries(KINDS).map(([kind, {answers}]) => [kind, Object.keys(answers)])))"
    )
    for waits in office.service.get("inbox")["items"]:
        assert set(answers[waits["kind"]]) <= set(waits["commands"])
    question = item(page, "question", ids["question"])
    expect(question).to_contain_text("Keep the old endpoint?")
    question.get_by_role("button", name="Drop it").click()
    expect(question).to_have_count(0)
    presses = {
        "message": ("Answer", "Frankfurt."),
        "errand_conflict": ("Resolved and merged", None),
        "account": ("Clear", None),
        "approval": ("Send back", "It drops signs."),
        "phase": ("Approve", None),
        "errand": ("Request changes", "It is spelled otherwise."),
        "initiative": ("Approve", ""),
        "proposal": ("Accept", None),
    }
    for kind, (button, said) in presses.items():
        waiting = item(page, kind, ids[kind])
        waiting.get_by_role("button", name=button, exact=True).first.click()
        if said:
            waiting.get_by_role("textbox").fill(said)
        if said is not None:
            waiting.locator("form").get_by_role("button", name=button, exact=True).click()
        expect(waiting).to_have_count(0)
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    expect(page).to_have_title("Inbox · workledger")
    assert Axe().run(page).response["violations"] == []
    see = office.service.now
    assert see(f"agent-runs/{ids['question']}/events")["items"][-1]["data"]["answers"] == {"keep": "Drop it"}
    assert see(f"tasks/{ids['approval']}")["rejection_reason"] == "It drops signs."
    assert see(f"messages/{ids['message']}")["replies"][0]["content"] == "Frankfurt."
    assert see(f"proposals/{ids['proposal']}")["created_id"]


def test_by_keyboard_one_goes_from_thing_to_thing_and_answers_each(page: Page, office: Project) -> None:
    post = office.service.post
    first, second = (reviewed(post, office.id, f"tsk_{office.id}_{n}", f"Work {n}") for n in (1, 2))
    post("agents", id=f"agt_{office.id}", project_id=office.id, name="Ada")
    run = asking(post, office.id, f"agt_{office.id}", f"run_{office.id}", "Which port?")
    page.goto(office.link("inbox"))
    expect(page.locator(".waiting")).to_have_count(3)
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED) == f"question/{run}"
    page.keyboard.press("a")
    expect(page.get_by_role("textbox", name="Your answer")).to_be_focused()
    page.keyboard.type("8080")
    page.keyboard.press("Control+Enter")
    expect(item(page, "question", run)).to_have_count(0)
    page.wait_for_function(f"() => ({FOCUSED}) === 'approval/{first}'")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == f"approval/{second}"
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == f"approval/{second}"
    page.keyboard.press("a")
    expect(item(page, "approval", second)).to_have_count(0)
    page.wait_for_function(f"() => ({FOCUSED}) === 'approval/{first}'")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Work 1")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog", name="Approve: Work 1").get_by_role("button", name="Approve").click()
    expect(page.locator(".rail__number--waiting")).to_have_count(0)
    assert office.service.now(f"agent-runs/{run}/events")["items"][-1]["data"]["answers"] == {"Which port?": "8080"}


def test_what_one_is_writing_stays_when_others_answer_and_more_comes(page: Page, office: Project) -> None:
    post = office.service.post
    work = reviewed(post, office.id, f"tsk_{office.id}_1", "Work")
    page.goto(office.link("inbox"))
    waiting = item(page, "approval", work)
    waiting.get_by_role("button", name="Send back").click()
    waiting.get_by_role("textbox").fill("It drops signs.")
    other = reviewed(post, office.id, f"tsk_{office.id}_2", "More work")
    expect(item(page, "approval", other)).to_be_visible()
    expect(waiting.get_by_role("textbox")).to_have_value("It drops signs.")
    post(f"tasks/{work}/approve", actor="user:bob")
    expect(waiting).to_contain_text("It waits no longer")
    expect(waiting.get_by_role("textbox")).to_have_value("It drops signs.")
    expect(waiting.get_by_role("button", name="Send back")).to_have_count(0)
    waiting.get_by_role("button", name="Put away").click()
    expect(waiting).to_have_count(0)
    post(f"tasks/{other}/change-details", title="Other work")
    expect(item(page, "approval", other)).to_contain_text("Other work")
    post(f"tasks/{other}/approve")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()


def test_an_answer_to_what_has_changed_meanwhile_is_refused_and_says_who_changed_it(
    page: Page, office: Project
) -> None:
    work = reviewed(office.service.post, office.id, f"tsk_{office.id}_1", "Work")
    page.goto(office.link("inbox"))
    waiting = item(page, "approval", work)
    expect(waiting).to_be_visible()
    page.route("**/api/inbox?*", lambda route: route.abort())
    office.service.post(f"tasks/{work}/change-details", actor="user:bob", title="Another work")
    waiting.get_by_role("button", name="Approve").click()
    expect(waiting.get_by_role("alert")).to_contain_text("bob changed the title")
    expect(waiting.get_by_role("alert")).to_contain_text("nothing of yours was sent")
    page.unroute("**/api/inbox?*")
    expect(waiting).to_contain_text("Another work", timeout=15_000)
    waiting.get_by_role("button", name="Approve").click()
    expect(waiting).to_have_count(0)
