"""The pool of a provider's accounts: who is next, one caller at a time, and what choosing costs (domain.md 2.13)."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workledger
from support import writers
from support.account_states import FUTURE, PAST
from support.examples import examples
from workledger import Workledger
from workledger.domain.account import Account
from workledger.domain.account.events import (
    EXHAUSTED,
    AccountAllExhausted,
    AccountExhausted,
    AccountExhaustionCleared,
    AccountUsed,
)
from workledger.domain.kernel.appender import SNAPSHOT_EVERY
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.kernel.refusals import CommandIdReused
from workledger.domain.services.accounts import clear_expired_exhaustion, next_account

STORES = ("memory", "sqlite", "postgres")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice is made again for as long as others are first, on a slow machine too."""
    monkeypatch.setattr("workledger.domain.kernel.appender.PATIENCE", 60.0)


def register(ledger: Workledger, *ids: str, **details: Any) -> None:
    for id in ids:
        ledger.create(Account.create(id=id, email=f"{id}@example.com", **details))


def exhausted(ledger: Workledger, id: str, until: str | None) -> None:
    """As it happened, at whatever time."""
    with ledger.unit() as unit:
        unit.record(Account, id, [AccountExhausted(until=until)])


def clear_expired(ledger: Workledger, now: datetime | None = None) -> int:
    return ledger.decide(lambda unit: clear_expired_exhaustion(unit, now))


def uses(ledger: Workledger) -> list[str]:
    """The accounts that were used, in the order of the times of their uses."""
    past = [(row.data, row.stream_id.partition("-")[2]) for row in ledger.read(topics=[AccountUsed.TOPIC], limit=9999)]
    return [id for _, id in sorted((AccountUsed.model_validate_json(data).last_used_at, id) for data, id in past)]


# C11: who is next


def test_the_accounts_of_a_provider_are_used_in_turn(ledger: Workledger) -> None:
    """C11: round-robin over the available ones."""
    register(ledger, "a", "b", "c")
    register(ledger, "other", provider="codex")
    assert [next_account(ledger).id for _ in range(7)] == ["a", "b", "c", "a", "b", "c", "a"]
    assert next_account(ledger, "codex").id == "other"


def test_never_used_ones_come_first_then_sort_order_then_ids(ledger: Workledger) -> None:
    """C11."""
    register(ledger, "b", "a", sort_order=1)
    register(ledger, "z", sort_order=0)
    assert [next_account(ledger).id for _ in range(3)] == ["z", "a", "b"]
    register(ledger, "new", sort_order=9)
    assert [next_account(ledger).id for _ in range(3)] == ["new", "z", "a"]


def test_exhausted_ones_are_left_out(ledger: Workledger) -> None:
    """C11."""
    register(ledger, "a", "b", "c")
    exhausted(ledger, "a", FUTURE)
    exhausted(ledger, "c", None)
    assert [next_account(ledger).id for _ in range(3)] == ["b", "b", "b"]
    with ledger.edit(Account, "c") as account:
        account.clear_exhaustion()
    assert next_account(ledger).id == "c"


def test_one_whose_time_has_passed_is_used_and_the_log_says_so(ledger: Workledger) -> None:
    """C11: both events are of one append."""
    register(ledger, "a")
    exhausted(ledger, "a", PAST)
    head = ledger.head()
    account = next_account(ledger, agent_run_id="run_1")
    assert (account.is_exhausted, account.exhausted_until) == (False, None)
    [cleared, used] = [past.event for past in ledger.history(Account, "a") if past.position > head]
    assert cleared == AccountExhaustionCleared(reason="expired")
    assert used == AccountUsed(last_used_at=account.last_used_at or "", agent_run_id="run_1")
    assert ledger.holders(EXHAUSTED) == []


@pytest.mark.parametrize(
    ("untils", "retry_at"),
    [
        ([], None),
        ([None], None),
        ([FUTURE], FUTURE),
        (["2998-12-31T23:59:59.999Z", None, FUTURE], "2998-12-31T23:59:59.999Z"),
    ],
    ids=["no account", "none knows", "one knows", "the first of all"],
)
def test_when_none_is_available_the_refusal_says_from_when_on_there_is_one(
    ledger: Workledger, untils: list[str | None], retry_at: str | None
) -> None:
    """C11: none → error with retry time; nothing is recorded."""
    for number, until in enumerate(untils):
        register(ledger, f"acc_{number}")
        exhausted(ledger, f"acc_{number}", until)
    head = ledger.head()
    with pytest.raises(AccountAllExhausted) as refused:
        next_account(ledger)
    assert refused.value.details.items() >= {"provider": "claude", "retry_at": retry_at}.items()
    assert (retry_at or "registered or cleared") in str(refused.value)
    assert (refused.value.code, refused.value.status, ledger.head()) == ("ACCOUNT_ALL_EXHAUSTED", 429, head)


