"""An account: a login at a provider, available or exhausted; its secrets are kept elsewhere (domain.md 2.13)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example
from hypothesis import given as each
from hypothesis import strategies as st

from support.account_states import FUTURE, LIVES, PAST, exhausted, expired, refreshed, registered
from workledger.domain.account import Account
from workledger.domain.account.account import LAST, present
from workledger.domain.account.events import (
    AccountConfigChanged,
    AccountCredentialsExpired,
    AccountCredentialsRefreshed,
    AccountCredentialsValidated,
    AccountExhausted,
    AccountExhaustionCleared,
    AccountRegistered,
    AccountRemoved,
    AccountReordered,
    AccountUnavailable,
    AccountUsed,
)
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.claims import Release, Take
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.secret_ref import is_secret_ref
from workledger.testing import given


def fold(*events: Event) -> Account:
    account = Account.fold("acc_1", events)
    assert account is not None
    return account


def test_what_codewalkers_leaves_out_has_its_defaults() -> None:
    """C1: claude, order 0, not exhausted, never used."""
    new = Account.create(email="ann@example.com")
    assert new.id.startswith("acc_")
    assert new.events == [AccountRegistered(email="ann@example.com", provider="claude", sort_order=0)]
    account = fold(*new.events)
    assert (account.is_exhausted, account.exhausted_until, account.last_used_at) == (False, None, None)
    assert (account.config_ref, account.credentials_ref, account.credentials_status) == (None, None, "none")


def test_where_its_secrets_are_may_be_said_at_once() -> None:
    new = Account.create(email="a@b", config_ref="file:/etc/claude.json", credentials_ref="env:CLAUDE_TOKEN")
    assert new.events[1:] == [
        AccountConfigChanged(secret_ref="file:/etc/claude.json"),
        AccountCredentialsRefreshed(secret_ref="env:CLAUDE_TOKEN"),
    ]


def test_its_e_mail_is_in_its_first_event_alone() -> None:
    """So that erasing one event erases it: neither the aggregate, and with it its snapshots, nor a claim has it."""
    account = fold(*LIVES["exhausted"])
    assert "ann@example.com" not in account.model_dump_json()
    assert not any("ann@example.com" in claim.key for claim in registered.claims(None, "acc_1"))
    assert "ann@example.com" not in "".join(event.model_dump_json() for event in account.delete())


@pytest.mark.parametrize("email", ["", "ann", "@b", "a@", "a b@c", "a@b@c", "a" * 319 + "@b"])
def test_an_e_mail_has_a_name_and_a_host(email: str) -> None:
    given(Account).when(Account.create, email=email).refused(InvalidInput)


# Its pool


def test_it_is_in_the_pool_of_its_provider_until_it_is_removed() -> None:
    pool = "accounts_of:claude"
    assert [one.key for one in registered.claims(None, "acc_1") if isinstance(one, Take)] == ["account:acc_1", pool]
    removed = AccountRemoved(provider="claude")
    given(Account, registered).when(Account.delete).then(removed)
    freed = {one.key for one in removed.claims(fold(registered), "acc_1") if isinstance(one, Release)}
    assert freed == {"account:acc_1", pool, "exhausted_accounts"}


def test_it_gets_another_place() -> None:
    given(Account, registered).when(Account.reorder, sort_order=3).then(AccountReordered(sort_order=3))
    given(Account, registered, AccountReordered(sort_order=3)).when(Account.reorder, sort_order=3).then()


def test_a_use_is_later_than_all_that_are_known() -> None:
    """Whatever this process's clock says: the order of uses is that of their times."""
    before = present()
    first: Any = fold(registered).use(agent_run_id="run_1")[0]
    assert (before <= first.last_used_at, first.agent_run_id) == (True, "run_1")
    [second] = fold(registered, AccountUsed(last_used_at=FUTURE)).use()
    assert second == AccountUsed(last_used_at="2999-01-01T00:00:00.001Z")
    [third] = fold(registered).use(after=parse_timestamp("2999-01-01T00:00:00.999Z"))
    assert third == AccountUsed(last_used_at="2999-01-01T00:00:01.000Z")


