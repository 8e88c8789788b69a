"""How the service is: alive, ready to be read, and how far each group of read tables has come."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter

from workledger.api.web.answers import Json
from workledger.api.web.deps import Reached, TheService
from workledger.api.web.documented import Answers, TypedDict, answering
from workledger.api.web.service import Service
from workledger.api.web.strict import StrictRoute
from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold.group import Group

router = APIRouter(tags=["service"], route_class=StrictRoute)

NOW = {"Cache-Control": "no-store"}


class Health(TypedDict):
    """How the service is: `failing` when the database cannot be read or a loop does not work."""

    status: Literal["ok", "failing"]
    head: int | None
    position: int | None
    projector: str


class GroupStatus(TypedDict):
    """How far a group of read tables has come."""

    name: str
    position: int
    lag: int
    state: Literal["rebuilding", "behind", "live", "failing"]
    dead_letters: int


class ServiceStatus(TypedDict):
    """How far all is, and what the board says of its data."""

    head: int
    healthy: bool
    groups: list[GroupStatus]
    feeds: int
    simulated: bool
    label: str | None


@router.get("/health")
@answering(Answers(Health, also=[503]))
def health(service: TheService) -> Json:
    """Red when the database cannot be read or a loop is dead or stuck, even when nothing lags behind."""
    return _answer(service, lambda: True)


@router.get("/ready")
@answering(Answers(Health, also=[503]))
def ready(service: TheService) -> Json:
    """Whether the read tables are those of this release, and the projector has once brought them up to the log."""
    return _answer(service, lambda: service.projected)


@router.get("/status")
@answering(Answers(ServiceStatus))
def status(service: TheService, reached: Reached) -> Json:
    """How far the log and each group of read tables have come, how many feeds are open, and what the data is."""
    head = service.ledger.head()
    return Json(
        {
            "head": head,
            "healthy": service.healthy,
            "groups": [
                _group(service, group, at, head) for group, at in service.ledger.projector.checkpoints().items()
            ],
            "feeds": service.tail.feeds,
            "simulated": service.simulated,
            "label": service.label,
        },
        headers=NOW,
    )


def _answer(service: Service, well: Callable[[], bool]) -> Json:
    head: int | None = None
    position: int | None = None
    ok = False
    with suppress(sa.exc.SQLAlchemyError, OSError, Refused):
        position, head = service.position(), service.ledger.head()
        ok = service.healthy and well()
    body = {"status": "ok" if ok else "failing", "head": head, "position": position, **service.loops}
    return Json(body, 200 if ok else 503, NOW)


def _group(service: Service, group: Group, at: Checkpoint, head: int) -> dict[str, Any]:
    lag = max(head - at.position, 0)
    state = "rebuilding" if at.fingerprint != group.fingerprint else "behind" if lag else "live"
    return {
        "name": group.name,
        "position": at.position,
        "lag": lag,
        "state": state if service.healthy else "failing",
        "dead_letters": at.dead_letters,
    }
