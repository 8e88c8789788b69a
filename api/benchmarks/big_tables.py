"""Big tables: read tables filled in the database itself, as large as those of a busy house, for queries to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from workledger.adapters.bootstrap import Workledger
from workledger.api.benchmarks import workload
from workledger.api.benchmarks.chunks import AT
from workledger.api.benchmarks.indexes import set_aside
from workledger.api.benchmarks.setting import SEED
from workledger.domain.agent_log import AgentLogChunkAppended
from workledger.projections.agent_logs import AgentLogChunks
from workledger.projections.commits import ProjectCommits
from workledger.projections.engine.table import Table
from workledger.projections.engine.types import COLUMN_TYPES, MomentType
from workledger.projections.stage_runs import StageRuns
from workledger.projections.task_dependencies import TaskDependencies
from workledger.projections.tasks import Tasks

PROJECT_TASKS = 200
"""Tasks of a project; of project 0, which is big, a twentieth of all."""

SESSION, AT_ONCE = 1_000, 20
"""Chunks of a session, and how many are written to at once."""

FILLERS = {
    str: "'some words that are as long as a title'",
    int: "0",
    bool: "false",
    float: "0",
    dict: "'{}'",
    list: "'[]'",
}
TENTH = "(n + n / 20) % 10"
COLUMN = f"""case when {TENTH} < 6 then 'verified' when {TENTH} < 8 then 'backlog' when {TENTH} = 8 then 'in_progress'
else 'waiting_approval' end"""
STATUS = f"case when {TENTH} < 6 then 'completed' when {TENTH} < 8 then 'pending' else 'in_progress' end"
LONG = "'" + "What is to be done, why, and how one will know that it is. " * 5 + "'"


@dataclass(frozen=True)
class Sizes:
    """For `commits` commits: a tenth as many tasks, and twice as many chunks."""

    commits: int

    @property
    def tasks(self) -> int:
        return max(self.commits // 10, PROJECT_TASKS)

    @property
    def chunks(self) -> int:
        return self.commits * 2

    @property
    def projects(self) -> int:
        return max(self.tasks // PROJECT_TASKS, 1)

    @property
    def sessions(self) -> int:
        return max(self.chunks // SESSION, AT_ONCE)


def fill(ledger: Workledger, sizes: Sizes) -> None:
    """Fill the tables that the board, the history and the log are read from."""
    ordinary = max(sizes.projects - 1, 1)
    project = f"'prj_' || case when n % 20 = 0 then 0 else n / 20 % {ordinary} + 1 end"
    stage_runs = max(sizes.commits // 100, 1)
    session = f"n / {AT_ONCE * SESSION} * {AT_ONCE} + n % {AT_ONCE}"
    with ledger.tables.engine.connect() as connection:
        tables = _Filling(connection)
        tables.insert(
            Tasks,
            sizes.tasks,
            {"id": "'tsk_' || n", "project_id": project, "board_column": COLUMN, "status": STATUS}
            | {"rank": "'a' || (n * 7919 % 1000003)", "description": LONG},
        )
        edge = {"task_id": "'tsk_' || (n * 7)", "depends_on_task_id": f"'tsk_' || ((n * 7 + 20) % {sizes.tasks})"}
        tables.insert(TaskDependencies, sizes.tasks // 7, edge)
        tables.insert(StageRuns, stage_runs, {"id": "'stg_' || n", "idempotency_key": "'key_' || n"})
        tables.insert(
            ProjectCommits,
            sizes.commits,
            {"id": "'com_' || n", "project_id": f"'prj_' || (n % {sizes.projects})", "commit_sha": "'c0ffee' || n"}
            | {"stage_run_id": f"case when n % 10 = 0 then 'stg_' || (n / 10 % {stage_runs}) end"}
            | {"message": LONG, "files_changed": """'["src/till.py", "tests/test_till.py", "docs/till.md"]'"""},
        )
        seq = f"n / {AT_ONCE} % {SESSION} + 1"
        chunk = {"agent_id": f"'agt_' || ({session})", "session_number": "1", "seq": seq, "content": "n + 1"}
        tables.insert(AgentLogChunks, sizes.chunks, chunk | {"bytes": "2048"})
        tables.append_chunks(sizes.chunks, f"'agent_log-agt_' || ({session}) || ':1'", seq)


class _Filling:
    def __init__(self, connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        self._driver = driver
        self._postgres = connection.dialect.name == "postgresql"
        if self._postgres:
            driver.rollback()
            driver.autocommit = True

    def append_chunks(self, count: int, stream: str, version: str) -> None:
        """So many events with what agents wrote."""
        texts = workload.chunks(SEED)
        self._keep([orjson.dumps({"content": text}).decode() for text in texts])
        json, jsonb = ("::json", "::jsonb") if self._postgres else ("", "")
        values = {"position": "n + 1", "stream_id": stream, "version": version, "data": f"text{json}"}
        values |= {"topic": f"'{AgentLogChunkAppended.TOPIC}'", "schema_version": "1", "at": f"'{AT}'"}
        values |= {"actor": "'agent'", "event_id": "'evt_' || n", "tags": f"'{{}}'{jsonb}"}
        source = f"{self._numbers(count)} join bench_texts on k = n % {len(texts)}"
        self._insert("events", values, source)

    def insert(self, table: type[Table], count: int, values: Mapping[str, str]) -> None:
        """So many rows; `n` is the number of one. What is not given is a filler."""
        wanted = {
            name: values.get(name) or self._filler(table, name)
            for name, column in table.COLUMNS.items()
            if name in values or not column.nullable
        }
        self._insert(table.NAME, wanted, self._numbers(count))

    def _insert(self, table: str, values: Mapping[str, str], source: str) -> None:
        chosen = f"select {', '.join(values.values())} from {source}"  # noqa: S608
        with set_aside(self._driver, table):
            self._driver.execute(f'insert into "{table}" ({", ".join(values)}) {chosen}')

    def _numbers(self, count: int) -> str:
        if self._postgres:
            return f"generate_series(0, {count - 1}) as numbers(n)"
        steps = f"select 0 union all select n + 1 from numbers where n < {count - 1}"  # noqa: S608
        return f"(with recursive numbers(n) as ({steps}) select n from numbers)"  # noqa: S608

    def _filler(self, table: type[Table], name: str) -> str:
        kind = table.COLUMNS[name].type
        if isinstance(kind, MomentType):
            seconds = "1767225600 + n * 60"
            return (
                f"to_timestamp({seconds})"
                if self._postgres
                else f"strftime('%Y-%m-%dT%H:%M:%fZ', {seconds}, 'unixepoch')"
            )
        if name in ("last_position", "version"):
            return "n + 1"
        known = (one for one, known in COLUMN_TYPES.items() if type(known) is type(kind) and one is not datetime)
        return FILLERS.get(next(known, int), "0")

    def _keep(self, texts: list[str]) -> None:
        mark = "%s, %s" if self._postgres else "?, ?"
        self._driver.execute("create table bench_texts (k int primary key, text text)")
        self._driver.cursor().executemany(f"insert into bench_texts values ({mark})", list(enumerate(texts)))  # noqa: S608
