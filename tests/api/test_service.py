"""The service: one's own writes can be waited for, and it says how it is."""

import threading

import pytest

import workledger
from commandline.typed import wait_until
from support.http_client import Doors
from workledger import Workledger
from workledger.api.app import create_app, service_of
from workledger.api.web import service
from workledger.domain.project import Project
from workledger.projections.engine.follow.projector_loop import ProjectorLoop


def test_a_read_waits_for_ones_own_write(all_doors: Doors) -> None:
    for number in range(20):
        position = all_doors.do("projects", name=f"P{number}", id=f"prj_{number}")["position"]
        answer = all_doors.answer("GET", f"projects/prj_{number}", params={"min_position": position})
        assert answer.status_code == 200
        assert int(answer.headers["X-Position"]) >= position
        listed = all_doors.answer("GET", "projects", params={"min_position": position, "limit": 100})
        assert len(listed.json()["items"]) == number + 1
        assert listed.json()["position"] >= position


WAITING = ("projects", "projects/prj_1", "projects/prj_1/board", "agents/agt_1/logs", "sessions/ses_1/feed", "events")


def test_what_does_not_come_in_time_is_asked_to_come_again(memory: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PATIENCE", 0.1)
    with Doors(memory, project=False) as doors:
        doors.do("projects", id="prj_1", name="Atlas")
        for path in WAITING:
            answer = doors.answer("GET", path, params={"min_position": 1})
            assert (answer.status_code, answer.json()["code"]) == (503, "READ_TABLES_BEHIND"), path
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.json().items() >= {"position": 0, "min_position": 1}.items()


@pytest.mark.parametrize("path", WAITING)
def test_a_position_that_the_log_has_not_is_refused_at_once(all_doors: Doors, path: str) -> None:
    all_doors.do("projects", id="prj_1", name="Atlas")
    for position in (2, 2**63 - 1):
        refusal = all_doors.refused("GET", path, params={"min_position": position})
        assert refusal == (400, "POSITION_UNKNOWN")


def test_a_projector_elsewhere_is_waited_for(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger, Doors(ledger, project=False) as doors:
        position = doors.do("projects", id="prj_1", name="Atlas")["position"]
        with workledger.open(sqlite_url) as other:
            timer = threading.Timer(0.3, other.catch_up)
            timer.start()
            assert doors.answer("GET", "projects/prj_1", params={"min_position": position}).status_code == 200
            timer.join()
        assert doors.answer("GET", "health").json()["projector"] == "elsewhere"


def test_a_ledger_may_project_inline() -> None:
    with workledger.open("memory:", project="inline") as ledger, Doors(ledger, project=False) as doors:
        position = doors.do("projects", id="prj_1", name="Atlas")["position"]
        assert doors.answer("GET", "projects/prj_1").headers["X-Position"] == str(position)


def test_health_is_green_while_all_is_well(doors: Doors) -> None:
    doors.do("projects", id="prj_1", name="Atlas")
    doors.see("projects")
    answer = doors.answer("GET", "health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "head": 1, "position": 1, "projector": "running"}
    assert doors.answer("GET", "ready").status_code == 200


def test_health_is_red_when_the_projector_fails_though_nothing_lags(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors.see("projects")

    def fails(loop: ProjectorLoop) -> None:
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(ProjectorLoop, "_look", fails)
    wait_until(lambda: doors.answer("GET", "health").status_code != 200)
    answer = doors.answer("GET", "health")
    assert (answer.status_code, answer.json()["status"], answer.json()["projector"]) == (503, "failing", "failing")
    assert "1234" not in answer.text
    status = doors.answer("GET", "status").json()
    assert status["healthy"] is False
    assert {group["state"] for group in status["groups"]} == {"failing"}


def test_health_is_red_when_the_projector_is_dead(doors: Doors) -> None:
    doors.see("projects")
    loop = service_of(doors.app).loop
    assert loop is not None
    loop.stop()
    assert doors.answer("GET", "health").status_code == 503
    assert doors.answer("GET", "ready").status_code == 503


def test_health_is_red_when_the_database_cannot_be_read(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> int:
        raise OSError("gone")

    monkeypatch.setattr(doors.ledger, "head", gone)
    answer = doors.answer("GET", "health")
    assert (answer.status_code, answer.json()["head"]) == (503, None)


def test_status_says_how_far_everything_is(memory: Workledger) -> None:
    with Doors(memory, simulated=True, label="A simulated week") as doors:
        memory.create(Project.create(id="prj_1", name="Atlas"))
        doors.see("projects")
        status = doors.answer("GET", "status").json()
    assert status["groups"] == [
        {"name": group.name, "position": 1, "lag": 0, "state": "live", "dead_letters": 0}
        for group in memory.projector.groups
    ]
    rest = {name: status[name] for name in ("head", "healthy", "simulated", "label")}
    assert rest == {"head": 1, "healthy": True, "simulated": True, "label": "A simulated week"}


def test_it_says_when_its_tables_are_behind_or_of_another_release(memory: Workledger) -> None:
    with Doors(memory, project=False) as doors:
        memory.create(Project.create(id="prj_1", name="Atlas"))
        assert {group["state"] for group in doors.answer("GET", "status").json()["groups"]} == {"behind"}
        assert doors.answer("GET", "ready").status_code == 200
        memory.projector.groups[0].__dict__["fingerprint"] = "another"
        try:
            assert doors.answer("GET", "status").json()["groups"][0]["state"] == "rebuilding"
            assert doors.answer("GET", "ready").status_code == 503
        finally:
            del memory.projector.groups[0].__dict__["fingerprint"]


def test_it_can_be_stopped_and_started_again(memory: Workledger) -> None:
    app = create_app(memory)
    for number in range(2):
        with Doors(memory, app) as doors:
            doors.do("projects", id=f"prj_{number}", name=f"P{number}")
            assert doors.see(f"projects/prj_{number}")["id"] == f"prj_{number}"
        assert "workledger-projector" not in {thread.name for thread in threading.enumerate()}
