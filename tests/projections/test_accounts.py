"""The rows of accounts: the columns of Codewalkers, and the order in which a pool is used."""

from typing import Any

import pytest

from support.account_states import FUTURE, PAST
from workledger import Workledger
from workledger.domain.account import Account
from workledger.domain.account.events import AccountExhausted
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.services.accounts import clear_expired_exhaustion, next_account
from workledger.domain.services.runs import start_run
from workledger.projections import accounts, agent_runs
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS

STORES = ("memory", "sqlite", "postgres")


def row(ledger: Workledger, id: str = "a") -> dict[str, Any]:
    ledger.catch_up()
    found = accounts.get(ledger.tables, id)
    assert found is not None
    return dict(found)


def register(ledger: Workledger, *ids: str, **details: Any) -> None:
    for id in ids:
        ledger.create(Account.create(id=id, email=f"{id}@example.com", **details))


def a_rebuild_gives_the_same(ledger: Workledger) -> None:
    [board] = [group for group in GROUPS if group.name == "board"]
    assert verify(ledger.store, ledger.tables, board).differences == []


def test_a_new_account_has_the_defaults(ledger: Workledger) -> None:
    """C1."""
    register(ledger, "a")
    assert (
        row(ledger).items()
        >= {
            "email": "a@example.com",
            "provider": "claude",
            "config_ref": None,
            "credentials_ref": None,
            "credentials_status": "none",
            "is_exhausted": False,
            "exhausted_until": None,
            "last_used_at": None,
            "use_count": 0,
            "sort_order": 0,
        }.items()
    )


def test_every_event_has_its_columns(ledger: Workledger) -> None:
    digest = f"sha256:{'a' * 64}"
    register(ledger, "a", sort_order=7, provider="codex")
    with ledger.edit(Account, "a") as account:
        account.change_config(secret_ref="file:/etc/codex.json", fingerprint=digest)
        account.refresh_credentials(secret_ref="vault:codex/a#login")
        account.validate_credentials()
        account.reorder(sort_order=3)
        account.use()
        account.mark_exhausted(until=parse_timestamp(FUTURE))
    seen = row(ledger)
    assert (
        seen.items()
        >= {
            "provider": "codex",
            "config_ref": "file:/etc/codex.json",
            "config_fingerprint": digest,
            "credentials_ref": "vault:codex/a#login",
            "credentials_fingerprint": None,
            "credentials_status": "valid",
            "is_exhausted": True,
            "exhausted_until": parse_timestamp(FUTURE),
            "use_count": 1,
            "sort_order": 3,
        }.items()
    )
    assert seen["last_used_at"] == parse_timestamp(ledger.get(Account, "a").last_used_at or "")
    with ledger.edit(Account, "a") as account:
        account.clear_exhaustion()
        account.expire_credentials()
    assert (
        row(ledger).items()
        >= {
            "is_exhausted": False,
            "exhausted_until": None,
            "credentials_status": "expired",
        }.items()
    )
    with ledger.edit(Account, "a") as account:
        account.delete()
    ledger.catch_up()
    assert accounts.get(ledger.tables, "a") is None
    a_rebuild_gives_the_same(ledger)


def test_a_pool_is_shown_in_the_order_in_which_it_is_used(ledger: Workledger) -> None:
    """C11: what the rows say is what is chosen."""
    register(ledger, "a", "b", "c", "d")
    with ledger.edit(Account, "c") as account:
        account.reorder(sort_order=-1)
    register(ledger, "other", provider="codex")
    for _ in range(9):
        ledger.catch_up()
        expected = accounts.of_provider(ledger.tables, "claude")
        assert next_account(ledger).id == expected[0]["id"]
    assert [one["id"] for one in accounts.of_provider(ledger.tables, "codex")] == ["other"]
    a_rebuild_gives_the_same(ledger)


def test_exhausted_ones_are_shown_by_when_they_come_back(ledger: Workledger) -> None:
    """C12: after clearing, those whose time has passed are gone from there."""
    register(ledger, "later", "hand", "past", "fresh")
    for id, until in (("later", FUTURE), ("hand", None), ("past", PAST)):
        with ledger.unit() as unit:
            unit.record(Account, id, [AccountExhausted(until=until)])
    ledger.catch_up()
    assert [one["id"] for one in accounts.exhausted(ledger.tables)] == ["past", "later", "hand"]
    assert ledger.decide(clear_expired_exhaustion) == 1
    ledger.catch_up()
    assert [one["id"] for one in accounts.exhausted(ledger.tables)] == ["later", "hand"]
    a_rebuild_gives_the_same(ledger)


@pytest.mark.parametrize("until", [FUTURE, None])
def test_a_limit_that_a_run_met_stands_in_its_row_until_it_goes_on(ledger: Workledger, until: str | None) -> None:
    def shown() -> tuple[str | None, Any]:
        ledger.catch_up()
        found = agent_runs.get(ledger.tables, "r")
        assert found is not None
        return found["pause_reason"], found["retry_at"]

    ledger.create(Agent.create(id="ann", name="Ann"))
    with ledger.unit() as unit:
        start_run(unit, id="r", agent_id="ann")
    retry_at = None if until is None else parse_timestamp(until)
    with ledger.edit(AgentRun, "r") as run:
        run.report_output()
        run.pause(reason="provider_limit", retry_at=retry_at)
    assert shown() == ("provider_limit", retry_at)
    with ledger.edit(AgentRun, "r") as run:
        run.resume()
    assert shown() == (None, None)
    a_rebuild_gives_the_same(ledger)
