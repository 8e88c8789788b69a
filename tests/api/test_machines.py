"""Machines over HTTP: rows carry their state and the commands it takes, and the page has no copy of its own."""

import re
from pathlib import Path
from typing import Any

import pytest

from support.http_client import Doors
from support.task_states import LIVES
from workledger.api.page import FOLDER
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.task.board import COLUMNS, DRAGS
from workledger.domain.task.card_events import TaskMoved
from workledger.domain.worktree import Worktree
from workledger.testing import given

ARGUMENTS: dict[str, dict[str, Any]] = {
    "assign": {"agent_id": "ann"},
    "finish_work": {"turn_count": 1, "files_changed": 1},
    "reject": {"reason": "no"},
}
"""What the commands need that drags are."""

MACHINES = [Task, AgentRun, StageRun, Worktree, *(Aggregate.CATEGORIES[one] for one in ("session", "write_op"))]


def board(doors: Doors) -> dict[str, dict[str, Any]]:
    columns = doors.see("projects/prj_1/board")["columns"]
    return {column["name"]: column for column in columns}


class TestRows:
    """What a row says of the machine."""

    @pytest.mark.parametrize("state", LIVES)
    def test_a_task_says_its_state_and_what_it_takes(self, doors: Doors, state: str) -> None:
        doors.do("projects", id="prj_1", name="Atlas")
        first = LIVES[state][0].model_copy(update={"project_id": "prj_1"})
        doors.do("agents", id="ann", name="ann")
        with doors.ledger.unit() as unit:
            unit.record(Task, "tsk_1", [first, *LIVES[state][1:]])
        row = doors.see("tasks/tsk_1")
        assert (row["state"], row["commands"]) == (state, [name.replace("_", "-") for name in Task.allowed(state)])
        query = {"status": "cancelled"} if state == "dropped" else {}
        [listed] = doors.see("tasks", project_id="prj_1", **query)["items"]
        shown = [card for column in board(doors).values() for card in column["tasks"]]
        for other in (listed, *shown):
            assert (other["state"], other["commands"]) == (row["state"], row["commands"])

    def test_a_task_that_only_half_an_append_has_reached_has_no_state(self, doors: Doors) -> None:
        """Batches of read tables may end inside an append, between a move and the status that belongs to it."""
        doors.do("projects", id="prj_1", name="Atlas")
        doors.do("tasks", id="tsk_1", title="Write it", project_id="prj_1")
        moved = TaskMoved(from_column="backlog", board_column="in_progress", rank="V", previous_rank="V")
        with doors.ledger.unit() as unit:
            unit.record(Task, "tsk_1", [moved])
        assert doors.see("tasks/tsk_1").items() >= {"state": None, "commands": []}.items()
        assert board(doors)["in_progress"]["tasks"][0]["state"] is None

    def test_runs_sessions_worktrees_and_the_rest_say_theirs(self, doors: Doors) -> None:
        doors.do("projects", id="prj_1", name="Atlas")
        doors.do("agents", id="agt_1", name="ann", project_id="prj_1")
        doors.do("agent-runs", id="run_1", agent_id="agt_1")
        doors.do("sessions", id="ses_1", project_id="prj_1")
        doors.do("worktrees", id="wtr_1", project_id="prj_1", branch="b", path="x")
        doors.do("worktrees/wtr_1/check-out")
        doors.do("stage-runs", id="srn_1", project_id="prj_1", stage="prd", provider="cli")
        doors.do("stage-runs/srn_1/cancel")
        found = {path: doors.see(path) for path in ("agent-runs/run_1", "sessions/ses_1", "worktrees/wtr_1")}
        assert {path: row["state"] for path, row in found.items()} == {
            "agent-runs/run_1": "starting",
            "sessions/ses_1": "initializing",
            "worktrees/wtr_1": "initializing",
        }
        assert "report-turn" in found["agent-runs/run_1"]["commands"]
        assert "resume" not in found["agent-runs/run_1"]["commands"]
        assert "complete-setup-step" in found["worktrees/wtr_1"]["commands"]
        assert doors.see("stage-runs/srn_1")["commands"] == ["retry", "delete"]
        assert doors.see("agents/agt_1")["current_run"]["commands"] == found["agent-runs/run_1"]["commands"]

    def test_what_has_no_machine_says_nothing_of_one(self, doors: Doors) -> None:
        doors.do("workspaces", id="ws_1", name="Office")
        assert "state" not in doors.see("workspaces/ws_1")
        assert "commands" not in doors.see("workspaces")["items"][0]


