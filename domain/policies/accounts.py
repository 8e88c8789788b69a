"""The policy that gives runs another account when their provider's limit is reached (Codewalkers, domain.md 3.8)."""

from workledger.domain.account import Account
from workledger.domain.account.account import present
from workledger.domain.account.events import AccountAllExhausted
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunFailed, AgentRunPaused, AgentRunResumed
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.accounts import replace_exhausted

LIMIT = "provider_limit"


def _react(reaction: Reaction) -> None:
    if isinstance(reaction.event, AgentRunResumed):
        reaction.decide(_switch, reaction.id)
        return
    # The account that it had then: it may have been given another one since.
    run = reaction.ledger.find_any(AgentRun, reaction.id, reaction.past.version)
    if run is not None and run.account_id:
        reaction.decide(_mark, run.account_id, reaction.event.retry_at)


def _mark(unit: Unit, account_id: str, retry_at: str | None) -> None:
    """Mark the account exhausted, unless its limit is over by now, or was reported with a later end."""
    at = present()
    account = unit.find(Account, account_id)
    if account is None or (retry_at is not None and retry_at <= at):
        return
    until = account.exhausted_until
    if not account.available(at) and (until is None or retry_at is None or retry_at <= until):
        return
    unit.edit(Account, account_id).mark_exhausted(until=None if retry_at is None else parse_timestamp(retry_at))


def _switch(unit: Unit, run_id: str) -> None:
    run = unit.find(AgentRun, run_id)
    if run is not None and run.status == "running":
        replace_exhausted(unit, run_id)


def _is_limit(past: Recorded) -> bool:
    match past.event:
        case AgentRunFailed(cause=cause):
            return cause == LIMIT
        case AgentRunPaused(reason=reason):
            return reason == LIMIT
    return True


SWITCH_EXHAUSTED_ACCOUNT = Policy(
    "switch_exhausted_account",
    (AgentRunFailed, AgentRunPaused, AgentRunResumed),
    _react,
    when=_is_limit,
    retry_on=(AccountAllExhausted,),
)
"""The account of a run that fails or pauses because of a limit of its provider is exhausted. A run that goes on gets
the next account when its own is exhausted: at once by `resume_run`, and by this policy whatever it was resumed with. A
retry is a new run, which gets the next account when it starts."""
