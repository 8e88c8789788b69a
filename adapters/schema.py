"""The tables of the event store, the same on every database."""

import sqlalchemy as sa


class Jsonb(sa.types.UserDefinedType[str]):
    """PostgreSQL's JSONB. Its own type would import its dialect, also where the database is SQLite."""

    cache_ok = True

    def get_col_spec(self, **options: object) -> str:
        return "JSONB"


METADATA = sa.MetaData()

_json = sa.Text().with_variant(sa.JSON(), "postgresql")
_tags = sa.Text().with_variant(Jsonb(), "postgresql")
_key = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
_position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("position", _position, primary_key=True, autoincrement=True),
    sa.Column("stream_id", _key, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("topic", _key, nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Column("at", _key, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("correlation_id", sa.Text),
    sa.Column("causation_id", sa.Text),
    sa.Column("command_id", sa.Text),
    sa.Column("tags", _tags, nullable=False),
    sa.Column("data", _json, nullable=False),
    sa.Index("events_stream_version", "stream_id", "version", unique=True),
    sa.Index("events_topic", "topic", "position").ddl_if(dialect="postgresql"),  # SQLite: position_index.py
    sqlite_autoincrement=True,
)

CLAIMS = sa.Table(
    "claims",
    METADATA,
    sa.Column("key", _key, primary_key=True),
    sa.Column("holder", _key, primary_key=True),
    sqlite_with_rowid=False,
)

CLAIM_LIMITS = sa.Table(
    "claim_limits",
    METADATA,
    sa.Column("key", _key, primary_key=True),
    sa.Column("capacity", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

COMMANDS = sa.Table(
    "commands",
    METADATA,
    sa.Column("command_id", _key, primary_key=True),
    sa.Column("first_position", sa.BigInteger, nullable=False),
    sa.Column("last_position", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text),
    sqlite_with_rowid=False,
)

SNAPSHOTS = sa.Table(
    "snapshots",
    METADATA,
    sa.Column("stream_id", _key, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),
)

META = sa.Table(
    "workledger",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""Marks a database as a ledger's, with the version of its tables."""

VERSION = "3"
COLUMNS = tuple(column.name for column in EVENTS.columns)
