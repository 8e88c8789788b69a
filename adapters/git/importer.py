"""The git importer: commits of a local repository, each recorded once, in the order of the history."""

from pathlib import Path

from workledger.adapters.git.belonging import project_of
from workledger.adapters.git.commit_object import Commit
from workledger.adapters.git.facts import Facts
from workledger.adapters.git.history import History
from workledger.adapters.git.known import Record, records
from workledger.adapters.git.repository import Repository
from workledger.adapters.importing import Batches, Fact, Progress, Report, silent
from workledger.adapters.redaction import Redact, counted, redact
from workledger.domain.commit import CommitRecord
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.project import Project


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

    What was not known of a commit, as its files at the end of a shallow clone, is recorded when it is known.

    Args:
        project_id: a project that is there; otherwise that of the repository is taken or made (see belonging.py).
        ref: a branch, a tag, a commit, or a range of commits such as `main..side`.
        keep_emails: keep the authors' e-mail addresses, which are personal data.

    Raises:
        GitFailed: there is no repository, or no such ref in it.
        ProjectNotFound: there is no project with that id, or it was deleted.
    """
    path = Path(repository).expanduser().resolve()
    report, told = Report("git"), counted(redact)
    with History(Repository.at(path), ref) as history, ledger.acting_as("import"):
        for sha in history.unreadable:
            report.skip("commits that git cannot read", sha[:12])
        if history.shas:
            address = history.repository.address
            address = address and str(redact(address))
            project = ledger.get(Project, project_id or project_of(ledger, history, address, redact, report))
            report.project_ids.add(project.id)
            folder = str(redact(str(history.repository.top)))
            work = Import(ledger, history, Facts(project, address or folder, told, report, keep_emails))
            work.run(progress)
            if project_id is None and folder != project.repository_path and not (address and project.repository_url):
                work.compare()
    report.redacted = told.count
    return report


class Import:
    """Records the commits of a history in a project."""

    def __init__(self, ledger: Ledger, history: History, facts: Facts) -> None:
        self._ledger, self._history, self._facts = ledger, history, facts
        self._report, self._project = facts.report, facts.project
        self._batches = Batches(ledger, self._report)
        self._recorded = records(ledger, self._project.id)

    def run(self, progress: Progress) -> None:
        """Record what is new, and complete what was not known."""
        recorded, done = self._recorded, 0
        for page in self._history.pages():
            ids = {commit.sha: CommitRecord.id_of(self._project.id, commit.sha) for commit in page}
            streams = {sha: CommitRecord.stream(id) for sha, id in ids.items()}
            # Another import may have recorded some in the meantime.
            there = self._ledger.existing(stream for stream in streams.values() if stream not in recorded)
            for commit in page:
                if streams[commit.sha] not in there:
                    self._take(commit, ids[commit.sha], recorded.get(streams[commit.sha]))
            done += len(page)
            self._report.skip("commits recorded before", count=len(there))
            progress(done, len(self._history.shas), f"commits of {self._project.name}")
        self._batches.flush()

    def compare(self) -> None:
        """Say so when the project may be another one, which began as a copy of the same."""
        if not self._report.imported["commits"]:
            return
        if others := len(self._history.missing(record.sha for record in self._recorded.values())):
            self._report.notes.append(
                f"{self._project.name} ({self._project.id}) also has {others:,} commits of another copy: "
                "if this is a project of its own, import it with --project ID"
            )

    def _take(self, commit: Commit, id: str, record: Record | None) -> None:
        if record is not None and record.is_complete:
            self._report.skip("commits recorded before")
            return
        files = self._history.files(commit)
        if record is None:
            event = self._facts.recorded(commit, files)
            self._batches.add(Fact(CommitRecord, id, 0, [event], commit.at, "commits", commit.sha[:12]))
        elif (completion := self._facts.completed(commit, record, files)) is not None:
            what = "commits of which more is known now"
            self._batches.add(Fact(CommitRecord, id, record.version, [completion], commit.at, what, commit.sha[:12]))
        else:
            self._report.skip("commits recorded before")
        if commit.has_odd_dates:
            self._report.skip("dates or zones outside the calendar (clamped)", commit.sha[:12])
        if files is None:
            self._report.skip("files of commits that this clone does not have", commit.sha[:12])
