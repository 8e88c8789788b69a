"""Pages, proposals and change sets over HTTP: listed by every filter, carried out, reverted, refused with a code."""

from typing import Any

import pytest

from support.http_client import Doors
from workledger.api.change_sets import CHANGE_SETS
from workledger.api.pages import PAGES
from workledger.api.proposals import PROPOSALS
from workledger.api.web.listing import Listing
from workledger.domain.change_set import ChangeSet
from workledger.domain.page import Page
from workledger.domain.proposal import Proposal

LISTS: dict[str, Listing] = {"pages": PAGES, "proposals": PROPOSALS, "change-sets": CHANGE_SETS}


def change(action: str, target_type: str, target_id: str | None = None, **values: Any) -> dict[str, Any]:
    return {"action": action, "target_type": target_type, "target_id": target_id, "values": values}


@pytest.fixture
def atlas(doors: Doors) -> Doors:
    """Two initiatives with pages, and agents who proposed and changed something in each."""
    for id in ("ini_1", "ini_2"):
        doors.do("initiatives", id=id, name=id)
    for id in ("agt_1", "agt_2"):
        doors.do("agents", id=id, name=id)
    doors.do("pages", id="root", initiative_id="ini_1", title="Vision", content={"type": "doc"})
    for id, order in (("parser", 2), ("lexer", 1)):
        doors.do("pages", id=id, initiative_id="ini_1", title=id.title(), parent_page_id="root", sort_order=order)
    about: dict[str, Any] = {"agent_id": "agt_1", "initiative_id": "ini_1"}
    doors.do("proposals", id="pro_1", target_type="task", title="Scan", content="By hand.", sort_order=3, **about)
    doors.do("proposals", id="pro_2", target_type="phase", title="Parse", sort_order=1, **about)
    doors.do("proposals", id="pro_3", target_type="page", target_id="lexer", title="More", content="…", **about)
    doors.do("proposals/pro_3/dismiss", reason="Later.")
    doors.do("proposals", id="pro_4", target_type="page", title="Else", agent_id="agt_2", initiative_id="ini_2")
    rename = change("update", "page", "lexer", title="Scanner")
    doors.do("change-sets", id="chs_1", initiative_id="ini_1", agent_id="agt_1", changes=[rename], summary="Names.")
    doors.do("change-sets", id="chs_2", initiative_id="ini_2", changes=[change("create", "phase", name="Ship")])
    doors.do("change-sets/chs_2/revert", by="user:ann")
    return doors


EXPECTED: dict[str, dict[str, list[tuple[Any, list[str]]]]] = {
    "pages": {
        "initiative_id": [("ini_1", ["root", "lexer", "parser"]), ("ini_2", [])],
        "parent_page_id": [("root", ["lexer", "parser"]), ("lexer", [])],
        "root": [(True, ["root"]), (False, ["lexer", "parser"])],
        "search": [("vis", ["root"]), ("scan", ["lexer"])],
    },
    "proposals": {
        "agent_id": [("agt_1", ["pro_3", "pro_2", "pro_1"]), ("agt_2", ["pro_4"])],
        "initiative_id": [("ini_2", ["pro_4"])],
        "status": [("pending", ["pro_4", "pro_2", "pro_1"]), ("dismissed", ["pro_3"]), ("accepted", [])],
        "target_type": [("task", ["pro_1"]), ("phase", ["pro_2"])],
        "target_id": [("lexer", ["pro_3"])],
    },
    "change-sets": {
        "initiative_id": [("ini_1", ["chs_1"]), ("ini_2", ["chs_2"])],
        "agent_id": [("agt_1", ["chs_1"])],
        "status": [("applied", ["chs_1"]), ("reverted", ["chs_2"])],
    },
}


@pytest.mark.parametrize("path", LISTS)
def test_they_are_listed_by_every_filter(atlas: Doors, path: str) -> None:
    assert EXPECTED[path].keys() == LISTS[path].filters.keys()
    for name, cases in EXPECTED[path].items():
        for value, ids in cases:
            assert [one["id"] for one in atlas.see(path, **{name: value})["items"]] == ids, (name, value)


