"""Which project a repository belongs to: the one that its clones were imported into, or a new one."""

import orjson

from workledger.adapters.git.history import History
from workledger.adapters.importing import Report, digest, ensure_project
from workledger.adapters.redaction import Redact
from workledger.domain.commit import CommitRecord, CommitRecorded
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated

PAGE = 1_000


def project_of(ledger: Ledger, history: History, address: str | None, redact: Redact, report: Report) -> str:
    """The id of the project of a repository, which is made when there is none.

    The id of a new project follows from the first commit, so that all clones have the same one. A project with the
    same folder or address is taken as well, and one of a shallow clone, which has another first commit.
    One whose repository has another address is left alone: both may have begun as copies of one template.

    Raises:
        ProjectNotFound: the project was deleted.
    """
    assert history.first is not None
    top, origin = history.repository.top, f"{Project.PREFIX}_{digest(history.first)}"
    created = ProjectCreated(
        name=_text(top.name.removesuffix(".git") or "repository", redact),
        repository_path=_text(top, redact),
        repository_url=address,
        default_branch=_text(history.repository.branch or "main", redact),
    )
    if ledger.existing([Project.stream(origin)]):
        project = ledger.get(Project, origin)
        if not _elsewhere(project, created):
            return project.id
        report.notes.append(
            f"it began as {project.name} did ({project.id}), but its address is another, so it is a project of its own"
        )
        origin = f"{Project.PREFIX}_{digest(history.first, address or '')}"
    elif _holder(ledger, created) is None and (kin := _kin(ledger, history, created)):
        return kin
    return ensure_project(ledger, origin, created, at=history.commit(history.first).at, report=report)


def _elsewhere(project: Project, found: ProjectCreated) -> bool:
    """Whether the project's repository has another address, and is not the same folder with a new one."""
    addresses = {project.repository_url, found.repository_url} - {None}
    return len(addresses) > 1 and project.repository_path != found.repository_path


def _holder(ledger: Ledger, created: ProjectCreated) -> str | None:
    """The project that has the folder or the address."""
    keys = (f"project_path:{created.repository_path}", f"project_url:{created.repository_url}")
    return next((holder for key in keys for holder in ledger.holders(key)), None)


def _kin(ledger: Ledger, history: History, created: ProjectCreated) -> str | None:
    """The oldest project of a clone of this repository, when that clone or this one is shallow.

    A shallow one began at a commit that has parents in the other. Sharing commits alone says nothing: a repository may
    have taken in the history of another.
    """
    for id in _projects(ledger):
        project = ledger.find(Project, id)
        if project is None or _elsewhere(project, created):
            continue
        for row in ledger.read(0, 1, topics=(CommitRecorded.TOPIC,), tag=("project", id)):
            began = orjson.loads(row.data)["commit_sha"]
            ends = (CommitRecord.stream(CommitRecord.id_of(id, sha)) for sha in history.ends)
            if history.has_before(began) or (history.is_shallow and ledger.existing(ends)):
                return id
    return None


def _projects(ledger: Ledger) -> list[str]:
    after, ids = 0, list[str]()
    while rows := ledger.read(after, PAGE, topics=(ProjectCreated.TOPIC,)):
        ids += [row.stream_id.partition("-")[2] for row in rows]
        after = rows[-1].position
    return ids


def _text(value: object, redact: Redact) -> str:
    return str(redact(str(value)))
