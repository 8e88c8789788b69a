"""The Claude Code importer: sessions from their transcripts, and later what was added to them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from workledger.adapters.claude_code.adoption import adopt
from workledger.adapters.claude_code.file_import import FileImport, Settings
from workledger.adapters.claude_code.files import Transcript, default_folder, transcripts
from workledger.adapters.claude_code.recording import LOST_RACES
from workledger.adapters.claude_code.sizes import OUTPUT, Sizes
from workledger.adapters.claude_code.walking import shown, unreadable
from workledger.adapters.claude_code.who import Who
from workledger.adapters.importing import Progress, Report, silent
from workledger.adapters.redaction import Redact, counted, redact
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused, Unavailable
from workledger.domain.project import Project

TRIES = 3
"""Of a file that is imported elsewhere at the same time."""


def import_claude_code(
    ledger: Ledger,
    source: Path | str | None = None,
    *,
    project_id: str | None = None,
    redact: Redact = redact,
    output_limit: int = OUTPUT,
    progress: Progress = silent,
    now: datetime | None = None,
) -> Report:
    """Record the sessions in Claude Code's transcripts that the ledger does not have yet, as the actor `import`.

    Every session becomes a session, an agent and a run of its own, and so does every sub-agent; their logs are the
    transcripts' lines, redacted. When a session goes on, the next import adds the rest. What cannot be read is left
    out and reported, and the rest is imported.

    Args:
        source: a transcript or a folder of them; where Claude Code keeps them, unless given.
        project_id: a project that is there; otherwise one is taken or made for the repository a session worked in.
        output_limit: characters that are kept of a tool's output.
        now: the time by which a session may still be running.

    Raises:
        OSError: there is no such file or folder.
        ProjectNotFound: there is no project with that id, or it was deleted.
    """
    path = Path(source).expanduser().resolve() if source is not None else default_folder()
    top = path if path.is_dir() else path.parent
    report = Report("claude_code")
    sessions = transcripts(path, lambda reason, place: report.skip(reason, _place(top, place)))
    if project_id is not None:
        ledger.get(Project, project_id)
    counting, sizes = counted(redact), Sizes(output_limit)
    settings = Settings(ledger, report, counting, redact, sizes, now or datetime.now(UTC), partial(_place, top))
    who = Who(ledger, report, redact, project_id)
    files = [(file, session) for session in sessions for file in session]
    done, total = 0, sum(file.size for file, _ in files)
    note = f"bytes of {len(sessions)} sessions"
    with ledger.acting_as("import"):
        adopt(ledger)
        for file, session in files:
            size = file.size
            _import(settings, who, file, session, partial(_further, progress, done, total, note))
            done += size
            progress(done, total, note)
    report.redacted, report.shortened = counting.count, sizes.count
    return report


def _import(
    settings: Settings, who: Who, file: Transcript, session: Sequence[Transcript], progress: Callable[[int], None]
) -> None:
    """Record what is new in a file; what stands in the way of it is counted."""
    place = settings.place(str(file.path))
    for left in reversed(range(TRIES)):
        try:
            FileImport(settings, who, file, session, progress).run()
        except LOST_RACES as lost:
            if not left:
                settings.report.skip(f"files refused with {lost.code}", place)
        except Unavailable:
            raise  # the same would happen to every other file
        except Refused as refused:
            settings.report.skip(f"files refused with {refused.code}", place)
            return
        except OSError as error:
            settings.report.skip(unreadable(error), place)
            return
        else:
            return


def _further(progress: Progress, done: int, total: int, note: str, more: int) -> None:
    progress(done + more, total, note)


def _place(top: Path, path: str) -> str:
    """A path as the report names it."""
    return shown(Path(path).relative_to(top) if Path(path).is_relative_to(top) else path)