def test_a_removed_one_is_out_of_the_pool(ledger: Workledger) -> None:
    register(ledger, "a", "b")
    with ledger.edit(Account, "a") as account:
        account.delete()
    assert [next_account(ledger).id for _ in range(2)] == ["b", "b"]


def test_a_repeated_command_gives_the_same_account_and_writes_nothing(ledger: Workledger) -> None:
    """R4."""
    register(ledger, "a", "b")
    first = next_account(ledger, command_id="once")
    head = ledger.head()
    assert next_account(ledger, command_id="once").id == first.id
    assert ledger.head() == head
    with pytest.raises(CommandIdReused):
        next_account(ledger, "codex", command_id="once")


# C12: clearing what has expired


def test_clearing_touches_only_those_whose_time_has_passed(ledger: Workledger) -> None:
    """C12: of all providers; it says how many."""
    register(ledger, "past", "later", "by_hand", "fresh")
    register(ledger, "other", provider="codex")
    for id, until in (("past", PAST), ("other", PAST), ("later", FUTURE), ("by_hand", None)):
        exhausted(ledger, id, until)
    versions = {id: ledger.get(Account, id).version for id in ("later", "by_hand", "fresh")}
    assert clear_expired(ledger, parse_timestamp(PAST) - timedelta(milliseconds=1)) == 0
    assert clear_expired(ledger) == 2
    assert {id: ledger.get(Account, id).is_exhausted for id in ("past", "other")} == {"past": False, "other": False}
    assert {id: ledger.get(Account, id).version for id in versions} == versions
    head = ledger.head()
    assert clear_expired(ledger) == 0
    assert ledger.head() == head


def test_a_time_to_come_clears_nothing_early(ledger: Workledger) -> None:
    """C12: the clock of the caller may be wrong."""
    register(ledger, "a")
    exhausted(ledger, "a", FUTURE)
    assert clear_expired(ledger, parse_timestamp(FUTURE)) == 0
    assert ledger.get(Account, "a").is_exhausted


def test_of_racing_clearers_each_account_is_cleared_by_one(ledger: Workledger) -> None:
    """C12."""
    register(ledger, *"abcdef")
    for id in "abcdef":
        exhausted(ledger, id, PAST)
    ready = threading.Barrier(4)

    def clear(_: int) -> int:
        ready.wait()
        return clear_expired(ledger)

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(clear, range(4))) == 6
    cleared = ledger.read(topics=[AccountExhaustionCleared.TOPIC])
    assert sorted(row.stream_id for row in cleared) == [f"account-{id}" for id in "abcdef"]


# X18: one caller at a time


