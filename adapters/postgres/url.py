"""The URL of a PostgreSQL database, as SQLAlchemy takes it: with more than one host, and with an @ in the password."""

import re
from urllib.parse import quote, unquote

import sqlalchemy as sa

from workledger.adapters.database import unknown

DRIVER = "postgresql+psycopg"

PARTS = re.compile(
    r"(?P<scheme>\w+)://(?:(?P<user>[^?]*)@)?(?P<hosts>[^/?]*)(?P<database>[^?]*)(?P<query>.*)", re.DOTALL
)
"""No host and no database has an @, so the last one before the query ends the password."""


def postgres_url(url: str) -> sa.URL:
    """`postgresql://user:password@host:5432,other:5433/database?sslmode=require`.

    Raises:
        UnknownDatabase: it cannot be read.
    """
    parts = PARTS.fullmatch(url)
    if parts is None:
        raise unknown(url)
    try:
        return sa.make_url(f"{DRIVER}://{_user(parts['user'])}{_hosts(parts)}")
    except (sa.exc.ArgumentError, ValueError):
        raise unknown(url) from None


def _user(user: str | None) -> str:
    if user is None:
        return ""
    name, colon, password = user.partition(":")
    return f"{_quoted(name)}{colon}{_quoted(password)}@"


def _quoted(text: str) -> str:
    return quote(unquote(text), safe="")


def _hosts(parts: re.Match[str]) -> str:
    """What follows the user. SQLAlchemy has several hosts in the query."""
    hosts, database, query = parts["hosts"], parts["database"], parts["query"].replace("@", "%40")
    if "," not in hosts:
        return f"{hosts}{database}{query}"
    return (
        f"{database or '/'}{query or '?'}{'&' if query else ''}{'&'.join(f'host={host}' for host in hosts.split(','))}"
    )
