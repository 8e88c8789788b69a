"""What an agent says and does in a turn, and what its tools answer."""

from dataclasses import dataclass, field
from typing import Any

from workledger.adapters.simulation.chance import Chance
from workledger.adapters.simulation.tempo import Tempo
from workledger.adapters.simulation.texts import code
from workledger.adapters.simulation.texts.jobs import Job
from workledger.adapters.simulation.texts.places import Place
from workledger.domain.task.dispatch import BlockReason

EXPLORE, CHANGE, CHECK = "explore", "change", "check"

SAYINGS = {
    EXPLORE: (
        "Before I change anything I'll look at how {part} works today.",
        "Let me find out who calls this.",
        "There is a test for it already; I'll read that first.",
        "The entry point is `{source}`. Reading it now.",
        "I want to see the last few changes to this file.",
        "Two places build the same thing here. I'll check which one is used.",
    ),
    CHANGE: (
        "I have seen enough. The smallest change is in `{source}`.",
        "Now the same change where it is called from.",
        "This keeps the old behaviour for callers that pass nothing.",
        "I'll add a test that fails without the change.",
        "The name was misleading, so I rename it while I am here.",
        "One edge case is left: an empty list.",
    ),
    CHECK: (
        "Running the tests of this part.",
        "Now the linter, then the tests again.",
        "One more look at the whole diff.",
        "The test that failed before passes now. Running the rest.",
        "I'll check that nothing else used the old name.",
    ),
}
AFTER_FAILURE = (
    "That failed: the fixture still uses the old shape. I'll fix the fixture.",
    "One test fails, and it is right: I had forgotten the second caller.",
    "The failure is real. Looking at the values it got.",
)
THOUGHTS = (
    "The guard runs before the lock is taken, so two callers can both pass it. Moving the read inside the transaction "
    "is enough; no new lock is needed.",
    "I could change the signature, but {part} is called from four places. A keyword with a default is safer.",
    "The slow part is not the query but that it runs once for each row. Asking once for all of them should do.",
    "If I sort by time alone, equal times come in any order, which explains why the test is flaky.",
)
QUESTIONS = (
    ("Should the old endpoint keep working for a while?", ("Yes, one release", "No, remove it", "Behind a flag")),
    ("Two places define the limit. Which one is right?", ("The one in settings", "The one in the code")),
    ("The change needs a migration. May I add one?", ("Yes", "No, find another way")),
    ("A test expects the wrong total. Shall I correct the test?", ("Yes, correct it", "Leave it, open a task")),
)
CRASHES = (
    ("exited with code 137: out of memory while indexing the repository", 137, "OutOfMemory"),
    ("the connection to the model was reset after three attempts", 1, "ConnectionReset"),
    ("exited with code 1: the context is longer than the model takes", 1, "ContextTooLong"),
    ("exited with signal 11 in the search tool", 139, "Segfault"),
)
OBSTACLES: tuple[tuple[BlockReason, str], ...] = (
    ("merge_conflict", "`{source}` was changed on main in the same lines."),
    ("manual", "The staging database has to be restored before this can be tested."),
)
REJECTIONS = (
    ("The error path is not tested.", "Please add a test that fails when the call times out."),
    ("This changes behaviour for existing callers.", "Keep the old default, and make the new one opt-in."),
    ("The name hides what it does.", "Call it by what it returns; and one function is enough."),
    ("A migration is missing.", "Rows that are there already have no value in the new column."),
)
PRAISE = ("Clear, thank you.", "Good catch with the second caller.", "Nice and small.", None, None)


@dataclass(frozen=True)
class Call:
    """A tool call, and what comes of it; a denied one comes to nothing."""

    tool: str
    input: dict[str, Any]
    output: str
    failed: bool = False
    id: str = ""


@dataclass(frozen=True)
class Turn:
    says: str
    thinks: str | None
    calls: list[Call] = field(default_factory=list)