def fair(taken: list[str], accounts: int) -> None:
    """Nobody was used twice more than another, not even for a while."""
    counts: Counter[str] = Counter()
    for place, id in enumerate(taken, 1):
        counts[id] += 1
        assert counts[id] <= -(-place // accounts) + 1, f"{taken[:place]}"
    assert max(counts.values()) - min(counts.values()) <= 1, counts


def test_sixteen_callers_on_ten_accounts_are_given_each_use_once_and_stay_fair(ledger: Workledger) -> None:
    """X18, domain.md 7.3: threads."""
    register(ledger, *(f"acc_{number}" for number in range(10)))
    ready = threading.Barrier(16)

    def take(_: int) -> list[tuple[str, str | None]]:
        ready.wait()
        taken = [next_account(ledger) for _ in range(4)]
        return [(account.id, account.last_used_at) for account in taken]

    with ThreadPoolExecutor(16) as threads:
        given = [one for some in threads.map(take, range(16)) for one in some]
    assert len(given) == len(set(given)) == 64
    assert sorted(id for id, _ in given) == sorted(uses(ledger))
    fair(uses(ledger), 10)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_sixteen_callers_in_four_processes_stay_fair_too(database: str, request: pytest.FixtureRequest) -> None:
    """X18: the processes share nothing but the log."""
    url: str = request.getfixturevalue(f"{database}_store_url")
    with workledger.open(url) as ledger, ExitStack() as stack:
        register(ledger, *(f"acc_{number}" for number in range(10)))
        callers = [stack.enter_context(writers.running(writers.take_accounts, url, 4, 3)) for _ in range(4)]
        assert [pipe.recv() for _, pipe in callers] == ["ready"] * 4
        for _, pipe in callers:
            pipe.send("go")
        for process, _ in callers:
            writers.finish(process)
        given = [one for _, pipe in callers for one in writers.heard(pipe)]
        assert len(given) == len(set(given)) == 48
        assert sorted(id for id, _ in given) == sorted(uses(ledger))
        fair(uses(ledger), 10)


def test_who_loses_the_race_for_an_account_is_given_the_next(
    ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X18: both have seen that `a` is next."""
    register(ledger, "a", "b", "c")
    append, late = ledger.store.insert_events, iter(range(1))

    def second(*events: Any, **conditions: Any) -> Any:
        for _ in late:
            assert next_account(ledger).id == "a"
        return append(*events, **conditions)

    monkeypatch.setattr(ledger.store, "insert_events", second)
    assert next_account(ledger).id == "b"
    assert uses(ledger) == ["a", "b"]


def test_who_lost_an_account_that_was_removed_meanwhile_is_given_the_next(
    ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(ledger, "a", "b")
    append, late = ledger.store.insert_events, iter(range(1))

    def second(*events: Any, **conditions: Any) -> Any:
        for _ in late:
            with ledger.edit(Account, "a") as account:
                account.delete()
        return append(*events, **conditions)

    monkeypatch.setattr(ledger.store, "insert_events", second)
    assert next_account(ledger).id == "b"


@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(-50, 50)), min_size=24, max_size=60))
def test_stale_views_and_wrong_clocks_leave_it_fair(deeds: list[tuple[int, int, int]]) -> None:
    """X18: four callers look at the pool, and use what they chose later, with clocks that differ by seconds, in any
    order. Whoever chose what was used meanwhile chooses again, as the append makes them do; all others are right."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    pool = dict.fromkeys("abc", (0, ""))
    seen: dict[int, dict[str, tuple[int, str]]] = {}
    for step, (caller, what, skew) in enumerate(deeds):
        if what or caller not in seen:
            seen[caller] = dict(pool)
            continue
        view = seen.pop(caller)
        chosen = min(view, key=lambda one: (view[one][1], one))
        if pool[chosen] != view[chosen]:
            continue
        state = Account(id=chosen, version=1, provider="claude", last_used_at=view[chosen][1] or None)
        latest = max(at for _, at in view.values())
        at = _used_at(state, start + timedelta(seconds=step + skew), latest)
        pool[chosen] = (pool[chosen][0] + 1, at)
        counts = [count for count, _ in pool.values()]
        assert max(counts) - min(counts) <= 1


def _used_at(account: Account, now: datetime, latest: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        text = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        patch.setattr("workledger.domain.account.account.present", lambda: text)
        [used] = account.use(after=parse_timestamp(latest) if latest else None)
    assert isinstance(used, AccountUsed)
    return used.last_used_at


# What choosing costs


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events or snapshots each loading of an aggregate has read."""
    counts: list[int] = []
    fold = workledger.domain.kernel.repository._fold

    def counting(kind: Any, id: str, before: Any, rows: Any) -> Any:
        counts.append(len(rows))
        return fold(kind, id, before, rows)

    monkeypatch.setattr("workledger.domain.kernel.repository._fold", counting)
    return counts


def test_choosing_reads_no_long_stream(store_url: str, read: list[int]) -> None:
    """An account may have 10,000 events. Who has chosen before reads the events that others have appended since; who
    has not reads a snapshot of each, and the few events after it."""
    register_used(store_url, 9_999)
    with workledger.open(store_url) as ledger:
        if store_url == "memory:":
            register_used(ledger, 9_999)
        read.clear()
        assert next_account(ledger).id == "b"
        if store_url != "memory:":
            assert sum(read) <= 2 * SNAPSHOT_EVERY
        read.clear()
        assert [next_account(ledger).id for _ in range(4)] == ["c", "a", "b", "c"]
        assert sum(read) == 0
        if store_url == "memory:":
            return
        with workledger.open(store_url) as other:
            assert [next_account(other).id for _ in range(2)] == ["a", "b"]
        read.clear()
        assert next_account(ledger).id == "c"
        assert sum(read) <= SNAPSHOT_EVERY


def register_used(where: str | Workledger, times: int) -> None:
    """Three accounts, of which the first has been used so often."""
    if where == "memory:":
        return
    if isinstance(where, str):
        with workledger.open(where) as ledger:
            register_used(ledger, times)
        return
    register(where, "a", "b", "c")
    with where.unit() as unit:
        unit.record(Account, "a", [AccountUsed(last_used_at=PAST)] * times)