class TestDrags:
    """The drags of a board, its machine and the page agree."""

    def test_the_board_says_which_drags_there_are(self, doors: Doors) -> None:
        doors.do("projects", id="prj_1", name="Atlas")
        served = {(start, to): name for start, column in board(doors).items() for to, name in column["drags"].items()}
        assert served == {way: command.replace("_", "-") for way, (command, _) in DRAGS.items()}

    @pytest.mark.parametrize("state", LIVES)
    @pytest.mark.parametrize("to", COLUMNS)
    def test_a_drag_is_offered_just_where_the_machine_allows_it(self, state: str, to: str) -> None:
        """A card is offered a drag when its row names the command that the drag is; only then it is not refused."""
        task = Task.fold("it", LIVES[state])
        assert task is not None
        name = "place" if to == task.board_column else DRAGS.get((task.board_column, to), ("",))[0]
        tried = given(Task, *LIVES[state]).when(Task.move, board_column=to, rank="K", **ARGUMENTS.get(name, {}))
        assert isinstance(tried.outcome, list) is (name in Task.allowed(state)), tried.outcome

    def test_every_drag_starts_in_a_state_that_takes_its_command(self) -> None:
        tasks = {state: Task.fold("it", life) for state, life in LIVES.items()}
        for (start, to), (command, _) in DRAGS.items():
            states = [state for state, task in tasks.items() if task is not None and task.board_column == start]
            assert any(command in Task.allowed(state) for state in states), f"none takes {command} from {start} to {to}"


class TestPage:
    """The page says how a command looks, and nothing of when it may be given."""

    SCRIPTS = sorted((FOLDER / "app").glob("*.mjs"))

    def named(self, script: str, table: str) -> set[str]:
        """The commands that a table of a script has."""
        block = re.search(rf"const {table} = {{\n(.*?)\n}};", (FOLDER / "app" / script).read_text(), re.DOTALL)
        assert block is not None
        return set(re.findall(r'^  "?([a-z-]+)"?: \{', block[1], re.MULTILINE))

    @pytest.mark.parametrize(
        ("script", "table", "kind"), [("commands.mjs", "COMMANDS", Task), ("agents.mjs", "RUN_COMMANDS", AgentRun)]
    )
    def test_the_page_names_only_commands_that_there_are(self, script: str, table: str, kind: type[Aggregate]) -> None:
        named = self.named(script, table)
        assert len(named) > 2
        assert named <= {name.replace("_", "-") for name in kind.commands()}

    def test_the_page_knows_how_each_drag_looks(self) -> None:
        assert {name.replace("_", "-") for name, _ in DRAGS.values()} <= self.named("commands.mjs", "COMMANDS")

    @pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
    def test_no_script_lists_the_states_of_a_machine(self, script: Path) -> None:
        """A list of states is what a second copy of a machine is made of."""
        states = {state for kind in MACHINES for command in kind.machine().values() for state in command.when} - {"*"}
        for listed in re.findall(r'\[\s*"[a-z_]+"(?:,\s*"[a-z_]+")*\s*\]', script.read_text(encoding="utf-8")):
            assert not states.intersection(re.findall(r"[a-z_]+", listed)), f"{script.name}: {listed}"
