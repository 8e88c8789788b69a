"""Pages, proposals and change sets in read tables: what is found of them, and what goes with what is deleted, on each
database and in any batch size."""

from typing import Any, TypeVar, get_args

import pytest

from support.rows import references_point_to_rows, rows_of
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.unit import Unit
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal, Status
from workledger.domain.services.change_sets import apply, revert
from workledger.domain.services.proposals import accept
from workledger.projections import change_sets, pages, proposals
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS

R = TypeVar("R")


@pytest.fixture(params=[1, 5000], ids=lambda batch: f"batch-{batch}")
def batch(request: pytest.FixtureRequest) -> int:
    size: int = request.param
    return size


@pytest.fixture
def written(database_ledger: Workledger) -> Workledger:
    """Two initiatives `i` and `j`, each with a tree of pages, and an agent's proposals and change set."""
    ledger = database_ledger
    with ledger.unit() as unit:
        for side in ("i", "j"):
            unit.create(Initiative.create(id=side, name=side))
            unit.create(Agent.create(id=f"ann_{side}", name=f"Ann {side}"))
            write(unit, side)
    for side in ("i", "j"):
        with ledger.unit() as unit:
            wanted: dict[str, Any] = {"action": "update", "target_type": "page", "target_id": f"mid_{side}"}
            changes = [{**wanted, "values": {"title": "Other"}}]
            apply(unit, id=f"set_{side}", initiative_id=side, agent_id=f"ann_{side}", changes=changes)
        with ledger.unit() as unit:
            accept(unit, f"yes_{side}", by="user:ann")
            unit.edit(Proposal, f"no_{side}").dismiss(by="user:bob", reason="Not now.")
    return ledger


def write(unit: Unit, side: str) -> None:
    for id, above, order in (
        ("root", None, 0),
        ("last", "root", 9),
        ("mid", "root", 1),
        ("first", "root", 0),
        ("low", "mid", 0),
        ("lowest", "low", 0),
    ):
        parent = f"{above}_{side}" if above else None
        about: dict[str, Any] = {"parent_page_id": parent, "sort_order": order, "content": f"On {id}."}
        unit.create(Page.create(id=f"{id}_{side}", initiative_id=side, title=id, **about))
    for order, id in enumerate(("yes", "no", "late", "soon")):
        about = {"agent_id": f"ann_{side}", "initiative_id": side, "target_type": "page", "content": f"Say {id}."}
        unit.create(Proposal.create(id=f"{id}_{side}", title=id, sort_order=-order, metadata={"n": order}, **about))


def seen(ledger: Workledger, batch: int = 5000) -> None:
    """The tables show all that happened, are what a rebuild makes of it, and point to nothing that is gone."""
    Projector(ledger.store, ledger.tables, GROUPS, batch=batch).catch_up()
    assert verify(ledger.store, ledger.tables, GROUPS[0]).differences == []
    references_point_to_rows(ledger)


def gone(ledger: Workledger, batch: int, kind: Any, id: str) -> None:
    with ledger.edit(kind, id) as one:
        one.delete()
    seen(ledger, batch)


def row(found: R | None) -> R:
    """One that is there."""
    assert found is not None
    return found


def ids(ledger: Workledger, name: str, column: str = "id") -> set[Any]:
    return {row[column] for row in rows_of(ledger, name)}


def of(side: str, found: set[Any]) -> set[str]:
    return {str(id) for id in found if str(id).endswith(f"_{side}")}


class TestDeletes:
    """domain.md 3.5."""

    def test_a_page_takes_its_subtree(self, written: Workledger, batch: int) -> None:
        gone(written, batch, Page, "mid_i")
        assert of("i", ids(written, "pages")) == {"root_i", "last_i", "first_i"}
        assert len(of("j", ids(written, "pages"))) == 6

    def test_an_initiative_takes_its_pages_proposals_and_change_sets(self, written: Workledger, batch: int) -> None:
        gone(written, batch, Initiative, "i")
        for table in ("pages", "proposals", "change_sets"):
            assert ids(written, table, "initiative_id") == {"j"}
        left = ids(written, "change_sets")
        assert ids(written, "change_set_entries", "change_set_id") == left
        assert len(left) == 2

    def test_an_agent_takes_its_proposals_and_leaves_its_change_sets(self, written: Workledger, batch: int) -> None:
        gone(written, batch, Agent, "ann_i")
        assert ids(written, "proposals", "agent_id") == {"ann_j"}
        assert ids(written, "change_sets", "agent_id") == {None, "ann_j"}
        assert len(ids(written, "change_sets")) == 4

    def test_the_record_of_a_change_set_takes_its_entries_and_leaves_what_it_changed(
        self, written: Workledger, batch: int
    ) -> None:
        seen(written)
        before = row(proposals.get(written.tables, "yes_i"))
        gone(written, batch, ChangeSet, str(before["change_set_id"]))
        after = row(proposals.get(written.tables, "yes_i"))
        assert (after["status"], after["change_set_id"]) == ("accepted", None)
        assert after["created_id"] in ids(written, "pages")
        assert before["change_set_id"] not in ids(written, "change_set_entries", "change_set_id")

    def test_a_message_of_a_chat_stays_without_the_change_set_that_it_led_to(
        self, written: Workledger, batch: int
    ) -> None:
        """C19."""
        with written.unit() as unit:
            unit.create(Phase.create(id="parse", initiative_id="i", name="Parse"))
            unit.create(ChatSession.create(id="chat", target_type="phase", target_id="parse"))
        with written.edit(ChatSession, "chat") as chat:
            chat.post_message(role="assistant", content="Named it.", change_set_id="set_i")
        gone(written, batch, ChangeSet, "set_i")
        [message] = rows_of(written, "chat_messages")
        assert (message["content"], message["change_set_id"]) == ("Named it.", None)

    def test_a_proposal_is_deleted_alone(self, written: Workledger, batch: int) -> None:
        gone(written, batch, Proposal, "late_i")
        assert of("i", ids(written, "proposals")) == {"yes_i", "no_i", "soon_i"}


