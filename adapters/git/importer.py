"""The git importer: commits of a local repository, each recorded once, in the order of the history."""

import re
from datetime import datetime
from itertools import accumulate, islice
from pathlib import Path

from workledger.adapters.git.history import Commit, ask, commits
from workledger.adapters.importing import Batches, Fact, Progress, Report, cut, digest, ensure_project, silent
from workledger.adapters.redaction import Redact, redact
from workledger.domain.commit import CommitRecord, CommitRecorded
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated

MESSAGE = 30_000
"""Characters of a message that are kept, and `FILES` those of all the names of files together."""

FILES = 100_000

PAGE = 500
"""Commits looked up in the ledger at once."""

REMOTE = re.compile(
    r"""(?: (?:https?|ssh|git)://(?:[^/@]*@)?(?P<host>[^/:@]+)(?::\d+)?/ | (?:[^/@:]+@)?(?P<scp>[^/:@]+):(?!/) )
        (?P<path>[^?#]+?)(?:\.git)?/?""",
    re.VERBOSE,
)
"""The ways to write where a repository came from: as a URL, or host:path. Logins in it are not taken."""


def import_git(
    ledger: Ledger,
    repository: Path | str,
    *,
    project_id: str | None = None,
    ref: str = "HEAD",
    keep_emails: bool = False,
    redact: Redact = redact,
    progress: Progress = silent,
) -> Report:
    """Record the commits that lead to `ref` and are not recorded yet, each at its commit date, as the actor `import`.

    Args:
        project_id: a project that is there; otherwise one is made for the repository. Its id follows from the first
            commit, so that every clone is the same project.
        keep_emails: keep the authors' e-mail addresses, which are personal data.

    Raises:
        GitFailed: there is no repository, or no such ref in it.
        ProjectNotFound: there is no project with that id, or it was deleted.
    """
    path = Path(repository).expanduser().resolve()
    report = Report("git")
    total = _count(path, ref)
    if not total:
        return report
    with ledger.acting_as("import"):
        project = ledger.get(Project, project_id or _project(ledger, path, ref, redact, report))
        report.project_ids.add(project.id)
        batches = Batches(ledger, report)
        history, done = commits(path, ref), 0
        address = _address(path) or _text(path, redact)
        while page := list(islice(history, PAGE)):
            ids = {commit.sha: CommitRecord.id_of(project.id, commit.sha) for commit in page}
            known = ledger.existing(CommitRecord.stream(id) for id in ids.values())
            for commit in page:
                if CommitRecord.stream(ids[commit.sha]) not in known:
                    event = _event(commit, project, address, redact, keep_emails)
                    batches.add(Fact(CommitRecord, ids[commit.sha], 0, [event], commit.at, "commits"))
            done += len(page)
            report.left_out["commits recorded before"] += len(known)
            progress(done, total, f"commits of {project.name}")
        batches.flush()
    return report


def _count(path: Path, ref: str) -> int:
    counted = ask(path, "rev-list", "--count", "--end-of-options", ref, "--")
    if counted is None and (ref != "HEAD" or ask(path, "rev-parse", "--git-dir") is None):
        next(commits(path, ref))  # says why
    return int(counted or 0)


def _project(ledger: Ledger, path: Path, ref: str, redact: Redact, report: Report) -> str:
    roots = ask(path, "log", "--max-parents=0", "--format=%H %cI", "--end-of-options", ref, "--") or ""
    first, _, at = roots.splitlines()[-1].partition(" ")
    top = Path(ask(path, "rev-parse", "--show-toplevel") or path)
    created = ProjectCreated(
        name=_text(top.name.removesuffix(".git") or "repository", redact),
        repository_path=_text(top, redact),
        repository_url=_address(path),
        default_branch=ask(path, "symbolic-ref", "--short", "-q", "HEAD") or "main",
    )
    return ensure_project(
        ledger, f"{Project.PREFIX}_{digest(first)}", created, at=datetime.fromisoformat(at), report=report
    )


def _address(path: Path) -> str | None:
    """The page of the repository that `origin` was cloned from, when it is on a host."""
    remote = REMOTE.fullmatch(ask(path, "config", "--get", "remote.origin.url") or "")
    return remote and f"https://{remote['host'] or remote['scp']}/{remote['path']}"


def _url(address: str, sha: str) -> str:
    if not address.startswith("https://"):
        return f"{address}@{sha}"
    step = "/-/commit" if "gitlab" in address else "/commits" if "bitbucket" in address else "/commit"
    return f"{address}{step}/{sha}"


def _event(commit: Commit, project: Project, address: str, redact: Redact, keep_emails: bool) -> CommitRecorded:
    return CommitRecorded(
        commit_id=f"{CommitRecord.PREFIX}_{digest(project.id, commit.sha)}",
        project_id=project.id,
        workspace_id=project.workspace_id,
        commit_sha=commit.sha,
        commit_url=_url(address, commit.sha),
        message=cut(_text(commit.message, redact), MESSAGE),
        files_changed=tuple(_fitting([_text(file, redact) for file in commit.files])),
        author_name=_text(commit.author_name, redact),
        author_email=commit.author_email if keep_emails else None,
    )


def _fitting(files: list[str]) -> list[str]:
    """The names of the files; of very many, the first ones and how many more there are."""
    room = list(accumulate(len(file) for file in files))
    count = sum(size <= FILES for size in room)
    return files if count == len(files) else [*files[:count], f"… and {len(files) - count} more"]


def _text(value: object, redact: Redact) -> str:
    return str(redact(str(value)))
