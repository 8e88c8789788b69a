"""The policies that come with workledger: reactions to events, by commands."""

from workledger.domain.kernel.policy import Policy
from workledger.domain.policies.accounts import SWITCH_EXHAUSTED_ACCOUNT
from workledger.domain.policies.conversations import CONVERSATION_WAKE_UP
from workledger.domain.policies.deletes import CASCADE_PROJECT
from workledger.domain.policies.dependents import UNBLOCK_DEPENDENTS
from workledger.domain.policies.dispatching import DISPATCH_NEXT, QUEUE_AGAIN
from workledger.domain.policies.finishing import COMPLETE_ON_STOP, complete_on_stop
from workledger.domain.policies.phase_dispatch import QUEUE_TASKS, START_PHASES, UNBLOCK_PHASES
from workledger.domain.policies.phases import PHASE_COMPLETION, Merged, phase_completion
from workledger.domain.policies.reviews import FINALIZE, REVIEW_TASK
from workledger.domain.policies.run_ends import BLOCK_ON_SPAWN_FAILURE, RETRY_ON_CRASH

POLICIES: tuple[Policy, ...] = (
    RETRY_ON_CRASH,
    BLOCK_ON_SPAWN_FAILURE,
    COMPLETE_ON_STOP,
    UNBLOCK_DEPENDENTS,
    QUEUE_AGAIN,
    CASCADE_PROJECT,
    UNBLOCK_PHASES,
    PHASE_COMPLETION,
    REVIEW_TASK,
    FINALIZE,
    CONVERSATION_WAKE_UP,
    SWITCH_EXHAUSTED_ACCOUNT,
)
"""Policies that continue work that a user or an app has started."""

DISPATCHING: tuple[Policy, ...] = (START_PHASES, QUEUE_TASKS, DISPATCH_NEXT)
"""Policies that start work, so they must be asked for: queued phases, their tasks, and the runs of agents."""

__all__ = [
    "BLOCK_ON_SPAWN_FAILURE",
    "CASCADE_PROJECT",
    "COMPLETE_ON_STOP",
    "CONVERSATION_WAKE_UP",
    "DISPATCHING",
    "DISPATCH_NEXT",
    "FINALIZE",
    "PHASE_COMPLETION",
    "POLICIES",
    "QUEUE_AGAIN",
    "QUEUE_TASKS",
    "RETRY_ON_CRASH",
    "REVIEW_TASK",
    "START_PHASES",
    "SWITCH_EXHAUSTED_ACCOUNT",
    "UNBLOCK_DEPENDENTS",
    "UNBLOCK_PHASES",
    "Merged",
    "Policy",
    "complete_on_stop",
    "phase_completion",
]
