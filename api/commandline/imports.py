"""`workledger import`: the history of a repository, sessions of Claude Code, and issues of beads."""

from pathlib import Path
from typing import Annotated

import typer

from workledger.adapters.beads.importer import import_beads
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.adapters.git.history import GitFailed
from workledger.adapters.git.importer import import_git
from workledger.api.commandline.console import bars, interruptible, print_line
from workledger.api.commandline.database import AppName, Database, opened
from workledger.api.commandline.tables import catch_up
from workledger.domain.kernel.refusals import Refused

app = typer.Typer(help="Record what happened elsewhere; what is recorded already is left out.")
AGAIN = "Interrupted; run it again and it goes on where it was."

OfProject = Annotated[str | None, typer.Option("--project", metavar="ID", help="A project that is there.")]


class GitSaysNo(Refused):
    """Git cannot read it: {reason}"""

    code = "GIT_FAILED"


@app.command("git")
def git(
    repository: Annotated[Path, typer.Argument(exists=True, help="A local repository.")] = Path(),
    db: Database = None,
    app: AppName = None,
    project: OfProject = None,
    ref: Annotated[str, typer.Option(help="Commits that lead here.")] = "HEAD",
    keep_emails: Annotated[bool, typer.Option("--keep-emails", help="Keep authors' e-mail addresses.")] = False,
) -> None:
    """Record the commits of a git repository as a project's."""
    with opened(db, app) as ledger, interruptible(AGAIN):
        try:
            with bars() as progress:
                report = import_git(
                    ledger, repository, project_id=project, ref=ref, keep_emails=keep_emails, progress=progress
                )
                catch_up(ledger, progress)
        except GitFailed as failed:
            raise GitSaysNo(reason=failed) from None
    print_line(str(report))


@app.command("claude-code")
def claude_code(
    sessions: Annotated[
        Path | None, typer.Argument(exists=True, help="A transcript or a folder of them; else this machine's.")
    ] = None,
    db: Database = None,
    app: AppName = None,
    project: OfProject = None,
) -> None:
    """Record the sessions of Claude Code."""
    with opened(db, app) as ledger, interruptible(AGAIN), bars() as progress:
        report = import_claude_code(ledger, sessions, project_id=project, progress=progress)
        catch_up(ledger, progress)
    print_line(str(report))


@app.command("beads")
def beads(
    source: Annotated[
        Path, typer.Argument(exists=True, help="An issues.jsonl, or a folder with .beads in it.")
    ] = Path(),
    db: Database = None,
    app: AppName = None,
    project: OfProject = None,
) -> None:
    """Record the issues of a beads export as tasks."""
    with opened(db, app) as ledger, interruptible(AGAIN), bars() as progress:
        report = import_beads(ledger, source, project_id=project, progress=progress)
        catch_up(ledger, progress)
    print_line(str(report))
