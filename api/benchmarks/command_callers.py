"""Callers of commands: an app on a ledger, the same app on eventsourcing's own Application, and the bare append."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from workledger.adapters import bootstrap
from workledger.adapters.redaction import Redact
from workledger.domain.kernel.ids import uuid7
from workledger.domain.kernel.store import Conditions, Stored
from workledger.domain.kernel.unit import Unit
from workledger.domain.project import Project
from workledger.domain.task import Task

PROJECT = "prj_bench"


class Caller(ABC):
    """An app that has tasks and gives commands; every call records one event, or as many as it names tasks."""

    def __init__(self) -> None:
        self._numbers = count()

    @abstractmethod
    def create(self) -> Any:
        """Create a task; its id."""

    @abstractmethod
    def get(self, id: Any) -> Any:
        """Load a task."""

    @abstractmethod
    def edit(self, id: Any) -> None:
        """Load a task and give it another title."""

    @abstractmethod
    def edit_all(self, ids: Sequence[Any]) -> None:
        """The same for several tasks in one append."""

    def title(self) -> str:
        return f"Give the importer the limit {next(self._numbers)}"


Open = Callable[[], Caller]


class Ours(Caller):
    """An app that embeds the ledger."""

    def __init__(self, url: str, redact: Redact | None = None) -> None:
        super().__init__()
        self.ledger = bootstrap.open(url, redact=redact)
        if not self.ledger.existing([Project.stream(PROJECT)]):
            self.ledger.create(Project.create(id=PROJECT, name="Bench"))

    def create(self) -> str:
        return self.ledger.create(Task.create(title=self.title(), project_id=PROJECT)).id

    def get(self, id: Any) -> Task:
        return self.ledger.get(Task, id)

    def edit(self, id: Any) -> None:
        with self.ledger.edit(Task, id) as task:
            task.change_details(title=self.title())

    def edit_all(self, ids: Sequence[Any]) -> None:
        def rename(unit: Unit) -> None:
            for id in ids:
                unit.edit(Task, id).change_details(title=self.title())

        self.ledger.decide(rename)


class Appending(Ours):
    """The append alone, of an event that was made before: what an edit costs at least."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        task = super().create()
        super().edit(task)
        [self._row] = self.ledger.store.read_stream(Task.stream(task), after=1)
        self._claims = [Project.exists(PROJECT)]

    def edit(self, id: Any) -> None:
        self.edit_all([id])

    def edit_all(self, ids: Sequence[Any]) -> None:
        row = self._row
        made = [
            Stored(
                originator_id=f"task-{uuid7()}",
                originator_version=1,
                topic=row.topic,
                state=row.data.encode(),
                schema_version=row.schema_version,
                at=row.at,
                actor=row.actor,
                event_id=uuid7(),
                tags=row.tags,
            )
            for _ in ids
        ]
        claims = [(str(made[0].originator_id), claim) for claim in self._claims]
        self.ledger.store.insert_events(made, conditions=Conditions(claims=claims))


class Work(Aggregate):
    """A task of the stock app, with the fields of ours."""

    @event("Created")
    def __init__(self, title: str, project_id: str, description: str = "", priority: str = "medium") -> None:
        self.title, self.project_id, self.description, self.priority = title, project_id, description, priority
        self.labels: list[str] = []

    @event("DetailsChanged")
    def change_details(self, title: str) -> None:
        self.title = title


class Stock(Caller):
    """An app on eventsourcing's Application as it comes: no claims, no actor, no command ids, no read tables."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__()
        self._app: Application[UUID] = Application(environment)

    def create(self) -> UUID:
        work = Work(title=self.title(), project_id=str(uuid4()))
        self._app.save(work)
        return work.id

    def get(self, id: Any) -> Work:
        work: Work = self._app.repository.get(id)
        return work

    def edit(self, id: Any) -> None:
        self.edit_all([id])

    def edit_all(self, ids: Sequence[Any]) -> None:
        works = [self.get(id) for id in ids]
        for work in works:
            work.change_details(title=self.title())
        self._app.save(*works)
