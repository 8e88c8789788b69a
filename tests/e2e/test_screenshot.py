"""The picture of the board in the README, taken of the real page: WORKLEDGER_SCREENSHOT=1 make e2e."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from e2e.given import Project

pytestmark = pytest.mark.e2e

PICTURE = Path(__file__).parents[2] / "docs" / "board.png"


@pytest.mark.skipif(not os.environ.get("WORKLEDGER_SCREENSHOT"), reason="WORKLEDGER_SCREENSHOT=1 writes docs/board.png")
def test_the_board_has_its_picture_taken(browser: Browser, lively: tuple[Project, dict[str, str]]) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 860}, device_scale_factor=1.5)
    page.goto(lively[0].link())
    expect(page.locator(".avatar--live").first).to_be_visible()
    page.wait_for_timeout(2_000)  # until nothing slides any more
    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=PICTURE)
    page.close()
