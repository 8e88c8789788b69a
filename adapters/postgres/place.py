"""Where a connection to PostgreSQL leads: to which server, database and schema."""

from dataclasses import dataclass

import orjson

from workledger.adapters.postgres.connection import Connection
from workledger.adapters.postgres.pool import ConnectionPool

WHERE = b"""select json_build_array(extract(epoch from pg_postmaster_start_time())::text, current_database(),
current_schema())"""


@dataclass(frozen=True)
class Place:
    """A server is known by the time at which it was started."""

    server: str
    database: str
    schema: str | None

    def __str__(self) -> str:
        return f"the database {self.database} of the server started at {self.server}"

    def same_database(self, other: "Place") -> bool:
        return (self.server, self.database) == (other.server, other.database)


def place_of(connection: Connection | ConnectionPool) -> Place:
    """
    Raises:
        ConnectionLost, psycopg.OperationalError: it leads nowhere.
    """
    return Place(*orjson.loads(connection.call(WHERE, ()) or b"[]"))


class Home:
    """The place of a ledger: where the connections of its pool lead."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._known: Place | None = None

    def place(self, server: str) -> Place:
        """It is looked up when it is not known yet to be on that server: there may have been a failover.

        Raises:
            DatabaseClosed: the ledger was closed.
            ConnectionLost, psycopg.OperationalError: the database cannot be reached.
        """
        self._pool.check()
        if self._known is None or self._known.server != server:
            self._pool.close()  # idle connections may lead to a server that was replaced
            self._known = place_of(self._pool)
        return self._known
