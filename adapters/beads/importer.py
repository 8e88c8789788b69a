"""The beads importer: tasks from the issues of a JSONL export, and later what has changed in them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from workledger.adapters.beads.issues import Issue, issues
from workledger.adapters.beads.timeline import Timeline
from workledger.adapters.importing import Batches, Fact, Progress, Report, digest, ensure_project, silent
from workledger.adapters.redaction import Redact, redact
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated
from workledger.domain.task import Task


def import_beads(
    ledger: Ledger,
    source: Path | str,
    *,
    project_id: str | None = None,
    redact: Redact = redact,
    progress: Progress = silent,
) -> Report:
    """Record the issues of a beads export as tasks with the same ids, at their own times, as the actor `import`.

    An issue that has not changed since the last import changes nothing, so what was done to its task here stays. Its
    changes are recorded; its status only if that is among them.

    Args:
        source: the JSONL file, or a folder with `.beads/issues.jsonl`.
        project_id: a project that is there; otherwise the one for the folder around `.beads`, or else for the
            prefix of the ids, is taken or made.

    Raises:
        OSError: there is no such file.
        ProjectNotFound: there is no project with that id, or it was deleted.
    """
    path = Path(source).expanduser().resolve()
    path = path / ".beads" / "issues.jsonl" if path.is_dir() else path
    report = Report("beads")
    exported, left_out = issues(path.read_bytes(), redact)
    report.left_out += left_out
    if not exported:
        return report
    with ledger.acting_as("import"):
        project = project_id or _project(ledger, path, exported, redact, report)
        report.project_ids.add(ledger.get(Project, project).id)
        tasks = _tasks(ledger, exported.values())
        timeline = Timeline(exported, tasks, _histories(ledger), project, datetime.now(UTC))
        steps = timeline.steps()
        report.left_out += timeline.left_out
        batches = Batches(ledger, report)
        versions = {id: task.version for id, task in tasks.items()}
        for done, step in enumerate(steps, 1):
            after = versions.get(step.task_id, 0)
            versions[step.task_id] = after + len(step.events)
            batches.add(Fact(Task, step.task_id, after, step.events, step.at, step.what))
            if done % 100 == 0 or done == len(steps):
                progress(done, len(steps), f"changes of {len(exported)} issues")
        batches.flush()
    return report


def _project(ledger: Ledger, path: Path, exported: Mapping[str, Issue], redact: Redact, report: Report) -> str:
    home = path.parent.parent if path.parent.name == ".beads" else None
    prefix = next(iter(exported)).rpartition("-")[0] or path.stem
    created = ProjectCreated(
        name=str(redact(home.name if home else prefix)), repository_path=str(redact(str(home))) if home else None
    )
    at = min((issue.created_at for issue in exported.values() if issue.created_at), default=None)
    return ensure_project(
        ledger, f"{Project.PREFIX}_{digest('beads', str(home or prefix))}", created, at=at, report=report
    )


def _tasks(ledger: Ledger, exported: Iterable[Issue]) -> dict[str, Task]:
    ids = {id for issue in exported for id in (issue.id, *(one.on for one in issue.dependencies))}
    there = ledger.existing(Task.stream(id) for id in ids)
    tasks = {id: ledger.find_any(Task, id) for id in ids if Task.stream(id) in there}
    return {id: task for id, task in tasks.items() if task is not None}


def _histories(ledger: Ledger) -> Callable[[str], list[Event]]:
    return cache(lambda task_id: [past.event for past in ledger.history(Task, task_id)])
