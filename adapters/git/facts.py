"""The events of a commit: what is recorded of it, and what completes an earlier record."""

from dataclasses import dataclass

from workledger.adapters.git.commit_object import Commit
from workledger.adapters.git.known import Record
from workledger.adapters.importing import Report, digest, json_size
from workledger.adapters.redaction import Redact
from workledger.domain.commit import CommitCompleted, CommitRecord, CommitRecorded
from workledger.domain.kernel.mapping import format_timestamp
from workledger.domain.project import Project

ROOM = 240_000
"""Bytes of JSON that message and files have together in an event, and `FILES` those that files take of it at most."""

FILES = 100_000

PARENTS = 100
"""Parents of one commit that are kept."""


@dataclass(frozen=True)
class Facts:
    """Makes events of the commits of a project.

    Args:
        address: the page of the repository, or its folder: links to commits begin with it.
        keep_emails: keep the authors' e-mail addresses.
    """

    project: Project
    address: str
    redact: Redact
    report: Report
    keep_emails: bool

    def recorded(self, commit: Commit, files: tuple[str, ...] | None) -> CommitRecorded:
        named = self._named(files or ())
        message = self.report.fit(self._text(commit.message), ROOM - sum(map(json_size, named)))
        return CommitRecorded(
            commit_id=f"{CommitRecord.PREFIX}_{digest(self.project.id, commit.sha)}",
            project_id=self.project.id,
            workspace_id=self.project.workspace_id,
            commit_sha=commit.sha,
            commit_url=_url(self.address, commit.sha),
            message=message,
            files_changed=named,
            author_name=self._text(commit.author.name),
            author_email=self._text(commit.author.email) if self.keep_emails else None,
            authored_at=_authored_at(commit),
            parents=commit.parents[:PARENTS],
            files_known=files is not None,
        )

    def completed(self, commit: Commit, record: Record, files: tuple[str, ...] | None) -> CommitCompleted | None:
        """What is known now; None when that is nothing new. Files that a person named are left alone."""
        better = files is not None and (not record.files_known or (not record.dated and record.imported))
        if record.dated and not better:
            return None
        return CommitCompleted(
            commit_id=record.commit_id,
            authored_at=_authored_at(commit),
            parents=commit.parents[:PARENTS],
            files_changed=self._named(files or ()) if better else record.files,
            files_known=better or record.files_known,
        )

    def _named(self, files: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the files; of very many, the first ones and how many more there are."""
        named, room = list[str](), FILES
        for file in files:
            name = self._text(file)
            room -= json_size(name) + 1
            if room < 0:
                self.report.shortened += 1
                return (*named, f"… and {len(files) - len(named)} more")
            named.append(name)
        return tuple(named)

    def _text(self, value: str) -> str:
        return str(self.redact(value))


def _authored_at(commit: Commit) -> str:
    return format_timestamp(commit.author.at or commit.at)


def _url(address: str, sha: str) -> str:
    if not address.startswith("https://"):
        return f"{address}@{sha}"
    step = "/-/commit" if "gitlab" in address else "/commits" if "bitbucket" in address else "/commit"
    return f"{address}{step}/{sha}"
