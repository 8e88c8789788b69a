"""Accounts over HTTP: the next one of a pool, what has expired, and secrets that are refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.account_states import PAST
from support.http_client import Doors
from workledger.domain.account import Account
from workledger.domain.account.events import AccountExhausted
from workledger.domain.kernel.mapping import format_timestamp

SOON = format_timestamp(datetime.now(UTC) + timedelta(days=1))
TOKEN = "sk" + "-ant-oat01-" + "aB3dE5fG7h" * 4


def register(doors: Doors, *ids: str, **details: Any) -> None:
    for id in ids:
        doors.do("accounts", id=id, email=f"{id}@example.com", **details)


def test_the_next_account_is_used_and_told(all_doors: Doors) -> None:
    """C11."""
    register(all_doors, "a", "b")
    first = all_doors.do("accounts/next-available", agent_run_id="run_1")
    assert (first["id"], first["version"], first["state"]["is_exhausted"]) == ("a", 2, False)
    assert all_doors.do("accounts/next-available")["id"] == "b"
    assert all_doors.do("accounts/next-available", provider="claude")["id"] == "a"
    row = all_doors.see("accounts/a", min_position=all_doors.ledger.head())
    assert (row["use_count"], row["state"], row["email"]) == (2, "available", "a@example.com")
    assert row["last_used_at"] > first["state"]["last_used_at"]


def test_repeated_with_its_key_it_is_the_same_account(doors: Doors) -> None:
    register(doors, "a", "b")
    headers = {"Idempotency-Key": "once"}
    first = doors.answer("POST", "accounts/next-available", json={}, headers=headers)
    again = doors.answer("POST", "accounts/next-available", json={}, headers=headers)
    assert (first.json()["id"], again.json()) == ("a", first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = doors.answer("POST", "accounts/next-available", json={"provider": "codex"}, headers=headers)
    assert other.json()["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_when_all_are_exhausted_the_answer_says_when_to_try_again(doors: Doors) -> None:
    """C11: in the body, and as Retry-After."""
    register(doors, "a", "b")
    doors.do("accounts/a/mark-exhausted", until=SOON)
    doors.do("accounts/b/mark-exhausted")
    answer = doors.answer("POST", "accounts/next-available", json={})
    assert (answer.status_code, answer.json()["code"]) == (429, "ACCOUNT_ALL_EXHAUSTED")
    assert answer.json().items() >= {"provider": "claude", "retry_at": SOON}.items()
    assert 80_000 < int(answer.headers["Retry-After"]) <= 86_400
    assert SOON in answer.json()["detail"]


def test_when_nobody_knows_it_says_so(doors: Doors) -> None:
    answer = doors.answer("POST", "accounts/next-available", json={"provider": "codex"})
    assert (answer.status_code, answer.json()["retry_at"]) == (429, None)
    assert "Retry-After" not in answer.headers


def test_expired_exhaustion_is_cleared_and_counted(doors: Doors) -> None:
    """C12."""
    register(doors, "a", "b", "c")
    for id, until in (("a", PAST), ("b", SOON)):
        with doors.ledger.unit() as unit:
            unit.record(Account, id, [AccountExhausted(until=until)])
    headers = {"Idempotency-Key": "sweep"}
    first = doors.answer("POST", "accounts/clear-expired-exhaustion", headers=headers)
    again = doors.answer("POST", "accounts/clear-expired-exhaustion", headers=headers)
    assert (first.json()["count"], again.json()) == (1, first.json())
    assert doors.do("accounts/clear-expired-exhaustion")["count"] == 0
    page = doors.see("accounts", is_exhausted=True, min_position=doors.ledger.head())
    assert [row["id"] for row in page["items"]] == ["b"]


def test_a_pool_is_listed_with_those_first_that_were_never_used(doors: Doors) -> None:
    register(doors, "a", "b", "c")
    doors.do("accounts/next-available")
    doors.do("accounts/next-available")
    page = doors.see("accounts", provider="claude", sort="last_used_at", min_position=doors.ledger.head())
    assert [row["id"] for row in page["items"]] == ["c", "a", "b"]


def test_an_account_may_be_called_as_an_endpoint_is(doors: Doors) -> None:
    register(doors, "next-available")
    assert doors.see("accounts/next-available", min_position=doors.ledger.head())["id"] == "next-available"
    assert doors.do("accounts/next-available")["id"] == "next-available"


def test_a_limit_in_the_past_is_refused(doors: Doors) -> None:
    register(doors, "a")
    assert doors.refuses("accounts/a/mark-exhausted", until=PAST) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("path", ["accounts", "accounts/a/refresh-credentials", "accounts/a/change-config"])
def test_a_secret_is_neither_recorded_nor_repeated_nor_logged(
    doors: Doors, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    register(doors, "a")
    head = doors.ledger.head()
    for secret in (TOKEN, f"env:{TOKEN}", '{"claudeAiOauth": {"accessToken": "' + TOKEN + '"}}'):
        name = "credentials_ref" if path == "accounts" else "secret_ref"
        answer = doors.answer("POST", path, json={name: secret} | ({"email": "b@c"} if path == "accounts" else {}))
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert TOKEN not in answer.text
        assert "vault:" in answer.json()["errors"][0]["msg"]
    assert doors.ledger.head() == head
    assert TOKEN not in caplog.text


def test_a_run_is_started_with_an_account_that_is_there_of_its_provider_and_available(doors: Doors) -> None:
    register(doors, "a", "b")
    register(doors, "other", provider="codex")
    doors.do("agents", id="ann", name="ann")
    doors.do("accounts/b/mark-exhausted")
    assert doors.refuses("agent-runs", agent_id="ann", account_id="nobody") == (404, "ACCOUNT_NOT_FOUND")
    assert doors.refuses("agent-runs", agent_id="ann", account_id="other") == (409, "ACCOUNT_OF_ANOTHER_PROVIDER")
    assert doors.refuses("agent-runs", agent_id="ann", account_id="b") == (409, "ACCOUNT_EXHAUSTED")
    run = doors.do("agent-runs", agent_id="ann", id="r")
    assert run["state"]["account_id"] == "a"
    doors.do("agent-runs/r/report-output")
    for account, refusal in (
        ("nobody", (404, "ACCOUNT_NOT_FOUND")),
        ("other", (409, "ACCOUNT_OF_ANOTHER_PROVIDER")),
        ("b", (409, "ACCOUNT_EXHAUSTED")),
    ):
        assert doors.refuses("agent-runs/r/switch-account", account_id=account) == refusal
    doors.do("accounts/b/clear-exhaustion")
    assert doors.do("agent-runs/r/switch-account", account_id="b")["state"]["account_id"] == "b"
