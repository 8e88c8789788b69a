"""What happens to a stage run, as it is stored, and how one refuses (Elmer, DOMAIN.md 1.1, 2.11 and 3.4)."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from workledger.domain.claims import Claim, Free, Need, Take
from workledger.domain.kernel import Deleted, Event
from workledger.domain.refusals import NotFound, Refused


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
