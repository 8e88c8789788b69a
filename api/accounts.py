"""Accounts over HTTP: the pool of each provider, and who is next (Codewalkers, domain.md 1.2)."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter

from workledger.api.web import commands
from workledger.api.web.answers import Json
from workledger.api.web.bodies import Body
from workledger.api.web.caller import TheBeginner
from workledger.api.web.documented import WRITES, Answers, answering
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.account import Account
from workledger.domain.account.events import AccountAllExhausted, AccountExhaustionCleared, Login
from workledger.domain.kernel.fields import ShortName
from workledger.domain.services.accounts import clear_expired_exhaustion, take_account, used_by
from workledger.projections.accounts import Accounts

NEVER = datetime(1, 1, 1, tzinfo=UTC)
USED = sa.func.coalesce(Accounts.c.last_used_at, sa.literal(NEVER, Accounts.c.last_used_at.type))

ACCOUNTS = Listing(
    Accounts,
    filters={
        "provider": equal(Accounts.c.provider),
        "is_exhausted": equal(Accounts.c.is_exhausted, bool),
        "credentials_status": equal(Accounts.c.credentials_status, Login),
        "email": equal(Accounts.c.email),
    },
    sorts={
        "sort_order": Sort([Accounts.c.sort_order], "asc"),
        "last_used_at": Sort([USED], "asc"),
        "created_at": Sort([Accounts.c.created_at], "desc"),
        "updated_at": Sort([Accounts.c.updated_at], "desc"),
    },
)

router: APIRouter = resource(Account, ACCOUNTS, "accounts")


class NextAccount(Body):
    """Of which provider, and for which run."""

    provider: ShortName = "claude"
    agent_run_id: AnyId | None = None


@router.post("/accounts/next-available")
@answering(
    Answers(commands.receipt_shape(Account), 200, commands.HEADERS, WRITES, codes={429: [AccountAllExhausted.code]})
)
def next_available(caller: TheBeginner, asked: NextAccount | None = None) -> Json:
    """Use the next account of a provider: the one that was used least recently, those that were never used first.
    Exhausted ones are left out until their time has passed; no two callers are given one at the same time."""
    given = (asked or NextAccount()).arguments()
    provider = given.pop("provider", "claude")
    with caller.unit() as unit:
        unit.decide(lambda: take_account(unit, provider, **given))
    assert unit.receipt is not None
    id, _ = used_by(caller.ledger, unit.receipt)
    return commands.told(caller, Account, id, unit)


@router.post("/accounts/clear-expired-exhaustion")
@answering(Answers({"count": int, "position": int}, 200, ["X-Position", "Idempotent-Replayed"], WRITES))
def clear_expired(caller: TheBeginner) -> Json:
    """Make the accounts of all providers available whose time has passed; how many."""
    with caller.unit() as unit:
        clear_expired_exhaustion(unit)
    assert unit.receipt is not None
    cleared = [row for row in caller.ledger.recorded_by(unit.receipt) if row.topic == AccountExhaustionCleared.TOPIC]
    about: dict[str, Any] = {"count": len(cleared), "position": unit.receipt.position}
    return Json(about, 200, commands.headers_of(unit.receipt))