@pytest.mark.parametrize("path", LISTS)
def test_every_list_with_equal_values_pages_completely(atlas: Doors, path: str) -> None:
    """R3: by every order, forwards, one row at a time."""
    for sort in LISTS[path].sorts:
        whole = [one["id"] for one in atlas.see(path, sort=sort)["items"]]
        found, cursor = [], None
        while cursor is not None or not found:
            page = atlas.see(path, sort=sort, limit=1, **({"cursor": cursor} if cursor else {}))
            found += [one["id"] for one in page["items"]]
            cursor = page["pagination"]["next_cursor"]
        assert found == whole


def test_proposals_are_counted_by_status_beside_their_list(atlas: Doors) -> None:
    """C13."""
    assert atlas.see("proposals", agent_id="agt_1", limit=1)["counts"] == {"pending": 2, "accepted": 0, "dismissed": 1}
    assert atlas.see("proposals", initiative_id="ini_2")["counts"] == {"pending": 1, "accepted": 0, "dismissed": 0}
    assert atlas.see("proposals", status="accepted")["counts"] == {"pending": 3, "accepted": 0, "dismissed": 1}


@pytest.mark.parametrize(("path", "kind"), [("pages", Page), ("proposals", Proposal), ("change-sets", ChangeSet)])
def test_each_is_seen_as_it_was_and_has_a_history(atlas: Doors, path: str, kind: Any) -> None:
    id = {"pages": "lexer", "proposals": "pro_3", "change-sets": "chs_2"}[path]
    first, last = atlas.see(f"{path}/{id}/events")["items"]
    was, now = (atlas.see(f"{path}/{id}", at=event["position"]) for event in (first, last))
    name = {"pages": "title"}.get(path, "status")
    assert (was[name], now[name]) == {
        "pages": ("Lexer", "Scanner"),
        "proposals": ("pending", "dismissed"),
        "change-sets": ("applied", "reverted"),
    }[path]
    assert atlas.refused("GET", f"{path}/nobody") == (404, kind.NOT_FOUND.code)


class TestPages:
    def test_the_root_page_is_made_when_it_is_asked_for(self, atlas: Doors) -> None:
        """C9."""
        made = atlas.do("pages/ensure-root-page", initiative_id="ini_2")
        assert (made["state"]["title"], made["version"]) == ("ini_2", 1)
        again = atlas.answer("POST", "pages/ensure-root-page", json={"initiative_id": "ini_2", "title": "Other"})
        assert (again.status_code, again.json()["id"]) == (200, made["id"])
        assert atlas.see(f"pages/{made['id']}", min_position=made["position"])["parent_page_id"] is None
        assert atlas.do("pages/ensure-root-page", initiative_id="ini_1")["id"] == "root"
        [event] = atlas.see(f"pages/{made['id']}/events")["items"]
        assert event["actor"] == "user:local"

    def test_a_repeated_request_makes_one(self, atlas: Doors) -> None:
        once = {"Idempotency-Key": "once"}
        first = atlas.do("pages/ensure-root-page", once, initiative_id="ini_2")
        assert atlas.do("pages/ensure-root-page", once, initiative_id="ini_2")["id"] == first["id"]
        assert atlas.refuses("pages/ensure-root-page", once, initiative_id="ini_1") == (409, "IDEMPOTENCY_KEY_REUSED")

    def test_a_page_is_moved_written_and_deleted_with_those_below(self, atlas: Doors) -> None:
        atlas.do("pages/parser/move", parent_page_id="lexer")
        atlas.do("pages/parser/change-content", content="# Parser")
        assert atlas.see("pages/parser")["content"] == "# Parser"
        assert atlas.see("pages/root")["content"] == {"type": "doc"}
        atlas.do("pages/parser/change-content", content=None)
        assert atlas.see("pages/parser")["content"] is None
        assert atlas.refuses("pages/lexer/move", parent_page_id="parser") == (409, "PAGE_CYCLE")
        assert atlas.refuses("pages/lexer/move", parent_page_id=None) == (409, "PAGE_ROOT_EXISTS")
        assert atlas.refuses("pages", initiative_id="ini_2", title="x", parent_page_id="root") == (
            409,
            "PAGE_OF_ANOTHER_INITIATIVE",
        )
        atlas.do("pages/lexer/delete")
        assert [one["id"] for one in atlas.see("pages")["items"]] == ["root"]
        assert atlas.refuses("pages/parser/rename", title="Late") == (404, "PAGE_NOT_FOUND")

    def test_what_it_is_asked_must_fit(self, atlas: Doors) -> None:
        assert atlas.refuses("pages/ensure-root-page") == (400, "VALIDATION_ERROR")
        assert atlas.refuses("pages/ensure-root-page", initiative_id="ini_9") == (404, "INITIATIVE_NOT_FOUND")
        assert atlas.refuses("pages/lexer/change-content", content=[1]) == (400, "VALIDATION_ERROR")
        assert atlas.refuses("pages/lexer/change-content", content={"x": "x" * 300_000}) == (413, "PAYLOAD_TOO_LARGE")


