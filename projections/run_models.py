"""What each run used of each model: turns and tokens, as a run may change its model."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from workledger.domain.agent_run.events import AgentTurnCompleted, AgentTurnCorrected
from workledger.domain.kernel.store import Scanned
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.narrowing import optional
from workledger.projections.engine.rules import Count, Kind, References
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Change, Fold, Table
from workledger.projections.engine.tables import ReadTables

COUNTS = {
    "token_input_count": "tokens_in",
    "token_output_count": "tokens_out",
    "cache_token_count": "cache_tokens",
    "cache_read_token_count": "cache_read_tokens",
    "cache_write_token_count": "cache_write_tokens",
}
"""The column and the field of a turn that it sums up."""


def _used(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    """A turn that names no model counts for the run's own (see `totals`)."""
    tokens = {column: data[field] for column, field in COUNTS.items() if data[field]}
    yield Change((row.stream_id.partition("-")[2], data["model"] or ""), add=tokens)


def _completed(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    for change in _used(row, data, tags):
        yield Change(change.key, add={**change.add, "turn_count": 1})


class RunModelRow(TableRow):
    """What a run used of a model. The model is empty for turns that do not say it."""

    agent_run_id: Annotated[str, References("agent_runs", "cascade")]
    model: str
    turn_count: Annotated[int, Count()]
    token_input_count: Annotated[int, Count()]
    token_output_count: Annotated[int, Count()]
    cache_token_count: Annotated[int, Count()]
    cache_read_token_count: Annotated[int, Count()]
    cache_write_token_count: Annotated[int, Count()]


class RunModels(Table, row=RunModelRow, name="run_models", key=("agent_run_id", "model"), revision=1):
    """Turns and tokens by run and model."""

    FOLDS: ClassVar[dict[Kind, Fold]] = {AgentTurnCompleted: _completed, AgentTurnCorrected: _used}


class ModelTotal(TableRow):
    """What was used of a model.

    Cache tokens are those read and written, in all; how many of each is said only of turns whose source tells it.
    """

    model: str | None
    run_count: int
    turn_count: int
    token_input_count: int
    token_output_count: int
    cache_token_count: int
    cache_read_token_count: int
    cache_write_token_count: int


_MODEL = sa.func.coalesce(sa.func.nullif(RunModels.c.model, ""), AgentRuns.c.model).label("model")
TOTALS = Statement(
    sa.select(
        _MODEL,
        sa.func.count(RunModels.c.agent_run_id.distinct()).label("run_count"),
        *(sa.cast(sa.func.sum(RunModels.c[name]), sa.BigInteger).label(name) for name in ("turn_count", *COUNTS)),
    )
    .join_from(RunModels.table, AgentRuns.table, RunModels.c.agent_run_id == AgentRuns.c.id)
    .group_by(_MODEL)
    .order_by(sa.desc("token_output_count"), "model"),
    ModelTotal,
    optional(AgentRuns.c.project_id),
    optional(RunModels.c.agent_run_id),
)


def totals(tables: ReadTables, *, project_id: str | None = None, agent_run_id: str | None = None) -> list[ModelTotal]:
    """Turns and tokens by model, most output first: of one run, of a project's runs, or of all.

    Turns that do not say their model, as those of earlier releases, count for the model of their run.
    """
    return tables.run(TOTALS, project_id=project_id, agent_run_id=agent_run_id)
