"""What is shown stays: nothing that fails or breaks takes away what one looks at."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.given import Project, called, said

pytestmark = pytest.mark.e2e

BEHIND = {"code": "READ_TABLES_BEHIND", "detail": "The read tables are behind."}


def card(page: Page, task: str) -> Locator:
    return page.locator(f"[data-task='{task}']")


def live(page: Page) -> None:
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_a_row_that_cannot_be_read_blanks_nothing_and_is_read_again_until_it_comes(
    page: Page, project: Project
) -> None:
    tasks = [project.task(f"Task {n}") for n in range(30)]
    page.goto(project.link())
    live(page)
    failures = 0

    def fail(route: Route) -> None:
        nonlocal failures
        failures += 1
        route.fulfill(status=503, json=BEHIND)

    scroll = page.locator(".column__scroll").first
    scroll.evaluate("box => box.scrollTo(0, 300)")
    page.get_by_role("searchbox").fill("Task")
    page.get_by_role("searchbox").focus()
    scroll.evaluate("box => (window.card = box.querySelector('[data-task]'))")
    page.route(re.compile(rf"/api/(tasks/{tasks[5]}|projects/\w+/board)"), fail)
    project.tell(tasks[5], "change-details", title="Another title")
    project.tell(tasks[6], "change-details", title="Task with another title")
    expect(page.get_by_text("Catching up", exact=True)).to_be_visible(timeout=15_000)
    expect(card(page, tasks[6])).to_contain_text("Task with another title")
    expect(page.locator("[data-column=backlog] [data-task]")).to_have_count(30)
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.unroute(re.compile(rf"/api/(tasks/{tasks[5]}|projects/\w+/board)"))
    live(page)
    expect(page.locator("[data-column=backlog] [data-task]")).to_have_count(29)
    page.keyboard.press("Escape")
    expect(card(page, tasks[5])).to_contain_text("Another title")
    assert page.evaluate("window.card.isConnected")
    assert failures > 1


def test_reading_everything_again_swaps_it_when_it_is_there(page: Page, project: Project) -> None:
    task = project.task("Write the parser")
    page.goto(project.link())
    live(page)
    card(page, task).locator("a").focus()
    page.keyboard.press("m")
    expect(page.get_by_role("menu")).to_be_visible()
    with page.expect_response(re.compile("/board")):
        page.evaluate("import('/app/live.mjs').then(live => live.reload())")
    live(page)
    expect(page.get_by_role("menu")).to_be_visible()
    expect(card(page, task)).to_be_visible()


HOSTILE = (
    '{"type":"assistant","message":{"content":5}}\n',
    '{"type":"assistant","message":{"content":[{"type":"text","text":"dated wrongly"}]},"timestamp":"x"}\n',
    '{"type":"assistant","message":{"content":[null, 7, "bare", [], {"type":"text","text":{"a":1}}]},"timestamp":-9}\n',
    '{"type":"assistant","message":{"content":[{"type":"tool_use","id":{},"name":["x"],"input":"text"}]}}\n',
    '{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":3,"content":{"a":1},"is_error":"no"}]}}\n',
    '{"type":5,"payload":5}\n{"payload":{"type":"message","content":5},"type":"x"}\n{"payload":{"type":"function_call","arguments":5},"type":"x"}\n',
    '{"type":"progress","data":5}\n{"type":"progress","data":{"output":5}}\n{"type":"summary","summary":{}}\n{"type":"system","subtype":{},"content":[]}\n',
    '{"type":"assistant","message":{"content":' + "[" * 5_000 + "]" * 5_000 + "}}\n",
    '{"type":"result","result":' + '{"a":' * 3_000 + "1" + "}" * 3_000 + "}\n",
    "\x1b[31mred\x1b[0m \x01\x07\x08 bell\u202e desrever\n",
    said("nothing\0 more"),
    '{"unfinished": "',
    "```\n" * 3_000,
    "x" * 200_000 + "\n",
    said("`" * 100_000),
    said("**a" * 50_000),
    said("```x\n" * 20_000),
    called("Edit", "e1", old_string="y" * 100_000, new_string=5),
)


def test_no_log_line_takes_the_others_away(page: Page, project: Project) -> None:
    agent = project.agent("Ada")
    project.start(project.task("Write the parser"), agent)
    project.log(agent, said("The first line."))
    for content in HOSTILE:
        project.log(agent, content)
    for _ in range(5):
        project.log(agent, "z" * 200_000)
    project.log(agent, "\n" + said("The last line."))
    page.goto(project.link("logs", agent))
    expect(page.get_by_text("The last line.")).to_be_in_viewport(timeout=20_000)
    page.locator(".roll").evaluate("roll => roll.scrollTo(0, 0)")
    expect(page.get_by_text("The first line.")).to_be_in_viewport()
    for text in ("dated wrongly", "bare", "red ␁␇␈ bell", "nothing␀ more", "All 1 line"):
        expect(page.get_by_text(text).first).to_be_attached()
    expect(page.get_by_text("5", exact=True).first).to_be_attached()
    expect(page.locator(".broken")).to_have_count(0)
    page.get_by_role("checkbox", name="Progress lines").check()
    expect(page.get_by_text("The first line.")).to_be_attached()
    project.log(agent, said("And on."))
    expect(page.get_by_text("And on.")).to_be_attached()


def test_no_entry_of_a_session_takes_the_others_away(page: Page, project: Project) -> None:
    session = str(project.service.post("sessions", project_id=project.id, title="Pairing")["id"])
    project.service.post(f"sessions/{session}/activate")
    for data in (
        {"text": 5},
        {"text": {"a": 1}},
        {"input": [[]], "tool": 7},
        {"message": None},
        {"text": "\x1b[1mThe last."},
    ):
        project.service.post(f"sessions/{session}/feed", channel="chunks", type="chunk", data=data)
    page.goto(project.link("sessions", session))
    texts = ['{"text":5}', '{"text":{"a":1}}', "[[]]", '{"message":null}', "The last."]
    expect(page.locator(".feedline__text")).to_have_text(texts[::-1])


def test_one_row_that_cannot_be_drawn_leaves_the_others(page: Page, project: Project) -> None:
    tasks = [project.task(f"Task {n}") for n in range(3)]
    project.agent("Ada")

    def spoil(route: Route) -> None:
        body = route.fetch().json()
        for task in body["items"]:
            if task["id"] == tasks[1]:
                task["labels"] = 7
        route.fulfill(json=body)

    page.route(re.compile(r"/api/tasks\?"), spoil)
    page.goto(project.link())
    expect(card(page, tasks[0])).to_be_visible()
    expect(card(page, tasks[2])).to_be_visible()
    expect(page.locator("[data-column=backlog] .broken")).to_have_text("Task 1 cannot be shown.")


ROUND_TRIP = """async ids => {
  const { link, parse } = await import("/app/route.mjs");
  const { path } = await import("/app/api.mjs");
  return ids.map(id => {
    const place = parse(link({ project: id, view: "logs", rest: [id], task: id, query: { q: id } }));
    const address = new URL(path(["tasks", id, "events"], { agent_id: id }), location.origin + "/");
    const asked = [decodeURIComponent(address.pathname.split("/")[3]), address.searchParams.get("agent_id")];
    return [place.project, place.rest[0], place.task, place.query.q, ...asked];
  });
}"""


def test_ids_of_any_kind_are_in_every_link_and_request(page: Page, project: Project) -> None:
    page.goto(project.link())
    odd = ["a/b", "a b", "#1", "50%", "%2F", "задача:1", "日本", "a?b=c&d", "..;", "task", "\U0001f600"]
    came_back = page.evaluate(ROUND_TRIP, odd)
    assert came_back == [[id] * 6 for id in odd]
    id = "a/b #1 50% задача:1+2&x=ü"
    project.service.post("tasks", project_id=project.id, title="Odd", id=id)
    expect(card(page, id)).to_be_visible()
    card(page, id).locator("a").click()
    panel = page.get_by_role("dialog", name="Odd")
    expect(panel.locator(".happening")).to_have_count(1)
    panel.get_by_role("button", name="Queue", exact=True).click()
    expect(panel.locator(".panel__where")).to_contain_text("Queued")
    page.reload()
    expect(panel.locator(".happening")).to_have_count(2)
