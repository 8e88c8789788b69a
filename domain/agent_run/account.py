"""The account of a run: one of its provider that is there and not exhausted (domain.md 2.2 and 2.13)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workledger.domain.account import Account
from workledger.domain.account.account import present
from workledger.domain.account.events import AccountOfAnotherProvider
from workledger.domain.kernel.aggregate import Event, Peers
from workledger.domain.kernel.claims import Claim

if TYPE_CHECKING:
    from workledger.domain.agent_run.agent_run import AgentRun


def account_exists(account_id: str | None) -> Iterable[Claim]:
    """The claim that the account of a run is there, if it has one."""
    if account_id:
        yield Account.exists(account_id)


def usable_account(peers: Peers, account_id: str | None, provider: str) -> None:
    """
    Raises:
        AccountOfAnotherProvider: ACCOUNT_OF_ANOTHER_PROVIDER.
        AccountUnavailable: ACCOUNT_EXHAUSTED.
    """
    account = peers.find(Account, account_id) if account_id else None
    if account is None:
        return  # without an account, or refused by a claim
    if account.provider != provider:
        raise AccountOfAnotherProvider(account_id=account.id, account_provider=account.provider, provider=provider)
    if not account.available(present()):
        raise account.unavailable()


class AgentRunAccountSwitched(Event, topic="agent_run.account_switched"):
    """The run uses another account of its provider."""

    previous: str | None
    account_id: str
    reason: str | None = None

    def claims(self, before: "AgentRun", id: str) -> Iterable[Claim]:
        yield from account_exists(self.account_id)

    def guard(self, before: "AgentRun", id: str, peers: Peers) -> None:
        usable_account(peers, self.account_id, before.provider)
