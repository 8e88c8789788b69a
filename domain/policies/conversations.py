"""The policy that wakes the agent that another one asks (Codewalkers, domain.md 3.8)."""

from typing import Any

from workledger.domain.account.events import AccountAllExhausted
from workledger.domain.agent import Agent, ConcurrencyLimitExceeded
from workledger.domain.agent_run import AgentRun
from workledger.domain.conversation import Conversation, ConversationAsked
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.runs import resume_run, start_run

CONTINUED = ("project_id", "mode", "model", "worktree_path", "worktree_id")
"""What the next run of an agent has in common with the one that it continues."""


def _wake(reaction: Reaction) -> None:
    reaction.decide(_answer, reaction)


def _answer(unit: Unit, reaction: Reaction) -> None:
    """Have the agent answer, unless it is at work: then it finds the question itself."""
    conversation = unit.find(Conversation, reaction.id)
    agent = unit.find(Agent, reaction.event.to_agent_id)
    if conversation is None or conversation.status != "pending" or agent is None or agent.latest_run_id is None:
        return
    run = unit.find(AgentRun, agent.latest_run_id)
    if run is None:
        return
    if run.status == "waiting_for_input":
        resume_run(unit, run.id, new_process=bool(run.exited), feedback=reaction.event.question)
    elif run.status == "completed" and run.provider_session_id:
        start_run(unit, agent_id=agent.id, prompt=reaction.event.question, **_continued(unit, reaction.ledger, run))


def _continued(unit: Unit, ledger: Ledger, run: AgentRun) -> dict[str, Any]:
    """What the next run continues of a run: all but its task, which is finished, and what is gone since."""
    first: Any = ledger.history(AgentRun, run.id)[0].event
    initiative_id = first.initiative_id if first.initiative_id and unit.find(Initiative, first.initiative_id) else None
    return {name: getattr(first, name) for name in CONTINUED} | {"initiative_id": initiative_id}


CONVERSATION_WAKE_UP = Policy(
    "conversation_wake_up", (ConversationAsked,), _wake, retry_on=(AccountAllExhausted, ConcurrencyLimitExceeded)
)
"""An agent that is asked while it waits for input is resumed with the question; one that is idle, as its latest run is
completed, goes on in another run, whose prompt is the question. One that runs is left, and so is one that is paused,
has failed or was stopped: a person decides when it goes on."""
