"""Accounts: which one of a provider's pool is used next, and which may be used again (domain.md 2.13)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from workledger.domain.account import Account
from workledger.domain.account.account import present
from workledger.domain.account.events import EXHAUSTED, AccountAllExhausted, AccountNotFound, AccountUsed, accounts_of
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.kernel.refusals import CommandIdReused
from workledger.domain.kernel.request import digest
from workledger.domain.kernel.store import Receipt
from workledger.domain.kernel.unit import Unit


def next_account(
    ledger: Ledger, provider: str = "claude", *, agent_run_id: str | None = None, command_id: str | None = None
) -> Account:
    """Use the next account of a provider, and return it as it is then (Codewalkers `findNextAvailable`); see
    `take_account`.

    Raises:
        AccountAllExhausted: ACCOUNT_ALL_EXHAUSTED, no account is available.
    """
    asked = digest("next_account", provider, agent_run_id)
    with ledger.unit(command_id, digest=asked) as unit:
        unit.decide(lambda: take_account(unit, provider, agent_run_id=agent_run_id))
    assert unit.receipt is not None
    id, version = used_by(ledger, unit.receipt)
    return ledger.get(Account, id, version=version) if unit.receipt.repeated else unit.state(Account, id)


def used_by(ledger: Ledger, receipt: Receipt) -> tuple[str, int]:
    """The id of the account that an append used, and its version then.

    Raises:
        CommandIdReused: it used none, so the command id belongs to another command.
    """
    for row in ledger.recorded_by(receipt):
        if row.topic == AccountUsed.TOPIC:
            return row.stream_id.partition("-")[2], row.version
    raise CommandIdReused


def take_account(unit: Unit, provider: str, *, agent_run_id: str | None = None) -> str:
    """In a decision: use the next account of a provider, and return its id. It is the one that was used least recently,
    those that were never used first; then by `sort_order`, then by id. Exhausted ones are left out until their time has
    passed.

    No two callers are given one account at the same time: the append checks the version of the one that was chosen, and
    who comes second chooses again. As other accounts can only have been used since, the choice is right whatever they
    did meanwhile. Accounts are recalled from memory or from their snapshots, so that no long stream is folded.

    Args:
        agent_run_id: the run that it is for.

    Raises:
        AccountAllExhausted: ACCOUNT_ALL_EXHAUSTED, there is none; `retry_at` says from when on there is one, if known.
    """
    pool, at = list(_held(unit, accounts_of(provider))), present()
    chosen = min((one for one in pool if one.available(at)), key=_turn, default=None)
    if chosen is None:
        raise _none(provider, pool)
    latest = max((one.last_used_at for one in pool if one.last_used_at), default=None)
    after = None if latest is None else parse_timestamp(latest)
    unit.edit(Account, chosen.id).use(agent_run_id=agent_run_id, after=after)
    return chosen.id


def account_for_run(unit: Unit, provider: str, agent_run_id: str) -> str | None:
    """In a decision: the next account, for a run; None when no account of its provider is registered.

    Raises:
        AccountAllExhausted: ACCOUNT_ALL_EXHAUSTED.
    """
    if not unit.holders(accounts_of(provider)):
        return None
    return take_account(unit, provider, agent_run_id=agent_run_id)


def replace_exhausted(unit: Unit, agent_run_id: str) -> None:
    """In a decision: switch a running run to the next account when its own is exhausted or was removed.

    Raises:
        AccountAllExhausted: ACCOUNT_ALL_EXHAUSTED.
    """
    run = unit.state(AgentRun, agent_run_id)
    if run.account_id is None:
        return
    with suppress(AccountNotFound):
        own = unit.state(Account, run.account_id)
        if own.available(present()):
            unit.edit(Account, own.id).clear_expired_exhaustion()
            return
    if chosen := account_for_run(unit, run.provider, agent_run_id):
        unit.edit(AgentRun, agent_run_id).switch_account(account_id=chosen, reason="account exhausted")


def clear_expired_exhaustion(unit: Unit, now: datetime | None = None) -> int:
    """Make the accounts of all providers available whose time has passed; how many (Codewalkers
    `clearExpiredExhaustion`). No other is touched.

    Args:
        now: those whose time had passed by then, at most by now.
    """

    def decision() -> int:
        exhausted = [one.id for one in _held(unit, EXHAUSTED)]
        return sum(bool(unit.edit(Account, id).clear_expired_exhaustion(now=now)) for id in exhausted)

    return unit.decide(decision)


def _held(unit: Unit, key: str) -> Iterator[Account]:
    """The accounts that hold a key; one that was removed meanwhile is left out."""
    for stream in unit.holders(key):
        with suppress(AccountNotFound):
            yield unit.state(Account, stream.partition("-")[2])


def _turn(account: Account) -> tuple[str, int, str]:
    """Where it stands in the order of its pool."""
    return account.last_used_at or "", account.sort_order, account.id


def _none(provider: str, pool: list[Account]) -> AccountAllExhausted:
    retry_at = min((one.exhausted_until for one in pool if one.exhausted_until), default=None)
    when = f"at {retry_at}" if retry_at else "when one was registered or cleared"
    return AccountAllExhausted(provider=provider, retry_at=retry_at, when=when)
