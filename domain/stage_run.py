"""A stage run takes a project through one stage of its delivery (Elmer, domain.md 2.11)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, command
from workledger.domain.kernel.claims import Claim, Require, Take, key_of, releases
from workledger.domain.kernel.fields import JsonObject, Text
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused
from workledger.domain.project import Project
from workledger.domain.project.project import Stage
from workledger.domain.workspace import Workspace


def _live(project_id: str, stage: str) -> tuple[str, str, str]:
    """The key that the queued or running run of a stage holds, in parts (domain.md 3.3, X9)."""
    return "stage_run_live", project_id, stage


class StageRunQueued(Created, topic="stage_run.queued"):
    """A run of a stage was queued for a worker."""

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
        yield from super().claims(before, id)
        about = {"stage": self.stage, "idempotency_key": self.idempotency_key}
        yield Take(key_of("stage_run_key", self.idempotency_key), StageRunExists, details=about)
        yield Take(key_of(*_live(self.project_id, self.stage)), StageRunExists, details=about)


class Ended:
    """Events that end a run: the stage can be run again."""

    def claims(self, before: "StageRun", id: str) -> Iterable[Claim]:
        yield from releases(*_live(before.project_id, before.stage))


class StageRunStarted(Event, topic="stage_run.started"):
    """A worker started the run."""

    worker_id: str | None = None
    status: Literal["running"] = "running"


class StageRunSucceeded(Ended, Event, topic="stage_run.succeeded"):
    """The run completed; `outputs` are its results."""

    outputs: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)
    status: Literal["succeeded"] = "succeeded"


class StageRunFailed(Ended, Event, topic="stage_run.failed"):
    """The run failed; it may be retried."""

    error_summary: str
    status: Literal["failed"] = "failed"


class StageRunCancelled(Ended, Event, topic="stage_run.cancelled"):
    """The run was cancelled before it ended; it may be retried."""

    by: str | None = None
    status: Literal["cancelled"] = "cancelled"


class StageRunDeleted(Deleted, topic="stage_run.deleted"):
    """The run was deleted; its idempotency key is free again."""

    stage: str

    def claims(self, before: "StageRun", id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield from releases("stage_run_key", before.idempotency_key)
        yield from releases(*_live(before.project_id, before.stage))


class StageRunNotFound(NotFound):
    """There is no such stage run."""

    code = "STAGE_RUN_NOT_FOUND"


class StageRunExists(Refused):
    """A run of the stage {stage} was already requested: {holder}."""

    code = "DUPLICATE_REQUEST"


class StageRunInvalidTransition(InvalidTransition):
    """A stage run that is {state} does not accept {command}."""

    code = "STAGE_RUN_INVALID_TRANSITION"


AutomationLevel = Literal["fully_auto", "auto_notify", "human_approval", "manual"]
Provider = Literal["anthropic", "openai", "cli", "cursor"]
Trigger = Literal["user", "automation", "retry"]
Key = Annotated[str, Field(min_length=1, max_length=200)]
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

LIVE = ("queued", "running")


class StageRun(
    Aggregate, category="stage_run", prefix="run", not_found=StageRunNotFound, invalid=StageRunInvalidTransition
):
    """One run of a stage: queued, then running, then completed, failed or cancelled."""

    project_id: str
    workspace_id: str | None = None
    stage: str
    status: Status
    automation_level: str
    provider: str
    attempt: int
    idempotency_key: str
    worker_id: str | None = None
    metadata: dict[str, Any]

    def tags(self) -> dict[str, str | None]:
        return {"project": self.project_id, "workspace": self.workspace_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Project.exists(self.project_id)
        if self.workspace_id:
            yield Workspace.exists(self.workspace_id)

    def requires(self) -> Iterable[Claim]:
        """A finished run needs none."""
        return self.belongs_to() if self.status in LIVE else ()

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
        metadata: JsonObject | None = None,
    ) -> "New[StageRun]":
        """Queue a run of a stage. With an idempotency key, repeated requests queue one run.

        Raises:
            StageRunExists: DUPLICATE_REQUEST, when recorded: the key was used, or the stage is queued or running.
                Its `holder` names the stream of the earlier run.
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

    @command(when="queued", repeat="running")
    def start(self, *, worker_id: Id | None = None) -> list[Event]:
        """Report that a worker started it."""
        if self.status == "running" and worker_id == self.worker_id:
            return []
        return [StageRunStarted(worker_id=worker_id)]

    @command(when="running", unless="succeeded")
    def succeed(self, *, outputs: JsonObject | None = None, metadata: JsonObject | None = None) -> list[Event]:
        """Report that it completed. The metadata is merged into the run's."""
        return [StageRunSucceeded(outputs=outputs or {}, metadata=self.metadata | (metadata or {}))]

    @command(when="running", unless="failed")
    def fail(self, *, error_summary: Text) -> list[Event]:
        """Report that it failed; `retry` queues another attempt."""
        return [StageRunFailed(error_summary=error_summary)]

    @command(when=LIVE, unless="cancelled")
    def cancel(self, *, by: Key | None = None) -> list[Event]:
        """Cancel a run that is queued or running."""
        return [StageRunCancelled(by=by)]

    @command(when=("failed", "cancelled"))
    def retry(self) -> "New[StageRun]":
        """Queue the next attempt after a failed or cancelled run: a new run, at most one for each.

        Raises:
            StageRunExists: DUPLICATE_REQUEST, when recorded: it was retried, or the stage is queued or running again.
        """
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
        """Delete it, in any state."""
        return [StageRunDeleted(stage=self.stage)]
