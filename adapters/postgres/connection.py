"""A connection to PostgreSQL that runs one statement at a time, parameters and results in the binary protocol."""

import select
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.types.string import ByteaBinaryLoader

UNPREPARED = ("26000", "42P05")
"""SQLSTATEs that a pooler gives for prepared statements when it does not keep track of them."""
TOO_STRICT = "WL003"
"""The append function's SQLSTATE for a transaction that is stricter than read committed."""


class ConnectionLost(Exception):
    """The connection broke while a statement was under way: whether it was executed is unknown.

    Attributes:
        name: the connection's `application_name`, by which the server knows it.
    """

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


class StatementRefused(Exception):
    """The server refused the statement and executed nothing of it.

    Attributes:
        state: the SQLSTATE.
    """

    def __init__(self, state: str, message: str, detail: str) -> None:
        super().__init__(message)
        self.state, self.message, self.detail = state, message, detail

    @property
    def error(self) -> psycopg.Error:
        """The exception that psycopg would have raised."""
        try:
            return psycopg.errors.lookup(self.state)(self.message)
        except KeyError:  # a SQLSTATE that somebody made up, in a trigger perhaps
            return psycopg.DatabaseError(self.message)


@dataclass
class Capabilities:
    """How statements can be sent to the server of a pool; learnt from what it refuses.

    Attributes:
        prepare: prepared statements work; False behind a pooler that does not keep track of them.
        set_isolation: each statement needs a transaction that says read committed, since the default is stricter.
        server: the start time of the server that the last connection led to, which identifies it.
    """

    prepare: bool = True
    set_isolation: bool = False
    server: str = ""


class _Loaders:
    """The driver's own loaders, whatever loaders the connection's owner has registered on it."""

    def __init__(self) -> None:
        self.connection = None
        self.adapters = AdaptersMap(psycopg.adapters)
        self.adapters.register_loader("json", ByteaBinaryLoader)


class Connection:
    """A connection of psycopg, used below its cursors: no adapter and no row factory of its owner takes part.

    Args:
        driver: in autocommit mode, unless its owner has begun a transaction on it.
        capabilities: shared by the connections of a pool. None where a transaction is open that is its owner's: every
            statement is sent once, and as it is.
    """

    def __init__(self, driver: psycopg.Connection[Any], capabilities: Capabilities | None) -> None:
        self.driver, self._pgconn = driver, driver.pgconn
        self._capabilities, self._prepared = capabilities, set[bytes]()
        self._name = driver.info.parameter_status("application_name") or ""
        self._loading = Transformer(_Loaders())

    def call(self, statement: bytes, parameters: Sequence[bytes | None]) -> bytes | None:
        """The single value that a statement returns, or None when it returns no row.

        Raises:
            ConnectionLost: the connection broke before the result came.
            StatementRefused: the server refused it.
        """
        result = self._result(statement, parameters)
        return result.get_value(0, 0) if result.ntuples else None

    def rows(self, query: bytes, parameters: Sequence[bytes | None], *, text: bool = False) -> list[tuple[Any, ...]]:
        """The rows of a query; JSON in them is bytes. Other threads may run while they are fetched.

        Args:
            text: the parameters are in PostgreSQL's text format, not in the binary one.

        Raises:
            ConnectionLost: the connection broke before the result came.
            StatementRefused: the server refused it.
        """
        result = self._result(query, parameters, 0 if text else 1)
        self._loading.set_pgresult(result)
        return self._loading.load_rows(0, result.ntuples, tuple)

    def script(self, statements: bytes) -> Any:
        """Run statements without parameters in one round trip; the result of the last one.

        Raises:
            ConnectionLost: the connection broke before the result came.
            StatementRefused: the server refused one of them.
        """
        try:
            return self._run(statements)
        except psycopg.OperationalError as error:
            raise ConnectionLost(str(error), self._name) from None

    @property
    def ended(self) -> bool:
        """Something has come while it was idle, which is what a server says when it ends a connection."""
        return _is_readable(self._pgconn.socket)

    @property
    def idle(self) -> bool:
        """It is intact and in no transaction."""
        return self._pgconn.transaction_status == TransactionStatus.IDLE

    def _result(self, statement: bytes, parameters: Sequence[bytes | None], format: int = 1) -> Any:
        learnt = self._capabilities
        prepare, set_isolation = (learnt.prepare, learnt.set_isolation) if learnt else (False, False)
        try:
            return (self._isolated if set_isolation else self._execute)(statement, parameters, format, prepare)
        except psycopg.OperationalError as error:
            raise ConnectionLost(str(error), self._name) from None
        except StatementRefused as refused:
            if learnt and prepare and refused.state in UNPREPARED:
                learnt.prepare = False
            elif learnt and refused.state == TOO_STRICT and not set_isolation:
                learnt.set_isolation = True
            else:
                raise
        return self._result(statement, parameters, format)

    def _isolated(self, statement: bytes, parameters: Sequence[bytes | None], format: int, prepare: bool) -> Any:
        self._run(b"begin isolation level read committed")
        try:
            result = self._execute(statement, parameters, format, prepare)
        except StatementRefused:
            self._run(b"rollback")
            raise
        self._run(b"commit")
        return result

    def _execute(self, statement: bytes, parameters: Sequence[bytes | None], format: int, prepare: bool) -> Any:
        formats = [format] * len(parameters)
        if not prepare:
            return self._checked(self._pgconn.exec_params(statement, parameters, None, formats, 1))
        name = b"w%x" % (hash(statement) & 0xFFFFFFFF)
        if name not in self._prepared:
            self._checked(self._pgconn.prepare(name, statement))
            self._prepared.add(name)
        return self._checked(self._pgconn.exec_prepared(name, parameters, formats, 1))  # type: ignore[arg-type]

    def _run(self, statements: bytes) -> Any:
        return self._checked(self._pgconn.exec_(statements))

    def _checked(self, result: Any) -> Any:
        if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            return result
        state, message, detail = (
            (result.error_field(field) or b"").decode(errors="replace")
            for field in (DiagnosticField.SQLSTATE, DiagnosticField.MESSAGE_PRIMARY, DiagnosticField.MESSAGE_DETAIL)
        )
        # A pooler reports a server that it has lost as an error on a connection that stays open.
        answered = self._pgconn.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INERROR)
        if not answered or not state or state.startswith(("57P", "08")):
            raise ConnectionLost(message or result.error_message.decode(errors="replace").strip(), self._name)
        raise StatementRefused(state, message, detail)


def _is_readable(socket: int) -> bool:
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(socket, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([socket], [], [], 0)[0])  # Windows