def new_turn(chance: Chance, tempo: Tempo, place: Place, job: Job, progress: float, failed_before: bool) -> Turn:
    """A turn that fits how far the work has come: first the agent explores, then it changes, then it checks.

    Args:
        progress: from 0 to 1.
    """
    phase = EXPLORE if progress < 0.35 else CHANGE if progress < 0.75 else CHECK
    if job.kind == "research" and phase == CHANGE:
        phase = EXPLORE
    words = {"part": job.part.name, "source": job.part.source}
    says = chance.pick(AFTER_FAILURE if failed_before else SAYINGS[phase]).format(**words)
    thinks = chance.pick(THOUGHTS).format(**words) if chance.happens(0.25) else None
    calls = [_call(chance, tempo, place, job, phase) for _ in range(min(chance.count(tempo.calls), 8))]
    return Turn(says, thinks, calls)


def _call(chance: Chance, tempo: Tempo, place: Place, job: Job, phase: str) -> Call:
    id = f"toolu_{chance.hex(24)}"
    if chance.happens(0.01):
        url = f"https://docs.example.com/{job.part.noun}"
        return Call("WebFetch", {"url": url, "prompt": f"How is {job.part.name} meant to work?"}, "", id=id)
    make = chance.pick(_TOOLS[phase])
    tool, input, output, failed = make(chance, tempo, place, job)
    return Call(tool, input, output, failed, id)


Made = tuple[str, dict[str, Any], str, bool]


def _read(chance: Chance, tempo: Tempo, place: Place, job: Job) -> Made:
    path = chance.pick((job.part.source, job.part.test, chance.pick(place.parts).source))
    size = min(int(chance.of(tempo.output)), 100_000)
    return "Read", {"file_path": path}, code.source(chance, job.part, place.language, size), False


def _grep(chance: Chance, tempo: Tempo, place: Place, job: Job) -> Made:
    pattern = chance.pick((job.part.noun, f"{chance.pick(code.VERBS)}_{job.part.noun}", "TODO|FIXME"))
    return (
        "Grep",
        {"pattern": pattern, "output_mode": "content", "-n": True},
        code.found(chance, job.part, place.language),
        False,
    )


def _glob(chance: Chance, tempo: Tempo, place: Place, job: Job) -> Made:
    folder = job.part.source.rpartition("/")[0]
    paths = [one.source for one in chance.some(place.parts, 5)]
    return "Glob", {"pattern": f"{folder}/**/*"}, "\n".join(paths), False


def _edit(chance: Chance, tempo: Tempo, place: Place, job: Job) -> Made:
    before, after = code.change(chance, job.part, place.language)
    input = {"file_path": job.part.source, "old_string": before, "new_string": after}
    if chance.happens(0.04):
        return "Edit", input, "String to replace not found in file.", True
    return "Edit", input, f"The file {job.part.source} has been updated.", False


def _test(chance: Chance, tempo: Tempo, place: Place, job: Job) -> Made:
    command = place.check.format(test=job.part.test)
    passed, seconds = chance.between(4, 48), chance.between(3, 190) / 10
    if chance.happens(0.2):
        output = f"{passed} passed, 1 failed in {seconds} s\n{job.part.test}: expected 3, got {chance.between(4, 9)}"
        return "Bash", {"command": command, "description": f"Test {job.part.name}"}, output, True
    return (
        "Bash",
        {"command": command, "description": f"Test {job.part.name}"},
        f"{passed} passed in {seconds} s",
        False,
    )


def _lint(chance: Chance, tempo: Tempo, place: Place, job: Job) -> Made:
    return "Bash", {"command": place.lint, "description": "Lint"}, "All checks passed.", False


def _diff(chance: Chance, tempo: Tempo, place: Place, job: Job) -> Made:
    added, removed = chance.between(3, 80), chance.between(0, 30)
    output = f" {job.part.source} | {added + removed}\n 1 file changed, {added} insertions(+), {removed} deletions(-)"
    return "Bash", {"command": "git diff --stat", "description": "Show what changed"}, output, False


def _log(chance: Chance, tempo: Tempo, place: Place, job: Job) -> Made:
    lines = [f"{chance.hex(7)} {chance.pick(('Fix', 'Tidy', 'Extend', 'Test'))} {job.part.name}" for _ in range(3)]
    command = f"git log --oneline -3 -- {job.part.source}"
    return "Bash", {"command": command, "description": "Show recent changes"}, "\n".join(lines), False


_TOOLS = {
    EXPLORE: (_read, _read, _read, _grep, _grep, _glob, _log),
    CHANGE: (_edit, _edit, _edit, _edit, _read, _test),
    CHECK: (_test, _test, _lint, _diff, _grep),
}
