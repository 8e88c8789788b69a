"""Assembling the context of a target: a task, today."""

from collections.abc import Callable, Mapping

from workledger.projections.context.budget import fit
from workledger.projections.context.entries import Context, Count, Sources, estimate
from workledger.projections.context.of_task import of_task
from workledger.projections.engine.tables import ReadTables

BUDGET = 15_000
"""Tokens, unless another budget is given (Workshop, domain.md 1.5)."""

TARGETS: Mapping[str, Callable[[ReadTables, str], Sources | None]] = {"task": of_task}
"""What makes a context for each kind of target; None when there is no target of that id."""


def assemble_context(
    tables: ReadTables, id: str, budget: int = BUDGET, *, kind: str = "task", tokens: Count = estimate
) -> Context | None:
    """What an agent is told before it begins (Workshop's three tiers, domain.md 3.8); None when there is no target.

    - `persistent_context`: the pages of the task's initiative, from the root down, and the content of its phase;
    - `summaries`: of the tasks it depends on, in the order in which they were completed (C17);
    - `messages`: of its chat, in their order.

    What should be there and is not is named by a `missing` entry. When all is more than the budget, the oldest
    messages are left out first, then the oldest summaries, and a `left_out` entry says so. Pages are never left out:
    `over_budget` is true when they alone are too much.

    Args:
        id: of the target.
        budget: tokens.
        kind: of the target, one of TARGETS.
        tokens: counts the tokens of a text. It should not give more for two texts together than for each.

    Raises:
        KeyError: no context is known for that kind of target.
    """
    sources = TARGETS[kind](tables, id)
    return None if sources is None else fit(kind, id, sources, budget, tokens)
