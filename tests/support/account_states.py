"""A life of an account up to each of its states (domain.md 2.13), and arguments for each of its commands."""

from typing import Any

from workledger.domain.account.events import AccountCredentialsRefreshed, AccountExhausted, AccountRegistered
from workledger.domain.kernel.aggregate import Event

PAST, FUTURE = "2001-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"

registered = AccountRegistered(email="ann@example.com")
refreshed = AccountCredentialsRefreshed(secret_ref="vault:claude/ann#login", fingerprint=f"sha256:{'0' * 64}")
exhausted = AccountExhausted(until=FUTURE)
expired = AccountExhausted(until=PAST)

LIVES: dict[str, tuple[Event, ...]] = {
    "available": (registered, refreshed),
    "exhausted": (registered, refreshed, exhausted),
}

OTHERS: dict[str, tuple[tuple[Event, ...], ...]] = {"exhausted": ((registered, refreshed, expired),)}
"""The time of this one has passed."""

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "use": ({},),
    "mark_exhausted": ({},),
    "clear_exhaustion": ({},),
    "clear_expired_exhaustion": ({},),
    "refresh_credentials": ({"secret_ref": "vault:claude/ann#next"},),
    "validate_credentials": ({},),
    "expire_credentials": ({},),
    "change_config": ({"secret_ref": "file:/etc/claude/ann.json"},),
    "reorder": ({"sort_order": 3},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
