"""What an earlier release imported is not imported again: `imported_before_claims.jsonl` has the events that it wrote.

It read the files that `folder` makes, cut where that says so, a minute after they began.
"""

import json
from datetime import datetime
from pathlib import Path

import pytest

import workledger
from support.transcripts import LATER, ONE, TWO, Transcript, everything, rows, text, told_at, uid, use, work
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.domain.agent_log import AgentLog
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.projections import run_models
from workledger.projections.agent_runs import AgentRuns

EVENTS = Path(__file__).parents[1] / "data" / "imported_before_claims.jsonl"
THREE = uid("three")


class Before:
    """The files that the earlier release has read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "-home-ann-code-parser"
        self.main, self.other = Transcript(self.folder), Transcript(self.folder, TWO)
        self.third = Transcript(self.folder, THREE)
        work(self.main)
        self.main.write(4)  # in the middle of a message and of a call: it was held back
        self.other.prompt("Count")
        self.other.answer("o", use("call_o", command="wc"), usage=(2, 3))
        self.other.result("call_o", "7")
        self.other.meta("mode", mode="plan")
        self.third.prompt("Hello")
        self.third.answer("t", text("Well,"), usage=(1, 4))  # in the middle of a message, which was counted


@pytest.fixture
def before(tmp_path: Path) -> Before:
    return Before(tmp_path)


@pytest.fixture
def ledger(store_url: str) -> workledger.Workledger:
    """A ledger with the events of the earlier release."""
    ledger = workledger.open(store_url)
    with ledger.acting_as("import"):
        for line in EVENTS.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            category, _, id = told["stream_id"].partition("-")
            event, at = Event.TOPICS[told["topic"]].load(told["data"], told["schema_version"]), told["at"]
            with ledger.unit() as unit:
                if category == AgentLog.CATEGORY:
                    unit.log(told["stream_id"], [event], tags={"agent": event.agent_id}, at=datetime.fromisoformat(at))
                else:
                    unit.record(Aggregate.CATEGORIES[category], id, [event], at=datetime.fromisoformat(at))
    return ledger


def used(ledger: workledger.Workledger) -> dict[str, tuple[int, int, int]]:
    return {
        one["session_id"]: (one["turn_count"], one["token_input_count"], one["token_output_count"])
        for one in rows(ledger, AgentRuns)
    }


def test_files_that_have_not_changed_bring_nothing(ledger: workledger.Workledger, before: Before) -> None:
    was = everything(ledger)
    report = import_claude_code(ledger, before.folder, now=LATER)
    assert (report.imported["log chunks"], report.imported["tool calls"]) == (0, 0)
    assert report.imported["turns"] == 1, "the message that was held back has no more lines"
    now = everything(ledger)
    assert (now["AgentLogChunks"], now["ToolCalls"]) == (was["AgentLogChunks"], was["ToolCalls"])
    assert used(ledger) == {ONE: (1, 3, 40), TWO: (1, 2, 3), THREE: (1, 1, 4)}
    head = ledger.head()
    import_claude_code(ledger, before.folder, now=LATER)
    assert ledger.head() == head


def test_sessions_go_on_as_if_one_release_had_read_them(ledger: workledger.Workledger, before: Before) -> None:
    before.main.write()
    before.third.answer("t", text("hello."), usage=(1, 9))
    import_claude_code(ledger, before.folder, now=LATER)
    with workledger.open("memory:") as at_once:
        import_claude_code(at_once, before.folder, now=LATER)
        assert everything(ledger) == everything(at_once)
        assert used(ledger) == used(at_once) == {ONE: (3, 10, 60), TWO: (1, 2, 3), THREE: (1, 1, 9)}
        totals = [run_models.totals(one.tables) for one in (ledger, at_once)]
        assert [one["token_output_count"] for one in totals[0]] == [one["token_output_count"] for one in totals[1]]


def test_a_fork_of_a_session_whose_file_is_gone_brings_only_what_is_new(
    ledger: workledger.Workledger, before: Before
) -> None:
    import_claude_code(ledger, before.folder, now=LATER)
    fork = Transcript(before.folder, uid("four"))
    fork.lines = [line.replace(TWO.encode(), uid("four").encode()) for line in before.other.lines[:3]]
    fork.parent = uid(f"{TWO}None2")
    fork.answer("f", text("Seven."), usage=(5, 6), timestamp=told_at(500))
    before.other.path.unlink()
    report = import_claude_code(ledger, fork.path, now=LATER)
    assert report.left_out["records that repeat earlier ones"] == 3
    assert used(ledger)[uid("four")] == (1, 5, 6)
    assert used(ledger)[TWO] == (1, 2, 3)


def test_what_was_imported_is_claimed_once(ledger: workledger.Workledger, before: Before) -> None:
    import_claude_code(ledger, before.folder, now=LATER)
    adopted = ledger.read(topics=["import_source.adopted"])
    assert len({row.stream_id for row in adopted}) == 3
    import_claude_code(ledger, before.folder, now=LATER)
    assert len(ledger.read(topics=["import_source.adopted"])) == len(adopted)
