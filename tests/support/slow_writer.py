"""A writer that has appended and not committed yet: its positions are drawn, and nobody sees its events."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import orjson
import psycopg

from workledger.adapters.postgres.append import STATEMENT, Append
from workledger.adapters.postgres.arrays import bigints
from workledger.domain.kernel.store import Conditions, Stored


class SlowWriter:
    """One open transaction."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    @property
    def pid(self) -> int:
        return self.connection.info.backend_pid

    def append(self, *events: Stored, **conditions: Any) -> list[int]:
        """The positions that were drawn."""
        return bigints(self._call(STATEMENT, events, conditions, binary=True))[1:]

    def blocks(self, *events: Stored, **conditions: Any) -> int:
        """How many blocks of tables and indexes an append looks at."""
        explain = b"explain (analyze, buffers, format json) " + STATEMENT
        [plan] = orjson.loads(self._call(explain, events, conditions, binary=False))
        return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])

    def commit(self) -> None:
        self.connection.commit()

    def roll_back(self) -> None:
        self.connection.rollback()

    def _call(self, statement: bytes, events: Sequence[Stored], conditions: dict[str, Any], *, binary: bool) -> bytes:
        self.connection.execute("select 1")  # begins the transaction
        parameters = Append(events, Conditions(**conditions)).parameters()
        formats = [1] * len(parameters)
        result = self.connection.pgconn.exec_params(statement, parameters, None, formats, int(binary))
        assert not result.error_message, result.error_message.decode()
        return result.get_value(0, 0) or b""


@contextmanager
def slow_writer(url: str) -> Iterator[SlowWriter]:
    """Rolled back at the end, unless it was committed."""
    connection = psycopg.connect(url)
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    try:
        yield SlowWriter(connection)
    finally:
        with suppress(psycopg.OperationalError):
            connection.rollback()  # closing alone would not wait for the server
        connection.close()


def in_line(url: str, count: int) -> list[int]:
    """The backends that stand in line for what others have locked, once there are so many."""
    with psycopg.connect(url, autocommit=True) as connection:
        waiting = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        give_up = time.monotonic() + 60
        while True:
            pids = [pid for (pid,) in connection.execute(waiting)]
            if len(pids) == count:
                return pids
            assert time.monotonic() < give_up, f"{len(pids)} stand in line, not {count}"
            time.sleep(0.005)


def drawn(url: str) -> int:
    """The last position that was drawn, used or not."""
    with psycopg.connect(url) as connection:
        [position] = connection.execute("select last_value from events_position_seq").fetchone() or [0]
    return int(position)


def end_sessions(url: str, pids: Sequence[int] | None = None) -> None:
    """End all the other sessions of the database, or these, as an administrator does."""
    with psycopg.connect(url, autocommit=True) as connection:
        others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        connection.execute(
            f"select pg_terminate_backend(pid, 10000) {others} and pid = any(coalesce(%s, array[pid]))", (pids,)
        )
