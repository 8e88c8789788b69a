"""The events of an account, what they claim, and its refusals (Codewalkers, domain.md 2.13 and 3.4).

Secrets are in none of them: they say where a login is kept, and a digest of it at most. Times are RFC 3339 in UTC, to
the millisecond, so that their texts sort as they do.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from workledger.domain.kernel.aggregate import Created, Deleted, Event
from workledger.domain.kernel.claims import UNLIMITED, Claim, Release, Take, key_of, releases
from workledger.domain.kernel.refusals import LimitReached, NotFound, Refused

if TYPE_CHECKING:
    from workledger.domain.account.account import Account

EXHAUSTED = "exhausted_accounts"
"""The key that the exhausted accounts of all providers hold."""

Login = Literal["none", "unchecked", "valid", "expired"]
"""What is known of an account's credentials."""


def accounts_of(provider: str) -> str:
    """The key that all accounts of a provider hold: its pool."""
    return key_of("accounts_of", provider)


class AccountRegistered(Created, topic="account.registered"):
    """An account of a provider joined the pool. Its e-mail is personal data: it is in no other event."""

    email: str
    provider: str = "claude"
    sort_order: int = 0
    is_exhausted: Literal[False] = False
    credentials_status: Literal["none"] = "none"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Take(accounts_of(self.provider), capacity=UNLIMITED)


class AccountConfigChanged(Event, topic="account.config_changed"):
    """Its settings are kept elsewhere now, or were changed there (Codewalkers' `configJson`); None: it has none."""

    secret_ref: str | None
    fingerprint: str | None = None

    def changes(self, before: Any) -> dict[str, Any]:
        return {"config_ref": self.secret_ref, "config_fingerprint": self.fingerprint}


class AccountCredentialsRefreshed(Event, topic="account.credentials_refreshed"):
    """It has new credentials, which are kept elsewhere (Codewalkers' `credentials`)."""

    secret_ref: str
    fingerprint: str | None = None
    credentials_status: Literal["unchecked"] = "unchecked"

    def changes(self, before: Any) -> dict[str, Any]:
        return {
            "credentials_ref": self.secret_ref,
            "credentials_fingerprint": self.fingerprint,
            "credentials_status": self.credentials_status,
        }


class AccountCredentialsValidated(Event, topic="account.credentials_validated"):
    """The provider accepted its credentials."""

    credentials_status: Literal["valid"] = "valid"


class AccountCredentialsExpired(Event, topic="account.credentials_expired"):
    """The provider accepts its credentials no longer."""

    credentials_status: Literal["expired"] = "expired"


class AccountUsed(Event, topic="account.used"):
    """The account was chosen, for a run if one is named.

    Attributes:
        last_used_at: later than all uses of the pool's accounts that the one who chose could see. So these times have
            the order of the uses, whatever the clocks of the processes say, and no account of a pool is used twice
            more than another.
    """

    last_used_at: str
    agent_run_id: str | None = None


class AccountExhausted(Event, topic="account.exhausted"):
    """The provider's limit is reached until that time; None: until it is cleared by hand."""

    is_exhausted: Literal[True] = True
    until: str | None = None

    def changes(self, before: Any) -> dict[str, Any]:
        return {"is_exhausted": True, "exhausted_until": self.until}

    def claims(self, before: "Account", id: str) -> Iterable[Claim]:
        yield Take(EXHAUSTED, capacity=UNLIMITED)


class AccountExhaustionCleared(Event, topic="account.exhaustion_cleared"):
    """It may be used again: its time has passed (`expired`), or somebody said so (`manual`)."""

    is_exhausted: Literal[False] = False
    until: None = None
    reason: Literal["expired", "manual"]

    def changes(self, before: Any) -> dict[str, Any]:
        return {"is_exhausted": False, "exhausted_until": None}

    def claims(self, before: "Account", id: str) -> Iterable[Claim]:
        yield Release(EXHAUSTED)


class AccountReordered(Event, topic="account.reordered"):
    """It got another place among accounts that were used at the same time, or never."""

    sort_order: int


class AccountRemoved(Deleted, topic="account.removed"):
    """It left the pool; runs and agents that used it have no account any more, and stay."""

    provider: str

    def claims(self, before: "Account", id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield from releases("accounts_of", before.provider)
        yield Release(EXHAUSTED)


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "ACCOUNT_NOT_FOUND"


class AccountUnavailable(Refused):
    """This account is exhausted {when}."""

    code = "ACCOUNT_EXHAUSTED"


class AccountAllExhausted(LimitReached):
    """No account of {provider} is available; try again {when}."""

    code = "ACCOUNT_ALL_EXHAUSTED"


class AccountOfAnotherProvider(Refused):
    """This account is one of {account_provider}; the run needs one of {provider}."""

    code = "ACCOUNT_OF_ANOTHER_PROVIDER"
