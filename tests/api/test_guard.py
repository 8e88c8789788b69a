"""The guard: this machine's names, our own pages, loopback addresses."""

import re

import pytest

from support.http_client import Doors
from workledger import Workledger
from workledger.api.app import create_app
from workledger.api.server import AddressNotAllowed, Server
from workledger.domain.kernel.refusals import InvalidInput


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8000", "localhost", "LocalHost:1", "[::1]", "[::1]:8000", "a.localhost", "127.8.8.8"],
)
def test_it_answers_under_the_names_of_this_machine(doors: Doors, host: str) -> None:
    assert doors.answer("GET", "projects", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "127.0.0.1.example.org",
        "localhost.example.org",
        "10.0.0.7",
        "[2001:db8::1]",
        "",
        "[::1",
        "0.0.0.0",
    ],
)
def test_it_does_not_answer_under_any_other(doors: Doors, host: str) -> None:
    assert doors.refused("GET", "projects", headers={"Host": host}) == (403, "HOST_NOT_ALLOWED")
    assert doors.client.get("/", headers={"Host": host}).status_code == 403


def test_an_app_that_mounts_it_may_answer_for_other_names(memory: Workledger) -> None:
    with Doors(memory, hosts=["Board.Example.org"]) as doors:
        assert doors.answer("GET", "projects", headers={"Host": "board.example.org:443"}).status_code == 200
        assert doors.refused("GET", "projects", headers={"Host": "example.org"}) == (403, "HOST_NOT_ALLOWED")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "https://127.0.0.1:8000", "HTTP://127.0.0.1:8000"])
def test_our_own_pages_may_write(doors: Doors, origin: str) -> None:
    doors.do("projects", {"Origin": origin}, name="Atlas")


@pytest.mark.parametrize(
    "origin", ["http://example.org", "http://127.0.0.1:9000", "http://localhost:8000", "null", "", "http://127.0.0.1"]
)
def test_pages_elsewhere_may_neither_write_nor_read(doors: Doors, origin: str) -> None:
    assert doors.refuses("projects", {"Origin": origin}, name="Atlas") == (403, "ORIGIN_NOT_ALLOWED")
    for path in ("projects", "feed"):
        assert doors.refused("GET", path, headers={"Origin": origin}) == (403, "ORIGIN_NOT_ALLOWED")
    assert doors.ledger.head() == 0


def test_no_page_elsewhere_is_told_that_it_may(doors: Doors) -> None:
    headers = {"Origin": "http://example.org", "Access-Control-Request-Method": "POST"}
    answer = doors.answer("OPTIONS", "projects", headers=headers)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "example.org", ""])
def test_it_listens_on_loopback_only_and_says_that_keys_are_not_there_yet(memory: Workledger, host: str) -> None:
    with pytest.raises(AddressNotAllowed, match="There is no authentication yet") as refused:
        Server(create_app(memory), host=host)
    assert refused.value.code == "ADDRESS_NOT_ALLOWED"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_it_listens_on_any_loopback_address(memory: Workledger, host: str) -> None:
    assert Server(create_app(memory), host=host, port=0).config.host == host


@pytest.mark.parametrize(
    "host", ["board.example.org:443", "Board.Example.org", " board.example.org ", "[2001:db8::1]:80", "10.0.0.7:80"]
)
def test_the_port_of_a_name_is_no_matter(memory: Workledger, host: str) -> None:
    asked = host.strip().lower()
    with Doors(memory, hosts=[host]) as doors:
        assert doors.answer("GET", "projects", headers={"Host": asked}).status_code == 200
        name = re.sub(r":\d+$", "", asked)
        for port in ("", ":8443"):
            assert doors.answer("GET", "projects", headers={"Host": name + port}).status_code == 200


@pytest.mark.parametrize("host", ["", "https://board.example.org", "a:b:c"])
def test_what_is_no_name_is_said_when_the_app_is_made(memory: Workledger, host: str) -> None:
    with pytest.raises(InvalidInput, match=r"board\.example\.org"):
        create_app(memory, hosts=[host])


class TestOtherSites:
    """What a page elsewhere loads without being seen is refused; links that a person follows are not."""

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    @pytest.mark.parametrize(("mode", "dest"), [("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe")])
    def test_what_they_load_is_refused(self, doors: Doors, site: str, mode: str, dest: str) -> None:
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        for path in ("feed", "projects"):
            assert doors.refused("GET", path, headers=headers) == (403, "ORIGIN_NOT_ALLOWED")
        assert doors.refuses("tasks", headers, title="x") == (403, "ORIGIN_NOT_ALLOWED")

    def test_a_link_is_followed(self, doors: Doors) -> None:
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        assert doors.answer("GET", "projects", headers=headers).status_code == 200
        assert doors.client.get("/", headers=headers).status_code == 200
        assert doors.refuses("tasks", headers, title="x") == (403, "ORIGIN_NOT_ALLOWED")

    @pytest.mark.parametrize("site", ["same-origin", "none"])
    def test_our_own_pages_load(self, doors: Doors, site: str) -> None:
        assert doors.answer("GET", "projects", headers={"Sec-Fetch-Site": site}).status_code == 200


def test_no_browser_takes_an_answer_for_something_else(doors: Doors) -> None:
    for path in ("health", "nothing", "openapi.json", "projects"):
        assert doors.answer("GET", path).headers["X-Content-Type-Options"] == "nosniff"
    refused = doors.answer("GET", "projects", headers={"Host": "example.org"})
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
