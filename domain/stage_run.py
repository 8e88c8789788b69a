"""A stage run takes a project through one stage of its delivery (Elmer, DOMAIN.md 2.11)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain import workspace
from workledger.domain.kernel.aggregate import Aggregate, Deleted, Event, New, command
from workledger.domain.kernel.claims import Claim, Free, Need, Take
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import NotFound, Refused
from workledger.domain.project import events as project_events
from workledger.domain.project.project import Stage


def existing(stage_run_id: str) -> Need:
    """The claim that the stage run exists."""
    return Need(f"stage_run:{stage_run_id}", StageRunNotFound)


def live(project_id: str, stage: str) -> str:
    """The key that the queued or running run of a stage holds (DOMAIN.md 3.3, X9)."""
    return f"stage_run_live:{project_id}:{stage}"


class StageRunQueued(Event, topic="stage_run.queued"):
    project_id: str
    workspace_id: str | None = None
    stage: str
    status: Literal["queued"] = "queued"
    automation_level: str = "human_approval"
    provider: str
    attempt: int = 1
    idempotency_key: str
    triggered_by: str = "user"
    retry_of: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Take(f"stage_run:{id}")
        yield Take(f"stage_run_key:{self.idempotency_key}", StageRunExists)
        yield Take(live(self.project_id, self.stage), StageRunExists)


class Ended:
    """With it the run is over: the stage may be run again."""

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Free(live(before.project_id, before.stage))


class StageRunStarted(Event, topic="stage_run.started"):
    worker_id: str | None = None
    status: Literal["running"] = "running"


class StageRunSucceeded(Ended, Event, topic="stage_run.succeeded"):
    outputs: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)
    status: Literal["succeeded"] = "succeeded"


class StageRunFailed(Ended, Event, topic="stage_run.failed"):
    error_summary: str
    status: Literal["failed"] = "failed"


class StageRunCancelled(Ended, Event, topic="stage_run.cancelled"):
    by: str | None = None
    status: Literal["cancelled"] = "cancelled"


class StageRunDeleted(Deleted, topic="stage_run.deleted"):
    stage: str

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Free(f"stage_run:{id}")
        yield Free(f"stage_run_key:{before.idempotency_key}")
        yield Free(live(before.project_id, before.stage))


class StageRunNotFound(NotFound):
    """There is no such stage run."""

    code = "STAGE_RUN_NOT_FOUND"


class StageRunExists(Refused):
    """It is asked for already: {holder} is the one."""

    code = "DUPLICATE_REQUEST"


class StageRunInvalidTransition(Refused):
    """A stage run that is {state} does not allow {command}."""

    code = "STAGE_RUN_INVALID_TRANSITION"


AutomationLevel = Literal["fully_auto", "auto_notify", "human_approval", "manual"]
Provider = Literal["anthropic", "openai", "cli", "cursor"]
Trigger = Literal["user", "automation", "retry"]
Key = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=100_000)]

LIVE = ("queued", "running")


class StageRun(Aggregate, category="stage_run", prefix="run", not_found=StageRunNotFound):
    project_id: str
    workspace_id: str | None = None
    stage: str
    status: str
    automation_level: str
    provider: str
    attempt: int
    idempotency_key: str
    worker_id: str | None = None
    metadata: dict[str, Any]

    def tags(self) -> dict[str, str | None]:
        return {"project": self.project_id, "workspace": self.workspace_id}

    def parents(self) -> Iterable[Claim]:
        """A run that is over ends well without them."""
        if self.status in LIVE:
            yield project_events.existing(self.project_id)
            if self.workspace_id:
                yield workspace.existing(self.workspace_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        project_id: Id,
        stage: Stage,
        provider: Provider,
        id: Id | None = None,
        workspace_id: Id | None = None,
        automation_level: AutomationLevel = "human_approval",
        idempotency_key: Key | None = None,
        triggered_by: Trigger = "user",
        metadata: dict[str, Any] | None = None,
    ) -> "New[StageRun]":
        """Queue a run of a stage. A key of one's own makes sure that what is asked for twice runs once.

        Raises:
            StageRunExists: DUPLICATE_REQUEST, when recorded: the key was used, or the stage is queued or running.
                Its `holder` names the stream of the run to answer with instead.
        """
        id = id or new_id(StageRun.PREFIX)
        event = StageRunQueued(
            project_id=project_id,
            workspace_id=workspace_id,
            stage=stage,
            automation_level=automation_level,
            provider=provider,
            idempotency_key=idempotency_key or id,
            triggered_by=triggered_by,
            metadata=metadata or {},
        )
        return New(StageRun, id, [event])

    @command
    def start(self, *, worker_id: Id | None = None) -> list[Event]:
        if self.status == "running" and worker_id == self.worker_id:
            return []
        self._allow("start", "queued")
        return [StageRunStarted(worker_id=worker_id)]

    @command
    def succeed(self, *, outputs: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None) -> list[Event]:
        if self.status == "succeeded":
            return []
        self._allow("succeed", "running")
        return [StageRunSucceeded(outputs=outputs or {}, metadata=self.metadata | (metadata or {}))]

    @command
    def fail(self, *, error_summary: Text) -> list[Event]:
        if self.status == "failed":
            return []
        self._allow("fail", "running")
        return [StageRunFailed(error_summary=error_summary)]

    @command
    def cancel(self, *, by: Key | None = None) -> list[Event]:
        if self.status == "cancelled":
            return []
        self._allow("cancel", *LIVE)
        return [StageRunCancelled(by=by)]

    def retry(self) -> "New[StageRun]":
        """The next attempt at what failed or was cancelled: another run, and one at most for each.

        Raises:
            StageRunInvalidTransition: STAGE_RUN_INVALID_TRANSITION.
        """
        self._allow("retry", "failed", "cancelled")
        event = StageRunQueued(
            project_id=self.project_id,
            workspace_id=self.workspace_id,
            stage=self.stage,
            automation_level=self.automation_level,
            provider=self.provider,
            attempt=self.attempt + 1,
            idempotency_key=f"retry:{self.id}",
            triggered_by="retry",
            retry_of=self.id,
            metadata=self.metadata,
        )
        return New(StageRun, new_id(StageRun.PREFIX), [event])

    @command
    def delete(self) -> list[Event]:
        return [StageRunDeleted(stage=self.stage)]

    def _allow(self, command: str, *states: str) -> None:
        if self.status not in states:
            raise StageRunInvalidTransition(kind="stage_run", state=self.status, command=command)
