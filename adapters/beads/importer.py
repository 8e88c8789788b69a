"""The beads importer: tasks from the issues of a JSONL export, and later what has changed in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import orjson

from workledger.adapters.beads.changes import SOURCE
from workledger.adapters.beads.issues import Issue, issues
from workledger.adapters.beads.source import Export, told_by
from workledger.adapters.beads.task_ids import TaskIds
from workledger.adapters.beads.timeline import STALE, Timeline
from workledger.adapters.importing import Batches, Fact, Progress, Report, digest, ensure_project, silent
from workledger.adapters.redaction import Redact, redact
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated

NAME = 100
"""Characters of a project's name that are kept."""

PAGE = 1_000


def import_beads(
    ledger: Ledger,
    source: Path | str,
    *,
    project_id: str | None = None,
    export: bool = False,
    redact: Redact = redact,
    progress: Progress = silent,
) -> Report:
    """Record the issues of a beads export as tasks with the same ids, at their own times, as the actor `import`.

    An issue that has not changed since the last import changes nothing, so what was done to its task here stays. Its
    changes are recorded, unless they are older than those imported before; its status only if that is among them.

    Args:
        source: the JSONL file, a folder `.beads`, or the folder that it is in.
        project_id: a project that is there; otherwise the one for the folder around `.beads`, or else for the
            prefix of the ids, is taken or made.
        export: have `bd export` tell the issues, which newer releases of beads keep in a database.

    Raises:
        OSError: there is no such file.
        BeadsFailed: `bd export` failed, or there is only a database.
        ProjectNotFound: there is no project with that id, or it was deleted.
    """
    told = told_by(Path(source).expanduser().resolve(), export=export)
    report = Report("beads")
    if told.outdated:
        report.notes.append(told.outdated)
    exported = issues(told.data, told.name, redact, report)
    if not exported:
        return report
    with ledger.acting_as("import"):
        project = ledger.get(Project, project_id or _project(ledger, told, exported, redact, report)).id
        report.project_ids.add(project)
        ids = TaskIds(ledger, project)
        named = ids.named(exported)
        _note_other_ids(report, named, ids.tasks)
        timeline = Timeline(named, ids.tasks, _histories(ledger), project, datetime.now(UTC), report)
        for id in timeline.read:
            report.include(named[id].told)
        steps = timeline.steps()
        batches = Batches(ledger, report)
        versions = {id: task.version for id, task in ids.tasks.items()}
        for done, step in enumerate(steps, 1):
            after = versions.get(step.task_id, 0)
            versions[step.task_id] = after + len(step.events)
            place = named[step.task_id].place
            batches.add(Fact(Task, step.task_id, after, step.events, step.at, step.what, place))
            if done % 100 == 0 or done == len(steps):
                progress(done, len(steps), f"changes of {len(exported)} issues")
        batches.flush()
        if STALE not in report.left_out:
            for id in _vanished(ledger, project, named):
                report.skip("issues that are in this export no more (their tasks stay)", id)
    return report


def _project(ledger: Ledger, told: Export, exported: Mapping[str, Issue], redact: Redact, report: Report) -> str:
    prefix = next(iter(exported)).rpartition("-")[0] or Path(told.name).stem
    created = ProjectCreated(
        name=str(redact(told.home.name if told.home else prefix))[:NAME],
        repository_path=str(redact(str(told.home))) if told.home else None,
    )
    at = min((issue.created_at for issue in exported.values() if issue.created_at), default=None)
    id = f"{Project.PREFIX}_{digest('beads', str(told.home or prefix))}"
    return ensure_project(ledger, id, created, at=at, report=report)


def _note_other_ids(report: Report, named: Mapping[str, Issue], there: Mapping[str, Task]) -> None:
    others = [issue for id, issue in named.items() if "id" in issue.rest and id not in there]
    if others:
        first = others[0]
        report.notes.append(
            f"{len(others):,} of the tasks have other ids than their issues, as other tasks have those "
            f"(first: {first.rest['id']} is {first.id})"
        )


def _vanished(ledger: Ledger, project_id: str, named: Mapping[str, Issue]) -> Iterable[str]:
    """The tasks of the project that were issues, and are not in this export."""
    for id in _imported(ledger, project_id):
        if id not in named and ledger.find(Task, id) is not None:
            yield id


def _imported(ledger: Ledger, project_id: str) -> Iterator[str]:
    after = 0
    while rows := ledger.read(after, PAGE, topics=(TaskCreated.TOPIC,), tag=("project", project_id)):
        for row in rows:
            if SOURCE in orjson.loads(row.data)["metadata"]:
                yield row.stream_id.partition("-")[2]
        after = rows[-1].position


def _histories(ledger: Ledger) -> Callable[[str], list[Event]]:
    return cache(lambda task_id: [past.event for past in ledger.history(Task, task_id)])
