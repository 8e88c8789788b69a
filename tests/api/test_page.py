"""The board page: served under a policy that runs nothing but its own."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from support.http_client import BASE, Doors
from workledger.api import page
from workledger.domain.kernel.aggregate import Event


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A page of two files."""
    (tmp_path / "index.html").write_text('<script type="importmap" nonce="{{nonce}}">{}</script>', encoding="utf-8")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.mjs").write_text("export {};", encoding="utf-8")
    app = FastAPI()
    page.install(app, tmp_path)
    return TestClient(app, base_url=BASE)


@pytest.mark.parametrize("path", ["/", "/index.html"])
def test_the_index_has_a_nonce_of_its_own_each_time(client: TestClient, path: str) -> None:
    nonces = set()
    for _ in range(3):
        answer = client.get(path)
        [nonce] = re.findall(r'nonce="([\w-]{20,})"', answer.text)
        assert f"script-src 'self' 'nonce-{nonce}';" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        nonces.add(nonce)
    assert len(nonces) == 3


def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline(client: TestClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "worker-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_files_have_their_type_and_are_asked_about_again(client: TestClient) -> None:
    answer = client.get("/app/main.mjs")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/app/main.mjs", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/../app.py", "/app/../../app.py", "/%2e%2e/app.py", "/app"])
def test_nothing_outside_the_folder_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_app_serves_the_page_and_every_file_the_index_names(doors: Doors) -> None:
    index = doors.client.get("/").text
    assert "{{" not in index
    named = re.findall(r'(?:href|src)="([\w./-]+\.\w+)"|": "\./([\w./-]+)"', index)
    assert named
    for one, other in named:
        assert doors.client.get(f"/{one or other}").status_code == 200


def test_the_page_has_a_sentence_for_every_topic_of_the_domain() -> None:
    sentences = (page.FOLDER / "app" / "topics.mjs").read_text(encoding="utf-8")
    told = re.findall(r'^  "(\w+\.\w+)": \[', sentences, re.MULTILINE)
    assert sorted(told) == sorted(topic for topic in Event.TOPICS if "." in topic)


def test_the_modules_of_the_page_are_short() -> None:
    """As short as those of the rest, which tests/test_architecture.py holds."""
    files = [*(page.FOLDER / "app").glob("*.mjs"), *(page.FOLDER / "styles").glob("*.css")]
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
    assert len(files) > 50


@pytest.mark.parametrize("path", ["/app%2Fmain.mjs", "/%2e%2e%2fapp.py", "/%2F%2Fetc/passwd", "/%ED%A0%80", "/x%00"])
def test_an_odd_path_is_a_file_or_none(doors: Doors, path: str) -> None:
    assert doors.client.get(path).status_code in (200, 404)