def test_there_is_no_time_after_the_last() -> None:
    given(Account, registered).when(Account.use, after=parse_timestamp(LAST)).then(AccountUsed(last_used_at=LAST))


# Exhaustion


def test_it_is_exhausted_until_a_time_or_until_somebody_clears_it() -> None:
    given(Account, registered).when(Account.mark_exhausted, until=parse_timestamp(FUTURE)).then(exhausted)
    given(Account, registered).when(Account.mark_exhausted).then(AccountExhausted(until=None))
    given(Account, registered, exhausted).when(Account.mark_exhausted, until=parse_timestamp(FUTURE)).then()
    given(Account, registered, exhausted).when(Account.mark_exhausted).then(AccountExhausted(until=None))


@pytest.mark.parametrize("until", [parse_timestamp(PAST), datetime.now(UTC) - timedelta(milliseconds=1)])
def test_a_limit_that_is_over_is_no_limit(until: datetime) -> None:
    given(Account, registered).when(Account.mark_exhausted, until=until).refused(InvalidInput)


def test_an_exhausted_one_is_not_used() -> None:
    given(Account, registered, exhausted).when(Account.use).refused(AccountUnavailable, retry_at=FUTURE)
    given(Account, registered, AccountExhausted()).when(Account.use).refused(AccountUnavailable, retry_at=None)


def test_one_whose_time_has_passed_is_used_and_says_so_first() -> None:
    cleared, used = fold(registered, expired).use()
    assert cleared == AccountExhaustionCleared(reason="expired")
    assert isinstance(used, AccountUsed)


def test_by_hand_it_is_cleared_whatever_its_time() -> None:
    for until in (exhausted, expired, AccountExhausted()):
        given(Account, registered, until).when(Account.clear_exhaustion).then(AccountExhaustionCleared(reason="manual"))
    given(Account, registered).when(Account.clear_exhaustion).then()


def test_only_one_whose_time_has_passed_is_cleared_as_expired() -> None:
    clear = Account.clear_expired_exhaustion
    given(Account, registered, expired).when(clear).then(AccountExhaustionCleared(reason="expired"))
    given(Account, registered, expired).when(clear, now=parse_timestamp("2000-12-31T23:59:59.999Z")).then()
    given(Account, registered, expired).when(clear, now=parse_timestamp(PAST)).becomes(is_exhausted=False)
    for other in (exhausted, AccountExhausted()):
        given(Account, registered, other).when(clear).then()
        given(Account, registered, other).when(clear, now=parse_timestamp(LAST)).then()


def test_the_exhausted_ones_hold_a_key_by_which_they_are_found() -> None:
    assert [one.key for one in exhausted.claims(fold(registered), "acc_1")] == ["exhausted_accounts"]
    cleared = AccountExhaustionCleared(reason="manual")
    assert list(cleared.claims(fold(registered, exhausted), "acc_1")) == [Release("exhausted_accounts")]


# Settings and credentials


DIGEST = f"sha256:{'0' * 64}"


def test_new_credentials_are_told_by_where_they_are_and_by_a_digest() -> None:
    again = {"secret_ref": "vault:claude/ann#login", "fingerprint": DIGEST}
    other = {**again, "fingerprint": "sha256:ffffffff"}
    given(Account, registered, refreshed).when(Account.refresh_credentials, **again).then()
    given(Account, registered, refreshed).when(Account.refresh_credentials, **other).then(
        AccountCredentialsRefreshed(**other)
    )
    in_place = {"secret_ref": "vault:claude/ann#login"}
    changed = AccountCredentialsRefreshed(**in_place)
    given(Account, registered, changed).when(Account.refresh_credentials, **in_place).then(changed)


