"""The first minute: a ledger with nothing in it, and projects that others make."""

import pytest
from playwright.sync_api import Page, expect

from e2e.given import Project, Service

pytestmark = pytest.mark.e2e


def test_an_empty_ledger_offers_a_project_and_imports_and_fills_by_itself(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with Service.serving(f"sqlite:///{tmp_path_factory.mktemp('empty')}/work.db") as service:
        page.goto(service.url)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        page.get_by_role("button", name="Copy workledger import git .").click()
        assert page.evaluate("navigator.clipboard.readText()") == "workledger import git ."
        page.keyboard.press("n")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type("Shop")
        page.keyboard.press("Enter")
        expect(page.locator(".column")).to_have_count(4)
        expect(page).to_have_title("Board · Shop · workledger")
        page.goto("about:blank")
    with Service.serving(f"sqlite:///{tmp_path_factory.mktemp('empty')}/work.db") as service:
        page.goto(service.url)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        project = Project(service, "Made elsewhere")
        project.task("Write the parser")
        expect(page.locator("[data-task]")).to_contain_text("Write the parser")
        page.goto("about:blank")


def test_a_project_that_somebody_makes_can_be_chosen_at_once(page: Page, project: Project) -> None:
    page.goto(project.link())
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    other = Project(project.service)
    page.get_by_role("button", name=f"Project: {project.name}").click()
    page.get_by_role("menuitemradio", name=other.name, exact=True).click()
    expect(page).to_have_url(other.link())


@pytest.mark.parametrize("view", ["agents"])
def test_no_view_invites_to_a_project_that_is_not_there(page: Page, project: Project, view: str) -> None:
    page.goto(f"{project.service.url}/#/p/nowhere/{view}")
    expect(page.get_by_text("No such project", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="New agent")).to_have_count(0)
