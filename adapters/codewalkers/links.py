"""Rows that are no aggregates of their own: links, dependencies and what was said in a chat are events of others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from workledger.adapters.codewalkers.life import Life
from workledger.adapters.codewalkers.noun import Noun
from workledger.adapters.codewalkers.rows import Row
from workledger.adapters.codewalkers.schema import TABLES
from workledger.adapters.codewalkers.values import time
from workledger.adapters.importing import Fact
from workledger.domain.change_set import ChangeSet, ChangeSetApplied
from workledger.domain.chat_session import ChatMessagePosted, ChatSession
from workledger.domain.initiative import Initiative, InitiativeProjectLinked
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.unit import Unit
from workledger.domain.phase import Phase
from workledger.domain.phase.events import PhaseDependencyAdded
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskDependencyAdded


@dataclass(frozen=True, kw_only=True)
class Unless(Fact):
    """Events that are recorded unless the aggregate says that they are there already; nothing else may have changed it.

    Attributes:
        there: whether it does; asked with None when there is no aggregate.
    """

    there: Callable[[Any], bool] = bool

    def record(self, unit: Unit) -> bool:
        """
        Raises:
            NotFound: it is deleted.
        """
        state = unit.find(self.kind, self.id)
        if not self.there(state):
            unit.record(self.kind, self.id, self.events, at=self.at)
        return True


class Link(Noun):
    """The rows of a table that link two others: events of the first.

    Class attributes:
        holder: the lookup that says when the row was changed that holds the link.
        known: the attribute that has what its aggregate is linked to.
    """

    event: ClassVar[Callable[..., Event]]
    holder: ClassVar[str]
    known: ClassVar[str]

    def facts(self, row: Row, life: Life, *, beginning: bool) -> tuple[Row, Sequence[Fact]]:
        first, second = (row[name] for name in TABLES[self.table].key)
        event = type(self).event(**{TABLES[self.table].key[1]: second})
        there = Linked(self.kind, first, self.known, second)
        return row, [Unless(self.kind, first, 0, [event], _at(row, self.holder), self.what, row.place, there=there)]


@dataclass(frozen=True)
class Linked:
    """Whether an aggregate has a link."""

    kind: type[Aggregate]
    id: str
    known: str
    other: str

    def __call__(self, state: Any) -> bool:
        if state is None:
            raise self.kind.NOT_FOUND(id=self.id)
        return self.other in getattr(state, self.known)


class InitiativeProjects(Link):
    """Projects of an initiative."""

    table, kind, what = "initiative_projects", Initiative, "links to projects"
    event, holder, known = InitiativeProjectLinked, "initiative_updated_at", "project_ids"
    lookups = ("initiative_updated_at",)


class PhaseDependencies(Link):
    """Phases that a phase waits for."""

    table, kind, what = "phase_dependencies", Phase, "dependencies of phases"
    event, holder, known = PhaseDependencyAdded, "phase_updated_at", "depends_on"
    lookups = ("phase_updated_at",)


class TaskDependencies(Link):
    """Tasks that a task waits for."""

    table, kind, what = "task_dependencies", Task, "dependencies of tasks"
    event, holder, known = TaskDependencyAdded, "dependent_updated_at", "depends_on"
    lookups = ("dependent_updated_at",)


class ChatMessages(Noun):
    """What was said in a chat. Of a change set that it names nothing is known but its id."""

    table, kind, what = "chat_messages", ChatSession, "chat messages"

    def facts(self, row: Row, life: Life, *, beginning: bool) -> tuple[Row, Sequence[Fact]]:
        names = ("role", "content", "change_set_id")
        posted = ChatMessagePosted(message_id=row.key, **{name: row[name] for name in names})
        id, there = row["chat_session_id"], Linked(ChatSession, row["chat_session_id"], "messages", row.key)
        said = Unless(ChatSession, id, 0, [posted], row.created_at, self.what, row.place, there=there)
        return row, [*self._change_set(row, life), said]

    def _change_set(self, row: Row, life: Life) -> Sequence[Fact]:
        chat = life.state(ChatSession, row["chat_session_id"]) if row["change_set_id"] else None
        if chat is None or chat.initiative_id is None:
            return ()
        applied = ChangeSetApplied(initiative_id=chat.initiative_id, entries=())
        return [Unless(ChangeSet, row["change_set_id"], 0, [applied], row.created_at, "change sets", row.place)]


def _at(row: Row, holder: str) -> datetime:
    """When it was linked, or else when the row was changed last that holds the link."""
    made = row.values.get("created_at")
    if made is None and row[holder] is not None:
        made = time(row[holder], lambda fault: None)
    return made or row.created_at
