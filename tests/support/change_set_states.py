"""A life of a change set up to each of its states, and arguments for each of its commands."""

from typing import Any

from workledger.domain.change_set import ChangeSetApplied, ChangeSetReverted, Entry
from workledger.domain.kernel.aggregate import Event

renamed = Entry(
    action="update",
    target_type="page",
    target_id="pag_1",
    title="Parser",
    version_before=1,
    version_after=2,
    fields=("title",),
)
named_back = renamed.model_copy(update={"title": "Lexer", "version_before": 2, "version_after": 3})

applied = ChangeSetApplied(initiative_id="ini_1", agent_id="agt_1", summary="Names.", entries=(renamed,))
reverted = ChangeSetReverted(by="user:ann", entries=(named_back,))

LIVES: dict[str, tuple[Event, ...]] = {"applied": (applied,), "reverted": (applied, reverted)}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {"revert": ({"entries": (named_back,)},), "delete": ({},)}
"""Arguments for each of its commands."""
