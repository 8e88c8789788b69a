"""URLs of PostgreSQL: what libpq reads is read, and a password with an @ never becomes a host."""

import pytest

from workledger.adapters.database import UnknownDatabase
from workledger.adapters.postgres.url import postgres_url


@pytest.mark.parametrize(
    ("url", "password", "host"),
    [
        ("postgresql://ann:secret@db:1/work", "secret", "db"),
        ("postgresql://ann:sec@ret@db:1/work", "sec@ret", "db"),
        ("postgresql://ann:s@e%40c@ret@db:1/work", "s@e@c@ret", "db"),
        ("postgresql://ann:se/cret@db:1/work", "se/cret", "db"),
        ("postgresql://ann@db:1/work?application_name=a@b", None, "db"),
    ],
)
def test_the_last_at_sign_ends_the_password(url: str, password: str | None, host: str) -> None:
    read = postgres_url(url)
    assert (read.password, read.host, read.port, read.database) == (password, host, 1, "work")


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://ann:secret@one:1,two:2/work", ("one:1", "two:2")),
        ("postgresql://ann@one,two:2/work?sslmode=require", ("one", "two:2")),
        ("postgresql://one:1,[::1]:2", ("one:1", "[::1]:2")),
    ],
)
def test_several_hosts_are_tried_in_turn(url: str, hosts: tuple[str, ...]) -> None:
    assert postgres_url(url).query["host"] == hosts


def test_other_parameters_stay() -> None:
    read = postgres_url("postgresql://ann@one,two/work?sslmode=require")
    assert (read.username, read.database, read.query["sslmode"]) == ("ann", "work", "require")


@pytest.mark.parametrize("url", ["postgresql://ann@db:port/work", "postgresql:work", "postgresql"])
def test_what_cannot_be_read_is_refused(url: str) -> None:
    with pytest.raises(UnknownDatabase):
        postgres_url(url)