def test_credentials_are_unchecked_valid_or_expired() -> None:
    valid, over = AccountCredentialsValidated(), AccountCredentialsExpired()
    assert fold(registered, refreshed).credentials_status == "unchecked"
    given(Account, registered, refreshed).when(Account.validate_credentials).then(valid)
    given(Account, registered, refreshed, valid).when(Account.validate_credentials).then()
    given(Account, registered, refreshed, valid).when(Account.expire_credentials).then(over)
    given(Account, registered, refreshed, over).when(Account.expire_credentials).then()
    assert fold(registered, refreshed, over, refreshed).credentials_status == "unchecked"


def test_settings_are_elsewhere_too() -> None:
    changed = AccountConfigChanged(secret_ref="file:/etc/claude/ann.json")
    given(Account, registered).when(Account.change_config, secret_ref="file:/etc/claude/ann.json").then(changed)
    given(Account, registered, changed).when(Account.change_config, secret_ref=None).then(
        AccountConfigChanged(secret_ref=None)
    )
    given(Account, registered).when(Account.change_config, secret_ref=None).then()


PLACES = [
    "vault:claude/ann#login",
    "vault://secret/data/claude#token",
    "env:CLAUDE_CODE_OAUTH_TOKEN",
    "op://Private/claude/password",
    "file:/home/ann/.claude/.credentials.json",
    "keychain:Claude%20Code-credentials/ann@example.com",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:claude-AbCdEf",
    "secret:acc_01a21533a33c7001b194d3c2c7e097f2/credentials",
    "secret:01JDQ4M8Z3V0Y6K2W9R5T7B1XN",
    "k8s:agents/claude-ann#oauth",
]
LONG = "aB3dE5fG7h" * 4
SECRETS = [
    "hunter2",
    "",
    "sk" + f"-ant-oat01-{LONG}",
    "env:" + "sk" + f"-ant-api03-{LONG.lower()}",
    "gh" + f"p_{LONG.lower()}",
    "vault:" + "gh" + f"o_{LONG.lower()}",
    "vault:" + LONG,
    f"file:/tmp/{LONG}",
    "https://ann:hunter2@example.com/login",
    '{"claudeAiOauth": {"accessToken": "x"}}',
    '{"oauthAccount":{}}',
    "Bearer abc",
    "ey" + "JhbGciOiJIUzI1NiJ9.e30.x",
    "token:ey" + "JhbGciOiJIUzI1NiJ9.e30.x",
    "-----BEGIN PRIVATE KEY-----",
    "vault:a b",
    "vault:a\nb",
    "vault:",
    "vault://",
    "v" * 501,
]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_is_a_reference(place: str) -> None:
    given(Account, registered).when(Account.refresh_credentials, secret_ref=place).becomes(credentials_ref=place)


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_no_reference_and_the_refusal_does_not_repeat_it(secret: str) -> None:
    for command, arguments in (
        (Account.create, {"email": "a@b", "config_ref": secret}),
        (Account.create, {"email": "a@b", "credentials_ref": secret}),
    ):
        given(Account).when(command, **arguments).refused(InvalidInput)
    for command in (Account.refresh_credentials, Account.change_config):
        with pytest.raises(InvalidInput) as refused:
            command(fold(registered), secret_ref=secret)
        assert len(secret) < 8 or secret not in f"{refused.value} {refused.value.details}"


@pytest.mark.parametrize("text", [LONG, "0" * 64, "sha256:", "sha256:xyz", "sha256:" + "0" * 65, "md5:" + "0" * 32])
def test_a_fingerprint_is_a_digest_that_says_so(text: str) -> None:
    given(Account, registered).when(Account.refresh_credentials, secret_ref="env:TOKEN", fingerprint=text).refused(
        InvalidInput
    )


@each(st.text(max_size=40))
@example("vault:x")
def test_no_text_without_a_scheme_is_a_reference(text: str) -> None:
    if is_secret_ref(text):
        assert ":" in text
        assert not set(text) & set(" \t\r\n{}[]\"'`<>\\=,;")
