"""The pool of a store's connections to PostgreSQL: one is taken for a call, and put back or, when it broke, closed."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from workledger.adapters.database import DatabaseClosed, DatabaseReadOnly
from workledger.adapters.postgres.connection import Capabilities, Connection, ConnectionLost, StatementRefused


class ConnectionPool:
    """Connections in autocommit mode. Threads and forked processes never share one.

    It is not psycopg_pool's: by `make bench ARGS="-k connection_pool"` a connection is taken and put back in 3 µs here
    and in 12 µs there, and one caller appends 5 % fewer events a second through the other. Nor does that one notice
    a fork, or close the idle connections when one of them breaks.

    Args:
        connect: opens a connection, or raises psycopg.OperationalError.
        read_only: what would write is refused.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], *, read_only: bool = False) -> None:
        self._connect, self.read_only = connect, read_only
        self.capabilities = Capabilities()
        self._idle: list[Connection] = []
        self._inherited: list[Connection] = []
        self._process = os.getpid()
        self._ended = False

    def check(self, *, writing: bool = False) -> None:
        """
        Raises:
            DatabaseClosed: the ledger was closed.
            DatabaseReadOnly: something is to be written, and the ledger was opened to be read only.
        """
        if self._ended:
            raise DatabaseClosed
        if writing and self.read_only:
            raise DatabaseReadOnly

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for the block. When it breaks, the idle ones are closed too: they led the same way.

        Raises:
            DatabaseClosed: the ledger was closed.
            psycopg.OperationalError: no connection can be opened.
        """
        self.check()
        if self._process != os.getpid():
            self._inherited += self._idle  # they stay the parent's: closing them here would end them there
            self._process, self._idle = os.getpid(), []
        connection = self._take_idle() or Connection(self._connect(), self.capabilities)
        try:
            yield connection
        finally:
            if connection.idle and not self._ended:
                self._idle.append(connection)
            else:
                connection.driver.close()
                self.close()

    def _take_idle(self) -> Connection | None:
        """One that the server has not ended meanwhile: what is sent over such a one may have been executed or not."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        if not connection.ended:
            return connection
        connection.driver.close()
        self.close()
        return None

    def call(self, statement: bytes, parameters: Sequence[bytes | None]) -> bytes | None:
        """See Connection.call."""
        with self.connection() as connection:
            return connection.call(statement, parameters)

    def rows(self, query: bytes, parameters: Sequence[bytes | None], *, text: bool = False) -> list[tuple[Any, ...]]:
        """See Connection.rows; repeated on another connection when the first one breaks.

        Raises:
            ConnectionLost: the second one broke as well.
            psycopg.Error: the server refused it.
        """
        try:
            with suppress(ConnectionLost), self.connection() as connection:
                return connection.rows(query, parameters, text=text)
            with self.connection() as connection:
                return connection.rows(query, parameters, text=text)
        except StatementRefused as refused:
            raise refused.error from None

    def end(self) -> None:
        """Open no connection from now on."""
        self._ended = True
        self.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().driver.close()
