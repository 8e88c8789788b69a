"""Lines to PostgreSQL for calls of one statement each: taken, used, and put back, or dropped when they broke."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.types.string import ByteaBinaryLoader

UNPREPARED = ("26000", "42P05")
"""What a pooler between us and the server makes of prepared statements that it does not follow."""
TOO_STRICT = "WL003"
"""Transactions are stricter here than read committed, unless they say otherwise."""


class Lost(Exception):
    """The line broke while the server had our statement: nobody knows whether it was carried out.

    `line` is what the server knows the line by.
    """

    def __init__(self, message: str, line: str) -> None:
        super().__init__(message)
        self.line = line


class Failed(Exception):
    """The server refused the statement, and nothing of it was done."""

    def __init__(self, state: str, message: str, detail: str) -> None:
        super().__init__(message)
        self.state, self.message, self.detail = state, message, detail

    @property
    def error(self) -> psycopg.Error:
        """As the driver would have raised it."""
        try:
            return psycopg.errors.lookup(self.state)(self.message)
        except KeyError:  # a state of somebody's own, from a trigger perhaps
            return psycopg.DatabaseError(self.message)


@dataclass
class Manners:
    """How the lines of a store make their calls; learnt from what is refused.

    Attributes:
        server: the one that we were connected to last, by the moment it started.
    """

    prepare: bool = True
    say_isolation: bool = False
    server: str = ""


class Line:
    """One connection in autocommit mode. Statements and their answers go in binary."""

    def __init__(self, connection: psycopg.Connection[Any], manners: Manners) -> None:
        self.connection, self._server = connection, connection.pgconn
        self._manners, self._prepared = manners, set[bytes]()
        self._name = connection.info.parameter_status("application_name") or ""
        self._loading = Transformer(connection)
        self._loading.adapters.register_loader("json", ByteaBinaryLoader)

    def call(self, statement: bytes, parameters: Sequence[bytes | None]) -> bytes | None:
        """The one value that a statement gives, or None.

        Raises:
            Lost: the answer did not come.
            Failed: it was refused.
        """
        result = self._result(statement, parameters)
        return result.get_value(0, 0) if result.ntuples else None

    def rows(self, query: bytes, parameters: Sequence[bytes | None]) -> list[tuple[Any, ...]]:
        """The rows of a query; JSON in them is bytes. The interpreter is free while they are on their way.

        Raises:
            Lost: the answer did not come.
            psycopg.Error: it was refused.
        """
        try:
            result = self._result(query, parameters)
        except Failed as failed:
            raise failed.error from None
        self._loading.set_pgresult(result)
        return self._loading.load_rows(0, result.ntuples, tuple)

    def _result(self, statement: bytes, parameters: Sequence[bytes | None]) -> Any:
        prepare, say_isolation = self._manners.prepare, self._manners.say_isolation
        try:
            return (self._isolated if say_isolation else self._answer)(statement, parameters, prepare)
        except psycopg.OperationalError as error:
            raise Lost(str(error), self._name) from None
        except Failed as failed:
            if prepare and failed.state in UNPREPARED:
                self._manners.prepare = False
            elif failed.state == TOO_STRICT and not say_isolation:
                self._manners.say_isolation = True
            else:
                raise
        return self._result(statement, parameters)

    @property
    def usable(self) -> bool:
        return self._server.transaction_status == TransactionStatus.IDLE

    def _isolated(self, statement: bytes, parameters: Sequence[bytes | None], prepare: bool) -> Any:
        self._checked(self._server.exec_(b"begin isolation level read committed"))
        try:
            result = self._answer(statement, parameters, prepare)
        except Failed:
            self._checked(self._server.exec_(b"rollback"))
            raise
        self._checked(self._server.exec_(b"commit"))
        return result

    def _answer(self, statement: bytes, parameters: Sequence[bytes | None], prepare: bool) -> Any:
        formats = [1] * len(parameters)
        if prepare:
            name = b"w%x" % (hash(statement) & 0xFFFFFFFF)
            if name not in self._prepared:
                self._checked(self._server.prepare(name, statement))
                self._prepared.add(name)
            result = self._server.exec_prepared(name, parameters, formats, 1)  # type: ignore[arg-type]
        else:
            result = self._server.exec_params(statement, parameters, None, formats, 1)
        self._checked(result)
        return result

    def _checked(self, result: Any) -> None:
        if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            return
        state, message, detail = (
            (result.error_field(field) or b"").decode(errors="replace")
            for field in (DiagnosticField.SQLSTATE, DiagnosticField.MESSAGE_PRIMARY, DiagnosticField.MESSAGE_DETAIL)
        )
        answered = self._server.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INERROR)
        if not answered or not state or state.startswith(("57P", "08")):
            raise Lost(message or result.error_message.decode(errors="replace").strip(), self._name)
        raise Failed(state, message, detail)


class Lines:
    """All the lines of one store. Threads and forked processes never share one.

    Args:
        connect: opens a connection, or raises psycopg.OperationalError.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self.manners = Manners()
        self._idle: list[Line] = []
        self._inherited: list[Line] = []
        self._process = os.getpid()

    @contextmanager
    def line(self) -> Iterator[Line]:
        """A line for the block. When it is lost there, the idle ones are given up too: they went the same way.

        Raises:
            psycopg.OperationalError: there is none to be had.
        """
        if self._process != os.getpid():
            self._inherited += self._idle  # they stay the parent's: closing them here would end them there
            self._process, self._idle = os.getpid(), []
        try:
            line = self._idle.pop()
        except IndexError:
            line = Line(self._connect(), self.manners)
        try:
            yield line
        finally:
            if line.usable:
                self._idle.append(line)
            else:
                line.connection.close()
                self.close()

    def call(self, statement: bytes, parameters: Sequence[bytes | None]) -> bytes | None:
        """See Line.call."""
        with self.line() as line:
            return line.call(statement, parameters)

    def rows(self, query: bytes, parameters: Sequence[bytes | None]) -> list[tuple[Any, ...]]:
        """See Line.rows; asked again on another line when the first one is lost."""
        with suppress(Lost), self.line() as line:
            return line.rows(query, parameters)
        with self.line() as line:
            return line.rows(query, parameters)

    def close(self) -> None:
        """Close the idle lines."""
        while self._idle:
            self._idle.pop().connection.close()
