"""A life of a proposal up to each of its states (domain.md 2.8), and arguments for each of its commands."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.proposal import ProposalAccepted, ProposalDismissed, ProposalSubmitted

submitted = ProposalSubmitted(
    agent_id="agt_1",
    initiative_id="ini_1",
    target_type="task",
    title="Write the parser",
    summary="It is missing.",
    content="Recursive descent.",
    metadata={"priority": "high"},
    sort_order=2,
)
accepted = ProposalAccepted(by="user:ann", created_id="tsk_1", change_set_id="chs_1")
dismissed = ProposalDismissed(by="user:ann", reason="Not now.")

LIVES: dict[str, tuple[Event, ...]] = {
    "pending": (submitted,),
    "accepted": (submitted, accepted),
    "dismissed": (submitted, dismissed),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {"accept": ({},), "dismiss": ({},), "delete": ({},)}
"""Arguments for each of its commands."""
