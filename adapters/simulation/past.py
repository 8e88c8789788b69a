"""The past: the play at the speed of thought, in memory, as a stream of events with the times they happened at."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple, TypeVar, cast

from workledger.adapters.simulation.chance import Chance
from workledger.adapters.simulation.tempo import Tempo
from workledger.adapters.simulation.world import Card, Part, World
from workledger.domain.account import Account
from workledger.domain.agent_log import AgentLog
from workledger.domain.agent_run import AgentRun
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.envelope import Recorded, acting_as
from workledger.domain.kernel.unit import Unit
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment
from workledger.domain.session import Session
from workledger.domain.session_feed import SessionFeed
from workledger.domain.task import Task
from workledger.domain.tool_calls import ToolCalls

A = TypeVar("A", bound=Aggregate)

UNFOLDED = (AgentLog, SessionFeed)
"""Streams that nobody folds."""

OF_INITIATIVES: tuple[type[Aggregate], ...] = (Phase, Page, Proposal, ChangeSet, ChatSession)
KEPT: tuple[type[Aggregate], ...] = (*OF_INITIATIVES, Initiative, ReviewComment, Conversation, Message, Errand, Account)
OVER: dict[type[Aggregate], tuple[str, ...]] = {
    Initiative: ("archived",),
    Proposal: ("accepted", "dismissed"),
    Conversation: ("answered",),
    Message: ("responded",),
    Errand: ("merged",),
}
"""The statuses of each after which nobody looks for it any more."""


def _over(state: Any) -> bool:
    if isinstance(state, Message) and state.status == "read":
        return state.type != "question"
    return getattr(state, "status", None) in OVER.get(type(state), ())


class Happening(NamedTuple):
    """An event, in the stream of an aggregate, at its moment. Its tags matter where nobody folds the stream."""

    kind: type[Aggregate]
    id: str
    event: Event
    at: datetime
    actor: str
    tags: dict[str, str]


class Past(World):
    """A world in memory. It keeps what is under way, and forgets what is over.

    What it may rely on without asking: each command is decided by the aggregate it is for, and claims between
    aggregates are kept by the parts, which look before they act.
    """

    def __init__(self, chance: Chance, tempo: Tempo, start: datetime) -> None:
        super().__init__(chance, tempo, start)
        self._states: dict[str, Aggregate] = {}
        self._tasks: dict[str, dict[str, Task]] = {}
        self._titles: dict[str, set[str]] = {}
        self._kept: dict[type[Aggregate], dict[str, Aggregate]] = {kind: {} for kind in KEPT}
        self._happened: list[Happening] = []

    def perform(self, actor: str, step: Callable[[Unit], object]) -> None:
        unit = Unit(self._load)
        with acting_as(actor):
            step(unit)
        for one in unit.recorded:
            self._happens(one)
        for stream in dict.fromkeys(one.stream_id for one in unit.recorded):
            self._look_at(self._states.get(stream))

    def find(self, kind: type[A], id: str) -> A | None:
        return cast("A | None", self._states.get(kind.stream(id)))

    def those(self, kind: type[A], **fields: Any) -> Sequence[A]:
        wanted = {name: one if isinstance(one, tuple) else (one,) for name, one in fields.items()}
        return [
            cast(A, one)
            for one in self._kept[kind].values()
            if all(getattr(one, name) in values for name, values in wanted.items())
        ]

    def cards(self, project_id: str) -> Sequence[Card]:
        unfinished = self._tasks.get(project_id, {})
        return [
            Card(
                one.id,
                one.state,
                one.priority,
                one.agent_id,
                one.phase_id,
                waits=any(on in unfinished for on in one.depends_on),
            )
            for one in unfinished.values()
            if one.state != "dropped"
        ]

    def live_run(self, agent_id: str) -> tuple[str, timedelta] | None:
        """None: the play begins with nobody at work."""

    def titles(self, project_id: str) -> set[str]:
        return self._titles.setdefault(project_id, set())

    def play(self, parts: Sequence[Part]) -> Iterator[Happening]:
        """Everything that happens while the parts are played, in the order of time; without end if they have none."""
        turn = count()
        due = [(self.now, next(turn), part) for part in parts]
        while due:
            self.now, _, part = heapq.heappop(due)
            wait = next(part, None)
            if wait is not None:
                heapq.heappush(due, (self.now + timedelta(seconds=wait), next(turn), part))
            happened, self._happened = self._happened, []
            yield from happened

    def _load(self, kind: type[Any], id: str) -> Any:
        return self._states.get(kind.stream(id))

    def _happens(self, one: Recorded) -> None:
        category, _, id = one.stream_id.partition("-")
        kind = Aggregate.CATEGORIES[category]
        self._happened.append(Happening(kind, id, one.event, self.now, one.actor, dict(one.tags)))
        if kind not in UNFOLDED:
            before = self._states.get(one.stream_id)
            self._states[one.stream_id] = kind.begin(id, one.event) if before is None else before.after(one.event)

    def _look_at(self, state: Aggregate | None) -> None:
        """Keep what others look for, and forget what is over."""
        match state:
            case Task(status="completed"):
                self._tasks[state.project_id or ""].pop(state.id)
                self._forget(state)
            case Task():
                self.titles(state.project_id or "").add(state.title)
                self._tasks.setdefault(state.project_id or "", {})[state.id] = state
            case AgentRun(live=False, recoverable=False):
                self._states.pop(ToolCalls.stream(state.id), None)
                self._forget(state)
            case Session(status="closed"):
                self._forget(state)
            case Aggregate() if type(state) in self._kept:
                self._keep(state)

    def _keep(self, state: Aggregate) -> None:
        """What of planning and talk is still of use; with an initiative that is over, all that belongs to it goes."""
        self._kept[type(state)][state.id] = state
        if isinstance(state, Initiative):
            for project_id in state.project_ids:
                self.titles(project_id).add(state.name)
            if state.status in ("completed", "archived"):
                for kind in OF_INITIATIVES:
                    for one in self.those(kind, initiative_id=state.id):
                        self._forget(one)
        if state.deleted or _over(state):
            self._forget(state)

    def _forget(self, state: Aggregate) -> None:
        if isinstance(state, Phase):
            for comment in self.those(ReviewComment, phase_id=state.id):
                self._forget(comment)
        if type(state) in self._kept:
            del self._kept[type(state)][state.id]
        del self._states[state.stream(state.id)]
