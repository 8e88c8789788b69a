"""The state machines of the domain, found by running every command in every state, and the page that shows them."""

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from support import account_states as accounts
from support import agent_run_states as runs
from support import change_set_states as changes
from support import chat_session_states as chats
from support import conversation_states as conversations
from support import errand_states as errands
from support import initiative_states as initiatives
from support import message_states as messages
from support import phase_states as phases
from support import project_states as projects
from support import proposal_states as proposals
from support import review_comment_states as comments
from support import session_states as sessions
from support import stage_run_states as stages
from support import task_states as tasks
from support import tool_call_states as calls
from support import worktree_states as worktrees
from support import write_operation_states as writes
from workledger.domain.account import Account
from workledger.domain.agent_run import AgentRun
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, Event, New
from workledger.domain.kernel.refusals import Refused
from workledger.domain.message import Message
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment
from workledger.domain.session import Session
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.tool_calls import ToolCalls
from workledger.domain.worktree import Worktree
from workledger.domain.write_operation import WriteOperation

NOTHING, DELETED = "=", "deleted"
BEFORE = "[*]"
"""Where a life begins."""


def state_of_call(run: Any) -> str:
    """The status of the call that examples are about."""
    return str(run.calls["c1"].status) if "c1" in run.calls else BEFORE


@dataclass(frozen=True)
class Machine:
    """The machine of an aggregate.

    Attributes:
        begins: the command that begins one; nothing when that is among its examples.
        lives: the events that lead to each state; `failed, recoverable` is the state `failed` under a condition.
        examples: arguments for each command.
        faces: fields that each state settles besides.
        others: more lives that lead to a state, from which a command leads elsewhere.
    """

    title: str
    kind: type[Aggregate]
    begins: str
    lives: Mapping[str, tuple[Event, ...]]
    examples: Mapping[str, tuple[dict[str, Any], ...]]
    state_of: Callable[[Any], str] = Aggregate.machine_state
    faces: tuple[str, ...] = ()
    others: Mapping[str, tuple[tuple[Event, ...], ...]] = field(default_factory=dict)

    def in_state(self, name: str) -> Any:
        """The aggregate after the life of that name."""
        return self.kind.fold("it", self.lives[name])

    def state(self, name: str) -> str:
        """The state that the life of that name leads to."""
        return self.state_of(self.in_state(name))

    def outcomes(self, name: str, command: str) -> tuple[str, ...]:
        """The states that a command leads to from one, the same state among them; NOTHING when all is so already, and
        none at all when it is refused."""
        found: dict[str, None] = {}
        lives = (self.lives[name], *self.others.get(name, ()))
        for life, arguments in product(lives, self.examples[command]):
            before: Any = self.kind.fold("it", life)
            try:
                decided = getattr(before, command)(**arguments)
            except Refused:
                continue
            found[self._after(before, decided)] = None
        return tuple(one for one in found if one != NOTHING) or tuple(found)

    def _after(self, before: Any, decided: list[Event] | New[Any]) -> str:
        if isinstance(decided, New):
            return f"another, {self.state_of(self.kind.fold(decided.id, decided.events))}"
        if not decided:
            return NOTHING
        after = self.kind.fold(before.id, decided, before)
        assert after is not None
        return DELETED if after.deleted else self.state_of(after)


