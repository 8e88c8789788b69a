"""Policies for changes that a review asked for: a task is made of them, in the phase or in a last phase of the
initiative (Codewalkers, domain.md 1.2 and 3.8)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from workledger.domain.initiative import Initiative, InitiativeChangesRequested
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.policy import Policy, Reaction, aggregate_ids_started_by
from workledger.domain.kernel.unit import Unit
from workledger.domain.phase import Phase
from workledger.domain.phase.claims import open_phase, review_task_of, tasks_of_phase
from workledger.domain.phase.events import PhaseChangesRequested, PhaseCreated
from workledger.domain.phase.refusals import ReviewTaskOpen
from workledger.domain.review_comment import ReviewComment, ReviewCommentAdded
from workledger.domain.task import Task

FINALIZATION = "Finalization"
"""The name of the phase in which changes of a whole initiative are made (Codewalkers)."""

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 5000


def _review_task(reaction: Reaction) -> None:
    reaction.decide(_of_phase, reaction)


def _of_phase(unit: Unit, reaction: Reaction) -> None:
    phase = unit.find(Phase, reaction.id)
    if phase is None or phase.state not in ("in_progress", "blocked") or reaction.event.task_id:
        return  # it was taken on since, or whoever asked has a task for it
    paragraphs = [_said(one) for one in _comments(unit, reaction)] or ["Changes were requested, without a comment."]
    _ask(unit, reaction.ledger, phase, f"Address the review of {phase.name}", paragraphs)


def _comments(unit: Unit, reaction: Reaction) -> list[ReviewComment]:
    """The comments that ask for the changes, each with the answers to it; all open ones when none are named."""
    added = aggregate_ids_started_by(reaction.ledger, ReviewCommentAdded, ("phase", reaction.id))
    found = {id: one for id in added if (one := unit.find(ReviewComment, id)) is not None}
    answers = defaultdict(list)
    for one in found.values():
        answers[one.parent_comment_id].append(one)
    named = reaction.event.comment_ids
    asking = {id for id, one in found.items() if (id in named if named else not one.resolved)}
    ordered: dict[str, ReviewComment] = {}
    ahead = [found[id] for id in reversed(found) if id in asking and found[id].parent_comment_id not in asking]
    while ahead:
        one = ahead.pop()
        ordered[one.id] = one
        ahead += reversed(answers[one.id])
    return [*ordered.values()]


def _said(comment: ReviewComment) -> str:
    place = f"{comment.file_path}:{comment.line_number} ({comment.line_type})"
    return f"{place}, {comment.author}: {comment.body}"


def _finalization(reaction: Reaction) -> None:
    reaction.decide(_of_initiative, reaction)


def _of_initiative(unit: Unit, reaction: Reaction) -> None:
    initiative = unit.find(Initiative, reaction.id)
    if initiative is None or initiative.status != "active" or reaction.event.task_id:
        return
    phase = _last_phase(unit, reaction, initiative)
    _ask(unit, reaction.ledger, phase, f"Address the review of {initiative.name}", [reaction.event.summary])


def _last_phase(unit: Unit, reaction: Reaction, initiative: Initiative) -> Phase:
    """The phase for the changes, in progress as far as it can be: the one that was named, the one there is, or a new
    one."""
    ids: Iterable[str] = aggregate_ids_started_by(reaction.ledger, PhaseCreated, ("initiative", initiative.id))
    named = reaction.event.phase_id
    phases = (unit.find(Phase, id) for id in ([named] if named else ids))
    phase = next((one for one in phases if one is not None and (named or one.name == FINALIZATION)), None)
    if phase is None:
        phase = unit.create(Phase.create(initiative_id=initiative.id, name=FINALIZATION))
    draft = unit.edit(Phase, phase.id)
    if phase.state == "completed":
        draft.reopen()
    if phase.state == "pending":
        draft.approve()
    if phase.state in ("pending", "approved", "queued") and _met(reaction.ledger, phase):
        draft.start()
    return unit.state(Phase, phase.id)


def _met(ledger: Ledger, phase: Phase) -> bool:
    return not any(ledger.holders(open_phase(one)) for one in phase.depends_on)


def _ask(unit: Unit, ledger: Ledger, phase: Phase, title: str, paragraphs: list[str]) -> None:
    """Put it into the open review task of the phase, or into a new one (X16)."""
    for stream in ledger.holders(review_task_of(phase.id)):
        task = unit.edit(Task, stream.partition("-")[2])
        task.change_details(description=_bounded([task.description or "", *paragraphs]))
        return
    about: dict[str, Any] = {"phase_id": phase.id, "project_id": _project(unit, ledger, phase)}
    new = Task.create(
        title=title[:LONGEST_TITLE], description=_bounded(paragraphs), category="review", priority="high", **about
    )
    unit.create(new)


def _project(unit: Unit, ledger: Ledger, phase: Phase) -> str | None:
    """The project in which the changes are made: that of all tasks of the phase, or the only one of its initiative."""
    ids = (stream.partition("-")[2] for stream in ledger.holders(tasks_of_phase(phase.id)))
    projects = {task.project_id for id in ids if (task := unit.find(Task, id)) is not None} - {None}
    if not projects:
        projects = set(unit.state(Initiative, phase.initiative_id).project_ids)
    return projects.pop() if len(projects) == 1 else None


def _bounded(paragraphs: list[str]) -> str:
    """The paragraphs as a description; what is too long is cut off, and a line says so."""
    text = "\n\n".join(filter(None, paragraphs))
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    more = "\n\n… and more, in the review."
    return text[: LONGEST_DESCRIPTION - len(more)] + more


REVIEW_TASK = Policy("review_task", (PhaseChangesRequested,), _review_task, retry_on=(ReviewTaskOpen,))
"""When changes of a phase are requested, a task of the category `review` is made of the comments; while it is open,
further requests are added to it."""

FINALIZE = Policy("finalization", (InitiativeChangesRequested,), _finalization, retry_on=(ReviewTaskOpen,))
"""When changes of an initiative are requested, a review task is made of them in its phase `Finalization`, which is
created when there is none, and reopened when it is completed."""
