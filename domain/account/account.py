"""An account is a login at a provider of models; those of one provider are a pool (Codewalkers, domain.md 2.13)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from workledger.domain.account.events import (
    AccountConfigChanged,
    AccountCredentialsExpired,
    AccountCredentialsRefreshed,
    AccountCredentialsValidated,
    AccountExhausted,
    AccountExhaustionCleared,
    AccountNotFound,
    AccountRegistered,
    AccountRemoved,
    AccountReordered,
    AccountUnavailable,
    AccountUsed,
    Login,
)
from workledger.domain.kernel.aggregate import Aggregate, Event, New, command
from workledger.domain.kernel.fields import Integer, ShortName, Time
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.mapping import format_timestamp, parse_timestamp
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.secret_ref import Fingerprint, SecretRef

Email = Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]

TICK = timedelta(milliseconds=1)
"""Between two uses at least, as far as the one knows of the other."""

LAST = "9999-12-31T23:59:59.999Z"
"""The last time there is."""


def present() -> str:
    """The time, as events have it."""
    return format_timestamp(datetime.now(UTC))


class Account(Aggregate, category="account", prefix="acc", not_found=AccountNotFound, state="state"):
    """A login at a provider, in the pool of that provider: available, or exhausted for a while.

    Attributes:
        exhausted_until: None: until somebody clears it. That it has passed changes nothing until an event says so.
        last_used_at: None when it was never used.
    """

    provider: str
    sort_order: int = 0
    config_ref: str | None = None
    config_fingerprint: str | None = None
    credentials_ref: str | None = None
    credentials_fingerprint: str | None = None
    credentials_status: Login = "none"
    is_exhausted: bool = False
    exhausted_until: str | None = None
    last_used_at: str | None = None

    @property
    def state(self) -> str:
        return "exhausted" if self.is_exhausted else "available"

    @classmethod
    def state_of(cls, row: Mapping[str, Any]) -> str:
        return "exhausted" if row["is_exhausted"] else "available"

    def available(self, at: str) -> bool:
        """Whether it may be used at that time: it is not exhausted, or its time has passed."""
        return not self.is_exhausted or (self.exhausted_until is not None and self.exhausted_until <= at)

    def unavailable(self) -> AccountUnavailable:
        """The refusal of one that is exhausted."""
        when = f"until {self.exhausted_until}" if self.exhausted_until else "until somebody clears it"
        return AccountUnavailable(account_id=self.id, retry_at=self.exhausted_until, when=when)

    @classmethod
    @command
    def create(
        cls,
        *,
        email: Email,
        id: Id | None = None,
        provider: ShortName = "claude",
        sort_order: Integer = 0,
        config_ref: SecretRef | None = None,
        credentials_ref: SecretRef | None = None,
    ) -> "New[Account]":
        """Register an account in the pool of its provider.

        Args:
            config_ref, credentials_ref: where its settings and its credentials are kept; never what they are.
        """
        events: list[Event] = [AccountRegistered(email=email, provider=provider, sort_order=sort_order)]
        if config_ref is not None:
            events.append(AccountConfigChanged(secret_ref=config_ref))
        if credentials_ref is not None:
            events.append(AccountCredentialsRefreshed(secret_ref=credentials_ref))
        return New(Account, id or new_id(Account.PREFIX), events)

    @command
    def use(self, *, agent_run_id: Id | None = None, after: Time | None = None) -> list[Event]:
        """Use it: it goes to the end of its pool's order. `accounts.next_account` chooses which one.

        Args:
            after: the latest use in its pool, which this one comes after.

        Raises:
            AccountUnavailable: ACCOUNT_EXHAUSTED, it is exhausted, and its time has not passed.
        """
        at = present()
        if not self.available(at):
            raise self.unavailable()
        used = AccountUsed(last_used_at=_later(at, self.last_used_at, after), agent_run_id=agent_run_id)
        return [*self.clear_expired_exhaustion(), used]

    @command
    def mark_exhausted(self, *, until: Time | None = None) -> list[Event]:
        """Report that the provider's limit is reached: nobody is given it until that time, or until it is cleared.

        Raises:
            InvalidInput: the time has passed.
        """
        text = None if until is None else format_timestamp(until)
        if text is not None and text <= present():
            message = "a time to come"
            raise InvalidInput(summary=f"until: {message}", errors=[{"loc": ["until"], "msg": message}])
        return [] if self.is_exhausted and text == self.exhausted_until else [AccountExhausted(until=text)]

    @command(when="exhausted", unless="available")
    def clear_exhaustion(self) -> list[Event]:
        """Make it available again, whatever its time."""
        return [AccountExhaustionCleared(reason="manual")]

    @command(when="exhausted", unless="available")
    def clear_expired_exhaustion(self, *, now: Time | None = None) -> list[Event]:
        """Make it available again if its time has passed; nothing happens otherwise.

        Args:
            now: only if it had passed by then; a time to come counts as now.
        """
        at = present() if now is None else min(format_timestamp(now), present())
        return [AccountExhaustionCleared(reason="expired")] if self.available(at) else []

    @command
    def refresh_credentials(self, *, secret_ref: SecretRef, fingerprint: Fingerprint | None = None) -> list[Event]:
        """Report new credentials: where they are kept, and a digest to tell them from others; never what they are."""
        known = (self.credentials_ref, self.credentials_fingerprint) == (secret_ref, fingerprint)
        if known and fingerprint is not None:
            return []
        return [AccountCredentialsRefreshed(secret_ref=secret_ref, fingerprint=fingerprint)]

    @command
    def validate_credentials(self) -> list[Event]:
        """Report that the provider accepts its credentials."""
        return [] if self.credentials_status == "valid" else [AccountCredentialsValidated()]

    @command
    def expire_credentials(self) -> list[Event]:
        """Report that the provider accepts its credentials no longer."""
        return [] if self.credentials_status == "expired" else [AccountCredentialsExpired()]

    @command
    def change_config(self, *, secret_ref: SecretRef | None, fingerprint: Fingerprint | None = None) -> list[Event]:
        """Report other settings: where they are kept (None: there are none), and a digest of them."""
        if (self.config_ref, self.config_fingerprint) == (secret_ref, fingerprint):
            return []
        return [AccountConfigChanged(secret_ref=secret_ref, fingerprint=fingerprint)]

    @command
    def reorder(self, *, sort_order: Integer) -> list[Event]:
        """Give it another place among accounts that were used at the same time, or never."""
        return [] if sort_order == self.sort_order else [AccountReordered(sort_order=sort_order)]

    @command
    def delete(self) -> list[Event]:
        """Remove it from its pool, whoever uses it."""
        return [AccountRemoved(provider=self.provider)]


def _later(at: str, *others: str | datetime | None) -> str:
    """That time, or the first one after all the others."""
    for other in others:
        text = format_timestamp(other) if isinstance(other, datetime) else other
        if text is not None and text >= at:
            at = LAST if text >= LAST else format_timestamp(parse_timestamp(text) + TICK)
    return at