MACHINES = (
    Machine("Task", Task, "create", tasks.LIVES, tasks.EXAMPLES, faces=("status", "board_column")),
    Machine("Agent run", AgentRun, "start", runs.LIVES, runs.EXAMPLES),
    Machine("Session", Session, "create", sessions.LIVES, sessions.EXAMPLES),
    Machine(
        "Worktree",
        Worktree,
        "create",
        worktrees.LIVES,
        worktrees.EXAMPLES,
        faces=("status",),
        others=worktrees.OTHERS,
    ),
    Machine("Project", Project, "create", projects.LIVES, projects.EXAMPLES),
    Machine("Proposal", Proposal, "create", proposals.LIVES, proposals.EXAMPLES),
    Machine("Change set", ChangeSet, "create", changes.LIVES, changes.EXAMPLES),
    Machine("Initiative", Initiative, "create", initiatives.LIVES, initiatives.EXAMPLES),
    Machine("Phase", Phase, "create", phases.LIVES, phases.EXAMPLES, faces=("status",)),
    Machine("Review comment", ReviewComment, "create", comments.LIVES, comments.EXAMPLES),
    Machine("Stage run", StageRun, "create", stages.LIVES, stages.EXAMPLES),
    Machine("Write operation", WriteOperation, "create", writes.LIVES, writes.EXAMPLES),
    Machine("Message", Message, "create", messages.LIVES, messages.EXAMPLES),
    Machine("Conversation", Conversation, "create", conversations.LIVES, conversations.EXAMPLES),
    Machine("Chat session", ChatSession, "create", chats.LIVES, chats.EXAMPLES),
    Machine("Errand", Errand, "create", errands.LIVES, errands.EXAMPLES),
    Machine("Account", Account, "create", accounts.LIVES, accounts.EXAMPLES, others=accounts.OTHERS),
    Machine("Tool call", ToolCalls, "", calls.LIVES, calls.EXAMPLES, state_of_call),
)

PAGE = """# State machines

What each command does in each state, found by running it there. Over HTTP, rows carry the `state` they are in, and the
`commands` that may change something in it.

- A state: the command leads there; several where that depends on its arguments.
- *stays*: it changes something else.
- *=*: everything is so already, so nothing is recorded.
- Empty: it is refused.

This page is made from the code by `make docs`.
"""


def page() -> str:
    return "\n".join([PAGE, *map(section, MACHINES)])


def section(machine: Machine) -> str:
    """The diagram of a machine, its table, and the commands that every state takes."""
    cells = {command: [cell(machine, name, command) for name in machine.lives] for command in machine.examples}
    leaving = {command for command, row in cells.items() if set(row) <= {"*stays*", NOTHING}}
    ending = {command for command, row in cells.items() if set(row) == {DELETED}}
    rows = {command: row for command, row in cells.items() if command not in leaving | ending}
    about = " ".join((inspect.getdoc(machine.kind) or "").partition("\n\n")[0].split())
    shown = [diagram(machine), "", *table(machine, rows), *rest(cells, leaving, ending)]
    return "\n".join([f"## {machine.title}\n", f"{about}\n", *shown])


def cell(machine: Machine, name: str, command: str) -> str:
    state = machine.state(name)
    return " / ".join("*stays*" if one == state else one for one in machine.outcomes(name, command))


def diagram(machine: Machine) -> str:
    """The commands that lead from one state to another."""
    states = {machine.state(name) for name in machine.lives}
    edges: dict[tuple[str, str], list[str]] = defaultdict(list)
    if machine.begins:
        edges[BEFORE, machine.state(next(iter(machine.lives)))].append(machine.begins)
    for name in machine.lives:
        start, condition = machine.state(name), name.partition(", ")[2]
        for command in machine.examples:
            for to in machine.outcomes(name, command):
                if to in states and to != start:
                    edges[start, to].append(f"{command} ({condition})" if condition else command)
    lines = [f"    {start} --> {to}: {', '.join(names)}" for (start, to), names in edges.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def table(machine: Machine, rows: Mapping[str, list[str]]) -> Iterator[str]:
    """Commands against states; first what each state says of itself elsewhere."""
    yield f"| | {' | '.join(machine.lives)} |"
    yield "|---" * (len(machine.lives) + 1) + "|"
    for face in machine.faces:
        yield f"| *{face}* | {' | '.join(str(getattr(machine.in_state(name), face)) for name in machine.lives)} |"
    for command, row in rows.items():
        yield f"| `{command}` | {' | '.join(row)} |"
    yield ""


def rest(cells: Mapping[str, list[str]], leaving: set[str], ending: set[str]) -> Iterator[str]:
    named = {True: leaving, False: ending}
    for stays, commands in named.items():
        if commands:
            listed = ", ".join(f"`{command}`" for command in cells if command in commands)
            yield f"In every state {'it takes' if stays else 'it is ended by'} {listed}.\n"
