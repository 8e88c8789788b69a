"""Accounts of providers: when they were used, and how long they are exhausted (Codewalkers, domain.md 1.2, 3.7)."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa

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
    AccountUsed,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import Count, From, Stream, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

STATUS = (AccountRegistered, AccountCredentialsRefreshed, AccountCredentialsValidated, AccountCredentialsExpired)
LIMITED = (AccountExhausted, AccountExhaustionCleared)


class AccountRow(Stamped):
    """A login at a provider. Its settings and its credentials are kept elsewhere: the row says where, and has their
    digests."""

    id: Annotated[str, Stream()]
    email: Annotated[str, From(AccountRegistered)]
    provider: Annotated[str, From(AccountRegistered)]
    config_ref: Annotated[str | None, From(AccountConfigChanged, field="secret_ref")]
    config_fingerprint: Annotated[str | None, From(AccountConfigChanged, field="fingerprint")]
    credentials_ref: Annotated[str | None, From(AccountCredentialsRefreshed, field="secret_ref")]
    credentials_fingerprint: Annotated[str | None, From(AccountCredentialsRefreshed, field="fingerprint")]
    credentials_status: Annotated[str, From(*STATUS)]
    is_exhausted: Annotated[bool, From(AccountRegistered, *LIMITED)]
    exhausted_at: Annotated[datetime | None, When(AccountExhausted)]
    exhausted_until: Annotated[datetime | None, From(*LIMITED, field="until")]
    last_used_at: Annotated[datetime | None, From(AccountUsed)]
    use_count: Annotated[int, Count(AccountUsed)]
    sort_order: Annotated[int, From(AccountRegistered, AccountReordered)]


class Accounts(
    Table,
    row=AccountRow,
    name="accounts",
    born=(AccountRegistered,),
    dies=(AccountRemoved,),
    indexes=("provider, is_exhausted, last_used_at, sort_order, id",),
):
    """The accounts of all providers until they are removed."""


TURN = (
    sa.case((Accounts.c.last_used_at.is_(None), 0), else_=1),
    Accounts.c.last_used_at,
    Accounts.c.sort_order,
    Accounts.c.id,
)
"""The order in which the accounts of a pool are used: those that were never used first."""

GET = Statement(Accounts.table.select().where(Accounts.c.id == sa.bindparam("id")), AccountRow)
OF_PROVIDER = Statement(
    Accounts.table.select().where(Accounts.c.provider == sa.bindparam("provider")).order_by(*TURN), AccountRow
)
EXHAUSTED = Statement(
    Accounts.table.select()
    .where(Accounts.c.is_exhausted)
    .order_by(Accounts.c.exhausted_until.is_(None), Accounts.c.exhausted_until, Accounts.c.id),
    AccountRow,
)


def get(tables: ReadTables, id: str) -> AccountRow | None:
    """The account with that id."""
    return tables.run_first(GET, id=id)


def of_provider(tables: ReadTables, provider: str) -> list[AccountRow]:
    """The pool of a provider, in the order in which it is used: exhausted ones keep their place."""
    return tables.run(OF_PROVIDER, provider=provider)


def exhausted(tables: ReadTables) -> list[AccountRow]:
    """The accounts of all providers that are exhausted: first those that come back first, last those that are to be
    cleared by hand."""
    return tables.run(EXHAUSTED)
