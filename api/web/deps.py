"""What endpoints are given: the service, its ledger and tables, how far they are, and who asks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BeforeValidator, Field

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.problems import StaleVersion
from workledger.api.web.service import Service
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.ids import Id
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput
from workledger.domain.kernel.unit import Unit
from workledger.projections.engine.tables import ReadTables

BIGGEST = 2**63 - 1
"""The largest number that the databases keep."""

ETAG = re.compile(r'^(?:W/)?"(\d{1,18})"$')

Position = Annotated[int, Field(ge=0, le=BIGGEST)]
Moment = Annotated[AwareDatetime, BeforeValidator(lambda value: _dated(value))]
"""A time as RFC 3339 has it; numbers are none."""
TheId = Annotated[Id, Path()]


async def the_service(request: Request) -> Service:
    """The service, at work."""
    service: Service = request.app.state.service
    if not service.started:
        await run_in_threadpool(service.start)
    return service


TheService = Annotated[Service, Depends(the_service)]


async def the_ledger(service: TheService) -> Workledger:
    return service.ledger


async def the_tables(service: TheService) -> ReadTables:
    return service.ledger.tables


async def reached(
    service: TheService,
    min_position: Annotated[
        Position | None, Query(description="wait until the read tables have reached this position")
    ] = None,
) -> int:
    """The position that the read tables have reached: that of one's own write, when asked for."""
    return await service.reached(min_position or 0)


TheLedger = Annotated[Workledger, Depends(the_ledger)]
TheTables = Annotated[ReadTables, Depends(the_tables)]
Reached = Annotated[int, Depends(reached)]


def _dated(value: object) -> object:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("a date and a time, such as 2026-11-21T06:00:00Z")
    return value


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes, under which command id, and at which version they have seen what they change."""

    ledger: Workledger
    actor: str
    command_id: str | None
    expected_version: int | None

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """A unit of work on the caller's behalf.

        Raises:
            StaleVersion: CONCURRENCY_CONFLICT, what was expected was not there any more.
        """
        try:
            with self.ledger.acting_as(self.actor), self.ledger.unit(self.command_id) as unit:
                yield unit
        except ConcurrencyConflict as conflict:
            if self.expected_version is None:
                raise
            raise StaleVersion(**conflict.details) from None

    def expect(self, unit: Unit, kind: type[Aggregate], id: str) -> None:
        """Go on only if it is at the version that the caller has seen."""
        if self.expected_version is not None:
            unit.edit(kind, id, expected_version=self.expected_version)


async def the_caller(
    ledger: TheLedger,
    x_actor: Annotated[str, Header(max_length=200, description="on whose behalf, such as user:ann")] = "user:local",
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=200, description="the command's id: once seen, it is not repeated")
    ] = None,
    if_match: Annotated[str | None, Header(description="the version that was looked at, in quotes")] = None,
) -> Caller:
    """
    Raises:
        InvalidInput: If-Match is no version.
    """
    version = None
    if if_match is not None and if_match.strip() != "*":
        found = ETAG.match(if_match.strip())
        if found is None:
            raise InvalidInput(summary=f'If-Match: a version in quotes, such as "3", not {if_match}')
        version = int(found[1])
    return Caller(ledger, x_actor, idempotency_key, version)


TheCaller = Annotated[Caller, Depends(the_caller)]
