"""The app: every resource of the ledger over HTTP, its live feed, and the board page; to be run, or mounted."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.requests import HTTPConnection

from workledger.adapters.bootstrap import Workledger
from workledger.api import (
    accounts,
    agent_runs,
    agents,
    change_sets,
    chat_sessions,
    commits,
    contexts,
    conversations,
    errands,
    errors,
    events,
    feed,
    health,
    inbox,
    initiatives,
    messages,
    model_usage,
    openapi,
    page,
    pages,
    phases,
    plan,
    projects,
    proposals,
    review_comments,
    sessions,
    stage_runs,
    tasks,
    tool_calls,
    workspaces,
    worktrees,
    write_operations,
)
from workledger.api.web import problems
from workledger.api.web.conditional import Conditional
from workledger.api.web.guard import Guard, named
from workledger.api.web.index import Index
from workledger.api.web.methods import Methods
from workledger.api.web.schema import schema_of
from workledger.api.web.service import Service
from workledger.api.web.targets import Targets, whole_ids
from workledger.projections.engine.follow.worker_loop import WorkerLoop

RESOURCES = (
    workspaces,
    projects,
    inbox,
    initiatives,
    phases,
    plan,
    review_comments,
    pages,
    proposals,
    change_sets,
    tasks,
    contexts,
    agents,
    agent_runs,
    accounts,
    model_usage,
    tool_calls,
    sessions,
    worktrees,
    commits,
    stage_runs,
    write_operations,
    messages,
    conversations,
    chat_sessions,
    errands,
    events,
    feed,
    health,
    errors,
    openapi,
)

DEFAULT = {
    "description": "Refused: a problem (RFC 9457) with a stable `code`.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
"""What is said of routes that do not say themselves how they are refused."""


class App(FastAPI):
    """The app, with a schema that says what its routes answer."""

    def openapi(self) -> dict[str, Any]:
        asked = super().openapi()
        if self._documented is None or self._documented[0] is not asked:
            self._documented = asked, schema_of(self, asked)
        return self._documented[1]

    _documented: tuple[dict[str, Any], dict[str, Any]] | None = None


def create_app(
    ledger: Workledger,
    *,
    routers: Iterable[APIRouter] = (),
    project: bool = True,
    hosts: Iterable[str] = (),
    heartbeat: float = 15.0,
    simulated: bool = False,
    label: str | None = None,
    watch: Iterable[WorkerLoop] = (),
) -> FastAPI:
    """The app that serves a ledger; the ledger stays the caller's to close, once the app has stopped.

    An app that mounts it need do nothing: it starts on first use. To have it stop in time, enter `running(app)` in
    the lifespan of the app around it.

    Args:
        routers: resources of an app, which are answered under `/api` beside ours.
        project: keep the read tables up here; give False when the ledger does so inline, or another process does.
        hosts: names it may be called by beside those of this machine, with a port or without, which may be any.
        heartbeat: seconds between signs of life on a feed where nothing happens.
        simulated, label: what the board says of its data.
        watch: loops that work beside it, such as that of policies; health is red when one of them is not well.
    """
    service = Service(ledger, project=project, heartbeat=heartbeat, simulated=simulated, label=label, watch=watch)
    app = App(
        title="workledger",
        summary="The event-sourced record of what AI coding agents do.",
        lifespan=running,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={"default": DEFAULT},
    )
    app.state.service = service
    problems.install(app)
    for middleware, options in ((Conditional, {}), (Methods, {}), (Guard, {"hosts": named(hosts)}), (Targets, {})):
        app.add_middleware(middleware, **options)
    included = []
    for resource in RESOURCES:
        app.include_router(resource.router, prefix="/api")
        included.append((resource.router, app.router.routes[-1]))
    app.router.routes.insert(0, Index(included))
    for router in routers:
        app.include_router(router, prefix="/api", dependencies=[Depends(_whole_ids)])
    if page.FOLDER.is_dir():
        page.install(app)
    return app


async def _whole_ids(request: HTTPConnection) -> None:
    whole_ids(request)


def service_of(app: FastAPI) -> Service:
    """What serves the ledger of an app of `create_app`."""
    service: Service = app.state.service
    return service


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """An app of `create_app` at work; at the end its feeds are ended and its projector has stopped."""
    service = service_of(app)
    service.start()
    try:
        yield
    finally:
        await run_in_threadpool(service.stop)
