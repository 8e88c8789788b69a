"""What there is to do: the title of a task and why, from a kind of work and a part of a project."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from workledger.adapters.simulation.chance import Chance
from workledger.adapters.simulation.texts.places import Part, Place

Kind = Literal["fix", "feature", "test", "refactor", "speed", "docs", "research"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LIKELY: tuple[Kind, ...] = ("fix",) * 7 + ("feature",) * 8 + ("test",) * 3 + ("refactor",) * 3 + KINDS

SYMPTOMS = {
    "a race": "Two requests at the same moment both pass the check, and the second one wins.",
    "a wrong total": "The sum differs by a cent from what the customer was charged.",
    "a timeout": "It takes more than thirty seconds for the ten largest accounts.",
    "an off-by-one error": "The last page repeats the first row of the one before.",
    "a memory leak": "The process grows by about 40 MB an hour until it is restarted.",
    "a flaky test": "It fails once in about fifteen runs, always on the slower runner.",
    "stale data": "After an update the old value is shown until the cache expires.",
    "a double submission": "A second click within half a second is sent as well.",
    "the wrong time zone": "Everything after 22:00 is counted for the next day.",
    "a crash on empty input": "An empty list is not handled; support has seen it twice this week.",
    "lost updates": "When two people save, the first change is gone without a word.",
    "a misleading error": "The message says that access was denied, but the record is missing.",
}

KINDS_OF_TESTS = ("property-based tests", "contract tests", "tests of the error paths", "an end-to-end test")
SPLITS = (
    "Split {part} into reading and writing",
    "Move {part} to the new client",
    "Take the clock out of {part}",
    "Remove the dead flags from {part}",
    "Give {part} one place for its settings",
)
SPEEDS = ("Make {part} twice as fast", "Cache the slow lookup in {part}", "Ask the database once in {part}")
DOCS = ("Document {part}", "Write a runbook for {part}", "Draw how {part} fits in")
QUESTIONS = (
    "Find out why {part} is slow on Mondays",
    "Compare two designs for {part}",
    "Check what still uses the old {part}",
)

LABELS: dict[Kind, str] = {
    "fix": "bug",
    "feature": "feature",
    "test": "tests",
    "refactor": "cleanup",
    "speed": "performance",
    "docs": "docs",
    "research": "research",
}


@dataclass(frozen=True)
class Job:
    kind: Kind
    part: Part
    title: str
    why: str

    @property
    def metadata(self) -> dict[str, Any]:
        """What a task keeps of it, so that whoever takes the task knows what it is about."""
        return {"simulated": True, "kind": self.kind, "part": self.part.noun}


def new_job(chance: Chance, place: Place, taken: set[str]) -> Job:
    """Something to do that has not been done before; once everything has, it comes round again."""
    for _ in range(40):
        job = _job(chance, chance.pick(LIKELY), place)
        if job.title not in taken:
            return job
    again = chance.between(2, 99)
    return Job(job.kind, job.part, f"{job.title}, part {again}", job.why)


def job_of(place: Place, title: str, why: str | None, metadata: dict[str, Any], chance: Chance) -> Job:
    """The job that a task stands for; one that a person made is taken for a feature of some part."""
    kind: Kind = next((one for one in KINDS if one == metadata.get("kind")), "feature")
    part = next((one for one in place.parts if one.noun == metadata.get("part")), None)
    return Job(kind, part or chance.pick(place.parts), title, why or "")


def _job(chance: Chance, kind: Kind, place: Place) -> Job:
    part = chance.pick(place.parts)
    match kind:
        case "fix":
            symptom = chance.pick(tuple(SYMPTOMS))
            return Job(kind, part, f"Fix {symptom} in {part.name}", SYMPTOMS[symptom])
        case "feature":
            feature = chance.pick(place.features)
            return Job(
                kind, part, f"Add {feature} to {part.name}", f"Asked for by {chance.pick(place.people).title()}."
            )
        case "test":
            tests = chance.pick(KINDS_OF_TESTS)
            return Job(kind, part, f"Cover {part.name} with {tests}", f"`{part.test}` misses what broke last month.")
        case "refactor":
            why = f"`{part.source}` has become hard to change; behaviour stays as it is."
            return Job(kind, part, chance.pick(SPLITS).format(part=part.name), why)
        case "speed":
            why = f"p95 is at {chance.between(700, 2400)} ms; the goal is 300 ms."
            return Job(kind, part, chance.pick(SPEEDS).format(part=part.name), why)
        case "docs":
            return Job(kind, part, chance.pick(DOCS).format(part=part.name), "New people ask the same three questions.")
    return Job(kind, part, chance.pick(QUESTIONS).format(part=part.name), "Only findings; nothing is changed.")
