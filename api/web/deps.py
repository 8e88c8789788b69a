"""What endpoints are given: the service, its ledger and tables, and how far they are."""

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.service import Service
from workledger.projections.engine.tables import ReadTables

BIGGEST = 2**63 - 1
"""The largest number that the databases keep."""

LAST_VERSION = 2**31 - 1
"""The largest version that the databases keep."""

Position = Annotated[int, Field(ge=0, le=BIGGEST)]


async def the_service(request: Request) -> Service:
    """The service, at work."""
    service: Service = request.app.state.service
    if not service.started:
        await run_in_threadpool(service.start)
    return service


# These do not depend on each other: FastAPI takes some twenty microseconds to solve each level.


async def the_ledger(request: Request) -> Workledger:
    return (await the_service(request)).ledger


async def the_tables(request: Request) -> ReadTables:
    return (await the_service(request)).ledger.tables


async def the_text_of_tables(request: Request) -> ReadTables:
    """The read tables, for what goes into an answer as it is."""
    return (await the_service(request)).tables_as_text


async def reached(
    request: Request,
    min_position: Annotated[
        Position | None, Query(description="wait until the read tables have reached this position")
    ] = None,
) -> int:
    """The position that the read tables have reached: that of one's own write, when asked for."""
    service = await the_service(request)
    return await service.reached(min_position or 0)


TheService = Annotated[Service, Depends(the_service)]
TheLedger = Annotated[Workledger, Depends(the_ledger)]
TheTables = Annotated[ReadTables, Depends(the_tables)]
TheText = Annotated[ReadTables, Depends(the_text_of_tables)]
Reached = Annotated[int, Depends(reached)]
