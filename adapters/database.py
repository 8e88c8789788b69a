"""A database by its URL: `memory:`, `sqlite:///work.db` or `postgresql://…`, made ready on first use."""

import re

from workledger.domain.kernel.refusals import Refused, Unavailable


class UnknownDatabase(Refused):
    """{url} is not a database workledger knows; give sqlite:///file.db, postgresql://user@host/name or memory:."""

    code = "DATABASE_URL_INVALID"
    status = 400


class DatabaseUnreachable(Unavailable):
    """The database cannot be reached: {reason}"""

    code = "DATABASE_UNREACHABLE"


class DatabaseNotFound(Refused):
    """There is no ledger at {url}; check the URL, or create one with `workledger serve` or an import."""

    code = "DATABASE_NOT_FOUND"
    status = 503


class DatabaseBusy(Unavailable):
    """Another writer, in this process or another, has kept the database busy; nothing was stored, try again."""

    code = "DATABASE_BUSY"


class DatabaseFull(Unavailable):
    """There is no room left for the database; nothing was stored."""

    code = "DATABASE_FULL"
    status = 507


class DatabaseFailed(Unavailable):
    """The database cannot be used: {reason}"""

    code = "DATABASE_FAILED"


class OpenBeforeFork(Unavailable):
    """{path} was open when this process was forked, so what it writes would be lost; open it after forking only."""

    code = "DATABASE_FORKED"


class DatabaseClosed(Refused):
    """The ledger is closed; open it again to use it."""

    code = "DATABASE_CLOSED"
    status = 503


class DatabaseReadOnly(Refused):
    """The ledger is open for reading only."""

    code = "DATABASE_READ_ONLY"


class OlderDatabase(Refused):
    """An earlier release made that database, with tables of version {found}; open it once for writing, which upgrades
    them to {known}."""

    code = "DATABASE_OLDER"


class ForeignDatabase(Refused):
    """That database belongs to another program: {reason}. Give workledger one of its own."""

    code = "DATABASE_FOREIGN"


class NewerDatabase(Refused):
    """A newer release of workledger made that database: its tables are of version {found}, and this release knows
    {known}; upgrade workledger."""

    code = "DATABASE_NEWER"


SQLITE_FILE = re.compile(r"sqlite:///(?!:memory:)[^?\0]*[^/?\0]")
"""SQLite has parameters after a question mark, and none of them is ours."""

SECRETS = re.compile(r"(://[^/@:]*:).*(?=@)|(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)", re.IGNORECASE)


def reason_of(error: BaseException | None) -> str:
    """The first line of a driver's error, or else the kind of error it is."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def factory_of(url: str) -> str:
    """The infrastructure factory that serves that URL, as eventsourcing names it.

    Raises:
        UnknownDatabase: no adapter serves it.
    """
    scheme = url.partition(":")[0].lower()
    sqlite, postgres = "sqlite.factory:SQLiteFactory", "postgres.factory:PostgresFactory"
    factories = {"sqlite": sqlite, "memory": sqlite, "postgresql": postgres, "postgres": postgres}
    if scheme not in factories or (scheme == "sqlite" and not SQLITE_FILE.fullmatch(url)):
        raise unknown(url)
    return f"workledger.adapters.{factories[scheme]}"


def unknown(url: str) -> UnknownDatabase:
    """The refusal of a URL, without the password in it."""
    return UnknownDatabase(url=without_password(url))


def without_password(url: str) -> str:
    """The URL with asterisks for its password."""
    return SECRETS.sub(lambda match: f"{match[1] or match[2]}***", url)
