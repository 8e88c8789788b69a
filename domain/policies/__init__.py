"""The policies that come with workledger: reactions to events, by commands."""

from workledger.domain.kernel.policy import Policy
from workledger.domain.policies.accounts import SWITCH_EXHAUSTED_ACCOUNT
from workledger.domain.policies.conversations import CONVERSATION_WAKE_UP
from workledger.domain.policies.deletes import CASCADE_PROJECT
from workledger.domain.policies.dependents import UNBLOCK_DEPENDENTS
from workledger.domain.policies.dispatching import DISPATCH_NEXT, QUEUE_AGAIN
from workledger.domain.policies.finishing import COMPLETE_ON_STOP, complete_on_stop
from workledger.domain.policies.run_ends import BLOCK_ON_SPAWN_FAILURE, RETRY_ON_CRASH

POLICIES: tuple[Policy, ...] = (
    RETRY_ON_CRASH,
    BLOCK_ON_SPAWN_FAILURE,
    COMPLETE_ON_STOP,
    UNBLOCK_DEPENDENTS,
    QUEUE_AGAIN,
    CASCADE_PROJECT,
    SWITCH_EXHAUSTED_ACCOUNT,
    CONVERSATION_WAKE_UP,
)
"""Policies that continue work that a user or an app has started. DISPATCH_NEXT starts work, so it must be asked for."""

__all__ = [
    "BLOCK_ON_SPAWN_FAILURE",
    "CASCADE_PROJECT",
    "COMPLETE_ON_STOP",
    "CONVERSATION_WAKE_UP",
    "DISPATCH_NEXT",
    "POLICIES",
    "QUEUE_AGAIN",
    "RETRY_ON_CRASH",
    "SWITCH_EXHAUSTED_ACCOUNT",
    "UNBLOCK_DEPENDENTS",
    "Policy",
    "complete_on_stop",
]