class TestQueries:
    """The methods of Codewalkers' ports."""

    def test_children_come_in_their_order(self, written: Workledger) -> None:
        """C10: by sort order, then by id; after a move, too."""
        written.catch_up()
        found = [row["id"] for row in pages.children(written.tables, "root_i")]
        assert [id for id in found if id.endswith("_i")] == ["first_i", "mid_i", "last_i"]
        with written.unit() as unit:
            unit.edit(Page, "last_i").move(sort_order=-1)
            unit.edit(Page, "mid_i").move(sort_order=0)
            unit.edit(Page, "low_i").move(parent_page_id="root_i")
        seen(written)
        found = [row["id"] for row in pages.children(written.tables, "root_i")]
        assert [id for id in found if id.endswith("_i")] == ["last_i", "first_i", "low_i", "mid_i"]
        assert pages.children(written.tables, "pag_0") == []

    def test_the_root_page_of_an_initiative_is_found(self, written: Workledger) -> None:
        """Codewalkers `findRootPage`."""
        written.catch_up()
        root = row(pages.root(written.tables, "i"))
        assert (root["id"], root["parent_page_id"], root["content"]) == ("root_i", None, "On root.")
        assert pages.root(written.tables, "ini_0") is None

    def test_a_long_content_stays_in_the_log(self, written: Workledger) -> None:
        """The row holds the position of the event; it is looked up when it is read."""
        long: dict[str, Any] = {"type": "doc", "text": "x" * 200_000}
        for content in (long, None, "Short."):
            with written.edit(Page, "low_i") as page:
                page.change_content(content=content)
            seen(written)
            assert row(pages.get(written.tables, "low_i"))["content"] == content
        with written.tables.engine.connect() as connection:
            stored = connection.exec_driver_sql("select max(content) from pages").scalar()
        assert isinstance(stored, int)

    def test_proposals_of_an_agent_are_found_by_status_in_their_order(self, written: Workledger) -> None:
        """C13, Codewalkers `findByAgentIdAndStatus` and `countByAgentIdAndStatus`: the counts agree with the lists."""
        seen(written)
        assert [row["id"] for row in proposals.of_agent(written.tables, "ann_i", "pending")] == ["soon_i", "late_i"]
        for status in get_args(Status):
            found = proposals.of_agent(written.tables, "ann_i", status)
            assert proposals.count(written.tables, "ann_i", status) == len(found) > 0
        assert proposals.count(written.tables, "agt_0", "pending") == 0
        assert proposals.counts(written.tables) == {"pending": 4, "accepted": 2, "dismissed": 2}

    def test_a_proposal_shows_what_became_of_it(self, written: Workledger) -> None:
        seen(written)
        accepted, dismissed = (row(proposals.get(written.tables, id)) for id in ("yes_i", "no_i"))
        assert (accepted["content"], accepted["metadata"], accepted["target_id"]) == ("Say yes.", {"n": 0}, None)
        made = row(pages.get(written.tables, str(accepted["created_id"])))
        assert (made["title"], made["content"], made["parent_page_id"]) == ("yes", "Say yes.", "root_i")
        assert (accepted["resolved_by"], accepted["resolved_at"]) == ("user:ann", accepted["updated_at"])
        assert (dismissed["status"], dismissed["resolved_by"], dismissed["reason"]) == (
            "dismissed",
            "user:bob",
            "Not now.",
        )

    def test_a_change_set_shows_what_it_did_and_that_it_was_reverted(self, written: Workledger) -> None:
        with written.unit() as unit:
            wanted = [{"action": "delete", "target_type": "page", "target_id": "mid_i"}]
            apply(unit, id="chs_1", initiative_id="i", changes=wanted, summary="Less.")
        seen(written)
        applied = row(change_sets.get(written.tables, "chs_1"))
        assert (applied["status"], applied["entry_count"], applied["summary"]) == ("applied", 3, "Less.")
        told = [
            (one["action"], one["target_id"], one["version_after"])
            for one in change_sets.entries(written.tables, "chs_1")
        ]
        assert told == [("delete", "mid_i", None), ("delete", "low_i", None), ("delete", "lowest_i", None)]
        with written.unit() as unit:
            revert(unit, written, "chs_1", by="user:ann")
        seen(written)
        reverted = row(change_sets.get(written.tables, "chs_1"))
        assert (reverted["status"], reverted["reverted_by"]) == ("reverted", "user:ann")
        assert reverted["reverted_at"] == reverted["updated_at"]
        made = [str(one["restored_id"]) for one in change_sets.entries(written.tables, "chs_1")]
        mid, low, lowest = (row(pages.get(written.tables, id)) for id in made)
        assert (mid["title"], mid["content"], mid["parent_page_id"]) == ("Other", "On mid.", "root_i")
        assert (low["parent_page_id"], lowest["parent_page_id"]) == (mid["id"], low["id"])
