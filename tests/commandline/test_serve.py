"""`workledger serve` and `workledger demo`, started and stopped as one does at a terminal."""

import http.client
import json
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commandline.test_imports import transcript
from commandline.typed import Run, Started, parsed, refusal, wait_until

Start = Callable[..., Started]


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.loads(answer.read())


def board(demo: Started) -> str:
    return demo.line("The board is at ").split()[4]


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped_even_while_somebody_watches(start: Start, url: str, by: signal.Signals) -> None:
    serving = start("serve", "--db", url, "--port", "0")
    address = serving.line("Serving ").split()[1]
    status = fetch(f"{address}/api/status")
    assert (status["head"], status["simulated"]) == (5, False)
    with urllib.request.urlopen(f"{address}/api/feed", timeout=60) as feed:
        assert feed.readline()
        assert serving.end(by) == (0, "", "Stopped.\n")
        assert b"event: bye" in feed.read(), "it was not cut off"


def test_no_answer_waits_for_the_acknowledgement_of_the_one_before(start: Start, url: str) -> None:
    """It would take 40 ms, each time but the first."""
    address = start("serve", "--db", url, "--port", "0").line("Serving ").split()[1]
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    taken = []
    for _ in range(20):
        begun = time.perf_counter()
        connection.request("GET", "/api/health")
        connection.getresponse().read()
        taken.append(time.perf_counter() - begun)
    connection.close()
    assert min(taken[1:]) < 0.03


def test_a_port_that_is_taken_is_refused(run: Run, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in refusal(run("serve", "--db", url, "--port", port), "PORT_TAKEN")


def test_the_demo_goes_on_where_it_was_killed_is_filled_once_and_plays_on(
    start: Start, run: Run, tmp_path: Path
) -> None:
    commit_something()
    killed = start("demo", "--port", "0")
    wait_until(lambda: (tmp_path / ".demo" / "demo.db-wal").exists())
    killed.end(signal.SIGKILL)

    first = start("demo", "--port", "0")
    address = board(first)
    status = fetch(f"{address}/api/status")
    assert (status["simulated"], bool(status["label"])) == (True, True)
    assert status["head"] > 10_000
    projects = {one["name"] for one in fetch(f"{address}/api/projects")["items"]}
    assert len(projects) == 5
    assert {name for name in projects if not name.endswith("(simulated)")} == {tmp_path.name}
    assert first.end(signal.SIGINT)[0] == 0

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = start("demo", "--port", port)
        address = board(second)
    assert not address.endswith(f":{port}")
    head = fetch(f"{address}/api/status")["head"]
    wait_until(lambda: fetch(f"{address}/api/status")["head"] > head)
    code, stdout, stderr = second.end(signal.SIGTERM)
    assert (code, stdout) == (0, "")
    assert stderr.splitlines() == [
        f"Port {port} is in use; trying the next one.",
        "Stopped. Run the command again to continue with the same board.",
    ]
    verified = parsed(run("verify", "--json", "--db", f"sqlite:///{tmp_path}/.demo/demo.db"))
    assert [group["differences"] for group in verified["groups"]] == [0] * 4


def commit_something() -> None:
    commit = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "-q", "--allow-empty", "-m", "begin")
    for command in (("init", "-q", "."), commit):
        subprocess.run(["git", *command], check=True)


def test_the_demo_shows_real_sessions_instead_of_a_simulation_and_starts_over_when_asked(
    start: Start, tmp_path: Path
) -> None:
    sessions = transcript(tmp_path / "sessions")
    made = []
    for options in ((), ("--fresh",)):
        demo = start("demo", "--port", "0", "--sessions", sessions, *options)
        address = board(demo)
        assert fetch(f"{address}/api/status")["simulated"] is False
        assert [one["name"] for one in fetch(f"{address}/api/projects")["items"]] == ["parser"]
        made.append(fetch(f"{address}/api/events?limit=1")["items"][0]["event_id"])
        assert demo.end(signal.SIGINT)[0] == 0
    assert made[0] != made[1]