class TestProposals:
    def test_an_accepted_one_is_carried_out_once(self, atlas: Doors) -> None:
        """C14."""
        once = {"Idempotency-Key": "once"}
        accepted = atlas.do("proposals/pro_1/accept", once, by="user:ann")
        task = atlas.see(f"tasks/{accepted['state']['created_id']}", min_position=accepted["position"])
        assert (task["title"], task["description"], task["initiative_id"]) == ("Scan", "By hand.", "ini_1")
        assert atlas.do("proposals/pro_1/accept", once, by="user:ann") == accepted
        assert atlas.refuses("proposals/pro_1/accept") == (409, "PROPOSAL_NOT_PENDING")
        assert atlas.refuses("proposals/pro_3/accept") == (409, "PROPOSAL_NOT_PENDING")
        row = atlas.see("proposals/pro_1")
        assert (row["state"], row["commands"], row["resolved_by"]) == ("accepted", ["delete"], "user:ann")
        atlas.do(f"change-sets/{row['change_set_id']}/revert")
        assert atlas.refused("GET", f"tasks/{task['id']}") == (404, "TASK_NOT_FOUND")

    def test_the_stale_are_told(self, atlas: Doors) -> None:
        assert atlas.refuses("proposals/pro_3/accept", {"If-Match": '"1"'}) == (412, "CONCURRENCY_CONFLICT")

    def test_what_is_made_of_it_is_not_the_callers_to_say(self, atlas: Doors) -> None:
        assert atlas.refuses("proposals/pro_1/accept", created_id="tsk_1") == (400, "VALIDATION_ERROR")

    @pytest.mark.parametrize("status", ["accepted", "dismissed"])
    def test_all_of_an_agent_are_resolved_together(self, atlas: Doors, status: str) -> None:
        """C13."""
        once, body = {"Idempotency-Key": "once"}, {"agent_id": "agt_1", "status": status, "reason": "All."}
        told = atlas.do("proposals/resolve-all", once, **body)
        assert told["count"] == 2
        assert atlas.see("proposals", agent_id="agt_1", min_position=told["position"])["counts"] == {
            "pending": 0,
            "accepted": 2 if status == "accepted" else 0,
            "dismissed": 1 if status == "accepted" else 3,
        }
        assert atlas.do("proposals/resolve-all", once, **body)["count"] == 2
        assert atlas.do("proposals/resolve-all", **body)["count"] == 0
        assert atlas.see("proposals/pro_4")["status"] == "pending"
        made = atlas.see("tasks", initiative_id="ini_1")["items"] + atlas.see("phases", initiative_id="ini_1")["items"]
        assert len(made) == (2 if status == "accepted" else 0)

    def test_what_it_is_asked_must_fit(self, atlas: Doors) -> None:
        assert atlas.refuses("proposals/resolve-all", agent_id="agt_1") == (400, "VALIDATION_ERROR")
        assert atlas.refuses("proposals/resolve-all", agent_id="agt_1", status="pending") == (400, "VALIDATION_ERROR")
        assert atlas.refuses("proposals/resolve-all", agent_id="agt_9", status="accepted") == (404, "AGENT_NOT_FOUND")


