"""`workledger import`: commits of a git repository, sessions of Claude Code, issues of beads, all of Codewalkers."""

from pathlib import Path
from typing import Annotated

import typer

from workledger.adapters.beads.importer import import_beads
from workledger.adapters.beads.source import BeadsFailed
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.adapters.codewalkers.database import CodewalkersFailed
from workledger.adapters.codewalkers.importer import import_codewalkers
from workledger.adapters.git.importer import import_git
from workledger.adapters.git.repository import GitFailed
from workledger.api.commandline.console import print_line
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import RESUME, interruptible
from workledger.api.commandline.options import AppName, Database
from workledger.api.commandline.progress import bars
from workledger.api.commandline.project import catch_up
from workledger.domain.kernel.refusals import Refused

app = typer.Typer(help="Import history; what was imported before is skipped.")

OfProject = Annotated[
    str | None, typer.Option("--project", metavar="ID", help="Import into this project, which must exist.")
]


class RepositoryUnreadable(Refused):
    """Git cannot read the repository: {reason}"""

    code = "GIT_FAILED"


class BeadsUnreadable(Refused):
    """The issues of beads cannot be read: {reason}"""

    code = "BEADS_FAILED"


class CodewalkersUnreadable(Refused):
    """The database of Codewalkers cannot be read: {reason}"""

    code = "CODEWALKERS_FAILED"


@app.command("git")
def git(
    repository: Annotated[Path, typer.Argument(exists=True, help="A local repository.")] = Path(),
    db: Database = None,
    app: AppName = None,
    project: OfProject = None,
    ref: Annotated[
        str, typer.Option(help="Import the commits that lead to this ref, or a range such as main..side.")
    ] = "HEAD",
    keep_emails: Annotated[bool, typer.Option("--keep-emails", help="Store the authors' e-mail addresses.")] = False,
) -> None:
    """Import the commits of a git repository into a project."""
    with open_ledger(db, app, create=True) as ledger, interruptible(RESUME):
        try:
            with bars() as progress:
                report = import_git(
                    ledger, repository, project_id=project, ref=ref, keep_emails=keep_emails, progress=progress
                )
                catch_up(ledger, progress)
        except GitFailed as failed:
            raise RepositoryUnreadable(reason=failed) from None
    print_line(str(report))


@app.command("claude-code")
def claude_code(
    sessions: Annotated[
        Path | None,
        typer.Argument(exists=True, help="A transcript, or a folder of them. Default: those of this machine."),
    ] = None,
    db: Database = None,
    app: AppName = None,
    project: OfProject = None,
) -> None:
    """Import sessions of Claude Code."""
    with open_ledger(db, app, create=True) as ledger, interruptible(RESUME), bars() as progress:
        report = import_claude_code(ledger, sessions, project_id=project, progress=progress)
        catch_up(ledger, progress)
    print_line(str(report))


@app.command("beads")
def beads(
    source: Annotated[
        Path,
        typer.Argument(exists=True, help="An issues.jsonl file, a folder .beads, or a folder that contains one."),
    ] = Path(),
    db: Database = None,
    app: AppName = None,
    project: OfProject = None,
    export: Annotated[
        bool, typer.Option("--export", help="Have `bd export` tell the issues; newer beads keep them in a database.")
    ] = False,
) -> None:
    """Import the issues of a beads export as tasks."""
    with open_ledger(db, app, create=True) as ledger, interruptible(RESUME):
        try:
            with bars() as progress:
                report = import_beads(ledger, source, project_id=project, export=export, progress=progress)
                catch_up(ledger, progress)
        except BeadsFailed as failed:
            raise BeadsUnreadable(reason=failed) from None
    print_line(str(report))


@app.command("codewalkers")
def codewalkers(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Its SQLite file, which may be in use.")],
    db: Database = None,
    app: AppName = None,
) -> None:
    """Import the database of Codewalkers: initiatives, phases, tasks, agents, their logs, and what was said."""
    with open_ledger(db, app, create=True) as ledger, interruptible(RESUME):
        try:
            with bars() as progress:
                report = import_codewalkers(ledger, source, progress=progress)
                catch_up(ledger, progress)
        except CodewalkersFailed as failed:
            raise CodewalkersUnreadable(reason=failed) from None
    print_line(str(report))
