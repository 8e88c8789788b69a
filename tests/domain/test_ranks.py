"""Ranks: between any two there is another, and the end is after all that were given out."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import TypeAdapter

from workledger.domain.task import ranks
from workledger.domain.task.card import Rank

RANKS = st.text(ranks.DIGITS, min_size=1, max_size=8).filter(lambda rank: not rank.endswith("0"))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
valid = TypeAdapter(Rank).validate_python


@given(RANKS, RANKS)
def test_between_two_ranks_there_is_another(one: str, other: str) -> None:
    low, high = sorted((one, other))
    if low == high:
        with pytest.raises(ValueError, match="is not before"):
            ranks.between(low, high)
    else:
        assert low < valid(ranks.between(low, high)) < high


@given(RANKS)
def test_before_any_rank_there_is_another(high: str) -> None:
    assert valid(ranks.between(None, high)) < high


@given(RANKS)
def test_after_any_rank_there_is_another(low: str) -> None:
    assert valid(ranks.between(low, None)) > low


def test_in_the_wrong_order_there_is_none() -> None:
    with pytest.raises(ValueError, match="b is not before a"):
        ranks.between("b", "a")


def test_an_empty_column_begins_at_its_end() -> None:
    assert ranks.end() <= ranks.between(None, None) <= ranks.end()


@given(MOMENTS, st.timedeltas(timedelta(microseconds=1), timedelta(days=3650)))
def test_the_end_is_after_every_end_before(at: datetime, later: timedelta) -> None:
    assert valid(ranks.end(at)) < valid(ranks.end(at + later))


def test_a_place_is_found_many_times_at_the_same_spot() -> None:
    """Three hundred cards, each put right after the first, and three hundred right before the last."""
    low, high = ranks.spread(2)
    for _ in range(300):
        high = ranks.between(low, high)
    assert low < high
    assert len(high) < ranks.LONGEST
    top = ranks.end()
    for _ in range(300):
        assert ranks.between(low, top) > low
        low = ranks.between(low, top)
    assert low < top


@given(st.integers(min_value=0, max_value=3000))
def test_spread_out_they_are_in_order_and_short(count: int) -> None:
    spread = ranks.spread(count)
    assert len(spread) == len(set(spread)) == count
    assert spread == sorted(spread)
    assert all(len(valid(rank)) <= 4 for rank in spread)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=30))
def test_cards_stand_where_they_were_put(moves: list[tuple[int, int]]) -> None:
    """A5: whatever is dragged where, reading by rank gives the order that was meant."""
    meant = list(range(10))
    rank = dict(zip(meant, ranks.spread(10), strict=True))
    for source, target in moves:
        card = meant.pop(source % 10)
        place = target % 10
        meant.insert(place, card)
        before = rank[meant[place - 1]] if place else None
        after = rank[meant[place + 1]] if place < 9 else None
        rank[card] = ranks.between(before, after)
        assert sorted(rank, key=rank.__getitem__) == meant
