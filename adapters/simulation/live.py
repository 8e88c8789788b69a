"""The play going on in a ledger, at a pace at which one can watch."""

import heapq
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import sqlalchemy as sa

from workledger.adapters.bootstrap import Workledger
from workledger.adapters.simulation.accounts import keeper
from workledger.adapters.simulation.chance import Chance, Spread
from workledger.adapters.simulation.crew import LABEL, Crew
from workledger.adapters.simulation.tempo import LIVE, Tempo
from workledger.adapters.simulation.texts.places import place
from workledger.adapters.simulation.workload import parts_of
from workledger.adapters.simulation.world import Card, Part, World
from workledger.domain.account import Account
from workledger.domain.agent_run.progress import LIVE as ALIVE
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.unit import Unit
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment
from workledger.domain.task.board import state_of
from workledger.projections import tasks
from workledger.projections.accounts import Accounts
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.agents import Agents
from workledger.projections.change_sets import ChangeSets
from workledger.projections.chat_sessions import ChatSessions
from workledger.projections.conversations import Conversations
from workledger.projections.engine.table import Table
from workledger.projections.errands import Errands
from workledger.projections.initiatives import Initiatives
from workledger.projections.messages import Messages
from workledger.projections.pages import Pages
from workledger.projections.phases import Phases
from workledger.projections.projects import Projects
from workledger.projections.proposals import Proposals
from workledger.projections.review_comments import ReviewComments
from workledger.projections.tasks import CardRow, Tasks

A = TypeVar("A", bound=Aggregate)

TABLES: dict[type[Aggregate], type[Table]] = {
    Account: Accounts,
    ChangeSet: ChangeSets,
    ChatSession: ChatSessions,
    Conversation: Conversations,
    Errand: Errands,
    Initiative: Initiatives,
    Message: Messages,
    Page: Pages,
    Phase: Phases,
    Proposal: Proposals,
    ReviewComment: ReviewComments,
}

AFTER_REFUSAL = Spread(4, 15)
"""Seconds until somebody who was refused, because a person was there first, looks again."""

logger = logging.getLogger(__name__)


class Present(World):
    """The world of a ledger and its read tables, which somebody keeps up with the log."""

    def __init__(self, ledger: Workledger, chance: Chance, tempo: Tempo) -> None:
        super().__init__(chance, tempo, datetime.now(UTC))
        self._ledger = ledger

    def perform(self, actor: str, step: Callable[[Unit], object]) -> None:
        with self._ledger.acting_as(actor), self._ledger.unit() as unit:
            step(unit)

    def find(self, kind: type[A], id: str) -> A | None:
        return self._ledger.find(kind, id)

    def those(self, kind: type[A], **fields: Any) -> Sequence[A]:
        table = TABLES[kind]
        wanted = {name: one if isinstance(one, tuple) else (one,) for name, one in fields.items()}
        chosen = sa.select(table.c.id).where(*(getattr(table.c, name).in_(one) for name, one in wanted.items()))
        rows = self._ledger.tables.all(chosen.order_by(table.c.created_at, table.c.id))
        found = (self._ledger.find(kind, row["id"]) for row in rows)
        return [
            one
            for one in found
            if one is not None and all(getattr(one, name) in values for name, values in wanted.items())
        ]

    def cards(self, project_id: str) -> Sequence[Card]:
        chosen = tasks.ALL_CARDS.where(Tasks.c.project_id == project_id, tasks.SHOWN, Tasks.c.status != "completed")
        rows = self._ledger.tables.all(chosen.order_by(Tasks.c.rank, Tasks.c.id), CardRow)
        return [
            Card(
                row["id"],
                state_of(row["status"], row["board_column"], row["queued"]),
                row["priority"],
                row["agent_id"],
                row["phase_id"],
                waits=bool(row["unmet_dependencies"]),
            )
            for row in rows
        ]

    def live_run(self, agent_id: str) -> tuple[str, timedelta] | None:
        runs = AgentRuns.c
        chosen = sa.select(runs.id, runs.updated_at).where(runs.agent_id == agent_id, runs.status.in_(ALIVE))
        row = self._ledger.tables.first(chosen)
        return None if row is None else (row["id"], self.now - row["updated_at"])

    def titles(self, project_id: str) -> set[str]:
        chosen = sa.select(Tasks.c.title).where(Tasks.c.project_id == project_id)
        names = sa.select(Initiatives.c.name)
        return {
            *(row["title"] for row in self._ledger.tables.all(chosen)),
            *(row["name"] for row in self._ledger.tables.all(names)),
        }


class Live:
    """The play of a ledger's simulated projects, in a thread of its own, until it is stopped.

    Its read tables must have been brought up to the log when it starts, and must be kept up while it goes on.
    """

    def __init__(self, ledger: Workledger, seed: object, *, tempo: Tempo = LIVE) -> None:
        self.world = Present(ledger, Chance(f"{seed}:{ledger.head()}"), tempo)
        self._parts = [part for crew in crews(ledger) for part in parts_of(self.world, crew)]
        if self._parts:
            self._parts.append(lambda: keeper(self.world))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._play, name="workledger-simulation", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the play; what is under way stays so, and is taken up when it is played again."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _play(self) -> None:
        turn = count()
        due = [(time.monotonic() + number / 8, next(turn), make, make()) for number, make in enumerate(self._parts)]
        while due:
            at, _, make, part = heapq.heappop(due)
            if self._stopping.wait(max(0.0, at - time.monotonic())):
                return
            wait, part = self._step(make, part)
            heapq.heappush(due, (time.monotonic() + wait, next(turn), make, part))

    def _step(self, make: Callable[[], Part], part: Part) -> tuple[float, Part]:
        """One step of a part, and how long it then waits. Whoever is refused begins anew with what there is then."""
        self.world.now = datetime.now(UTC)
        try:
            return next(part), part
        except Refused as refused:
            logger.debug("the simulation was refused: %s", refused)
        except Exception:
            logger.exception("a part of the simulation failed; it begins anew")
        return self.world.chance.of(AFTER_REFUSAL), make()


def crews(ledger: Workledger) -> list[Crew]:
    """Who works in the simulated projects of a ledger."""
    projects = ledger.tables.all(Projects.table.select().order_by(Projects.c.created_at, Projects.c.id))
    return [
        Crew(place(project["metadata"].get("place")), project["id"], _agents(ledger, project["id"]))
        for project in projects
        if project["metadata"].get(LABEL)
    ]


def simulated(ledger: Workledger) -> bool:
    """Whether some project in the read tables is made up; tables that have to be rebuilt first are not asked."""
    if any(at.fingerprint != group.fingerprint for group, at in ledger.projector.checkpoints().items()):
        return False
    return any(row["metadata"].get(LABEL) for row in ledger.tables.all(sa.select(Projects.c.metadata)))


def _agents(ledger: Workledger, project_id: str) -> dict[str, str]:
    agents = Agents.table.select().where(Agents.c.project_id == project_id).order_by(Agents.c.name, Agents.c.id)
    return {row["id"]: row["name"] for row in ledger.tables.all(agents)}
