"""Values and arrays reach PostgreSQL, and come back, as they are, whatever is in them."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.postgres_server import GivenServer
from workledger.adapters.postgres.arrays import bigints, int8, ints, texts

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
INTS = st.integers(-(2**31), 2**31 - 1)
BIGINTS = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture(scope="module")
def connection(postgres_server: GivenServer) -> Iterator[psycopg.Connection[tuple[object]]]:
    with psycopg.connect(postgres_server.url()) as connection:
        yield connection


def arrived(connection: psycopg.Connection[tuple[object]], kind: str, sent: bytes) -> bytes:
    answer = connection.pgconn.exec_params(f"select ($1::{kind})".encode(), [sent], None, [1], 0)
    assert not answer.error_message, answer.error_message
    return answer.get_value(0, 0) or b""


@given(values=st.lists(TEXTS | st.none()))
@example([])
@example([None])
@example([None, None])
@example(["", None, "{\"a\": 'ü'}"])
def test_texts(connection: psycopg.Connection[tuple[object]], values: list[str | None]) -> None:
    read = psycopg.adapt.Transformer(connection).get_loader(1009, psycopg.pq.Format.TEXT).load
    assert read(arrived(connection, "text[]", texts(values))) == values


@given(values=st.lists(INTS | st.none()))
@example([])
@example([None])
@example([1, 2, 3])
def test_ints(connection: psycopg.Connection[tuple[object]], values: list[int | None]) -> None:
    read = psycopg.adapt.Transformer(connection).get_loader(1007, psycopg.pq.Format.TEXT).load
    assert read(arrived(connection, "int4[]", ints(values))) == values


@given(values=st.lists(BIGINTS))
@example([])
def test_bigints_come_back(connection: psycopg.Connection[tuple[object]], values: list[int]) -> None:
    sent = "{" + ",".join(map(str, values)) + "}"
    answer = connection.pgconn.exec_params(b"select $1::int8[]", [sent.encode()], None, [0], 1)
    assert bigints(answer.get_value(0, 0) or b"") == values


@given(value=BIGINTS)
def test_a_bigint(connection: psycopg.Connection[tuple[object]], value: int) -> None:
    assert int(arrived(connection, "int8", int8(value))) == value
