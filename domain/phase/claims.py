"""The keys that phases, their tasks and their review comments hold (domain.md 3.3)."""

from workledger.domain.kernel.claims import Require, Vacancy, existence, key_of
from workledger.domain.phase.refusals import (
    PhaseDependenciesUnmet,
    PhaseOfAnotherInitiative,
    PhaseTasksOpen,
    ReviewCommentNotFound,
)


def open_phase(phase_id: str) -> str:
    """The key that a phase holds until it is completed: phases that depend on it cannot start while it is held."""
    return key_of("phase_open", phase_id)


def dependents_of(phase_id: str) -> str:
    """The key that the phases that depend on a phase hold: when it is completed, they may start."""
    return key_of("dependents_of_phase", phase_id)


def place_in(initiative_id: str, phase_id: str) -> str:
    """The key that a phase of that initiative holds."""
    return key_of("phase_of", initiative_id, phase_id)


def belonging_to(initiative_id: str, phase_id: str) -> Require:
    """The claim that the phase is one of the initiative."""
    about = {"initiative_id": initiative_id, "phase_id": phase_id}
    return Require(place_in(initiative_id, phase_id), PhaseOfAnotherInitiative, details=about)


def tasks_of_phase(phase_id: str) -> str:
    """The key that the tasks of a phase hold: they are deleted with it."""
    return key_of("tasks_of_phase", phase_id)


def open_tasks_of(phase_id: str) -> str:
    """The key that the tasks of a phase hold that are neither done nor dropped: it is not completed before."""
    return key_of("open_tasks_of", phase_id)


def review_task_of(phase_id: str) -> str:
    """The key that the open review task of a phase holds (X16)."""
    return key_of("review_task", phase_id)


def comment_on(phase_id: str, comment_id: str) -> str:
    """The key that a review comment on that phase holds."""
    return key_of("comment_on", phase_id, comment_id)


def is_completed(phase_id: str) -> Vacancy:
    """The claim that a phase which another depends on is completed."""
    return Vacancy(open_phase(phase_id), PhaseDependenciesUnmet, capacity=1, details={"depends_on_phase_id": phase_id})


def all_tasks_done(phase_id: str) -> Vacancy:
    """The claim that no task of the phase is open."""
    return Vacancy(open_tasks_of(phase_id), PhaseTasksOpen, capacity=1, details={"phase_id": phase_id})


def commented(phase_id: str, comment_id: str) -> tuple[Require, Require]:
    """The claims that there is such a review comment, and that it is one on that phase."""
    about = {"phase_id": phase_id, "id": comment_id}
    return (
        Require(existence("review_comment", comment_id), ReviewCommentNotFound, details=about),
        Require(comment_on(phase_id, comment_id), ReviewCommentNotFound, details=about),
    )
