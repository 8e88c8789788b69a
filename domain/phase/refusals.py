"""How a phase refuses a command (domain.md 5.2)."""

from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused


class PhaseNotFound(NotFound):
    """There is no such phase."""

    code = "PHASE_NOT_FOUND"


class PhaseOfAnotherInitiative(Refused):
    """The phase {phase_id} does not belong to the initiative {initiative_id}."""

    code = "PHASE_OF_ANOTHER_INITIATIVE"


class PhaseDependenciesUnmet(Refused):
    """A phase that this one depends on is not completed yet."""

    code = "PHASE_DEPENDENCIES_UNMET"


class PhaseTasksOpen(Refused):
    """A task of this phase is not done yet: {holder}."""

    code = "PHASE_TASKS_OPEN"


class PhaseReviewRequired(Refused):
    """The phases of this initiative are reviewed before they are merged."""

    code = "PHASE_REVIEW_REQUIRED"


class PhaseInvalidTransition(InvalidTransition):
    """A phase that is {state} does not accept {command}."""

    code = "PHASE_INVALID_TRANSITION"


class ReviewTaskOpen(Refused):
    """The phase {phase_id} has an open review task: {holder}."""

    code = "REVIEW_TASK_OPEN"


class ReviewCommentNotFound(NotFound):
    """There is no such review comment on that phase."""

    code = "REVIEW_COMMENT_NOT_FOUND"
