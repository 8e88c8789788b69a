"""How a task refuses a command (domain.md 5.2)."""

from workledger.domain.kernel.refusals import InvalidTransition, LimitReached, NotFound, Refused


class TaskNotFound(NotFound):
    """There is no such task."""

    code = "TASK_NOT_FOUND"


class TaskAlreadyAssigned(Refused):
    """This task is already assigned to an agent, or a run of it is live."""

    code = "TASK_ALREADY_ASSIGNED"


class TaskBlockedByDependency(Refused):
    """A task that this one depends on is not done yet."""

    code = "TASK_BLOCKED_BY_DEPENDENCY"


class QueueFull(LimitReached):
    """The queue of this project is full: {limit} tasks."""

    code = "QUEUE_FULL"


class TaskOfAnotherProject(Refused):
    """This task belongs to the project {project_id}; a run of it belongs there too."""

    code = "TASK_OF_ANOTHER_PROJECT"


class TaskInvalidTransition(InvalidTransition):
    """A task that is {state} does not accept {command}."""

    code = "TASK_INVALID_TRANSITION"
    status = 400


class TaskPositionConflict(Refused):
    """The cards around that position have moved; read the board again."""

    code = "TASK_POSITION_CONFLICT"


class TaskNoDiff(Refused):
    """There is no diff to review."""

    code = "TASK_NO_DIFF"
    status = 400


class TaskAlreadyApproved(InvalidTransition):
    """This task is already approved."""

    code = "TASK_ALREADY_APPROVED"


class TaskNotWaitingApproval(InvalidTransition):
    """This task is not waiting for approval."""

    code = "TASK_NOT_WAITING_APPROVAL"
    status = 400