class TestChangeSets:
    def test_one_is_applied_and_reverted(self, atlas: Doors) -> None:
        """domain.md 2.8."""
        changes = [
            change("create", "phase", "pha_1", name="Ship"),
            change("create", "task", title="Pack", phase_id="pha_1"),
            change("update", "page", "parser", content="New."),
            change("delete", "page", "lexer"),
        ]
        once = {"Idempotency-Key": "once"}
        answer = atlas.answer("POST", "change-sets", json={"initiative_id": "ini_1", "changes": changes}, headers=once)
        begun = answer.json()
        assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/change-sets/{begun['id']}")
        again = atlas.answer("POST", "change-sets", json={"initiative_id": "ini_1", "changes": changes}, headers=once)
        assert (again.json(), again.headers["Idempotent-Replayed"]) == (begun, "true")
        seen = atlas.see(f"change-sets/{begun['id']}", min_position=begun["position"])
        assert (seen["status"], seen["entry_count"], seen["commands"]) == ("applied", 4, ["revert", "delete"])
        assert [one["action"] for one in seen["entries"]] == ["create", "create", "update", "delete"]
        [phase, task, page, gone] = atlas.see(f"change-sets/{begun['id']}/entries")["items"]
        assert (phase["before"], phase["after"]) == (None, {"name": "Ship", "content": None, "depends_on": []})
        assert task["after"]["phase_id"] == "pha_1"
        assert (page["before"], page["after"]) == ({"content": None}, {"content": "New."})
        assert (gone["before"]["title"], gone["after"]) == ("Scanner", None)
        told = atlas.do(f"change-sets/{begun['id']}/revert", by="user:ann")
        assert told["state"]["status"] == "reverted"
        after = atlas.see(f"change-sets/{begun['id']}", min_position=told["position"])
        assert (after["reverted_by"], after["commands"]) == ("user:ann", ["delete"])
        assert atlas.see(f"pages/{after['entries'][3]['restored_id']}")["title"] == "Scanner"
        assert atlas.refused("GET", "phases/pha_1") == (404, "PHASE_NOT_FOUND")

    def test_one_whose_targets_have_changed_is_not_reverted_and_names_them(self, atlas: Doors) -> None:
        """domain.md 2.8."""
        atlas.do("pages/lexer/rename", title="Mine")
        answer = atlas.answer("POST", "change-sets/chs_1/revert")
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "CHANGE_SET_TARGETS_CHANGED")
        assert problem["targets"] == [{"target_type": "page", "target_id": "lexer", "title": "Scanner"}]
        assert "the page Scanner" in problem["detail"]

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ([], (400, "VALIDATION_ERROR")),
            ([change("update", "page")], (400, "VALIDATION_ERROR")),
            ([change("delete", "page", "lexer", title="x")], (400, "VALIDATION_ERROR")),
            ([change("burn", "page", "lexer")], (400, "VALIDATION_ERROR")),
            ([change("update", "page", "lexer", colour="red")], (400, "VALIDATION_ERROR")),
            ([change("update", "page", "lexer", title="Scanner")], (400, "CHANGE_SET_EMPTY")),
            ([change("update", "page", "nobody", title="x")], (404, "PAGE_NOT_FOUND")),
            ([change("create", "page", "lexer", title="x", parent_page_id="root")], (409, "CONCURRENCY_CONFLICT")),
            ([change("create", "page", title="Root")], (409, "PAGE_ROOT_EXISTS")),
        ],
        ids=lambda value: value[1] if isinstance(value, tuple) else "",
    )
    def test_what_cannot_be_done_is_refused(
        self, atlas: Doors, changes: list[dict[str, Any]], refusal: tuple[int, str]
    ) -> None:
        head = atlas.ledger.head()
        assert atlas.refuses("change-sets", initiative_id="ini_1", changes=changes) == refusal
        assert atlas.ledger.head() == head

    def test_it_needs_its_initiative_and_may_be_deleted_as_a_record(self, atlas: Doors) -> None:
        ship = [change("create", "phase", name="Ship")]
        assert atlas.refuses("change-sets", initiative_id="ini_9", changes=ship) == (404, "INITIATIVE_NOT_FOUND")
        atlas.do("change-sets/chs_1/delete")
        assert atlas.see("pages/lexer")["title"] == "Scanner"
        assert atlas.refused("GET", "change-sets/chs_1/entries") == (404, "CHANGE_SET_NOT_FOUND")
