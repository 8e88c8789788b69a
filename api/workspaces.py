"""Workspaces over HTTP (Elmer, DOMAIN.md 1.1)."""

from fastapi import APIRouter

from workledger.api.web import history, listing
from workledger.api.web.listing import Listing, Sort, containing
from workledger.domain.workspace import Workspace, WorkspaceNotFound
from workledger.projections.workspaces import Workspaces

WORKSPACES = Listing(
    Workspaces,
    filters={"search": containing(Workspaces.c.name, Workspaces.c.description)},
    sorts={
        "name": Sort([Workspaces.c.name], "asc"),
        "created_at": Sort([Workspaces.c.created_at], "desc"),
        "updated_at": Sort([Workspaces.c.updated_at], "desc"),
    },
)

router = APIRouter(prefix="/workspaces", tags=["workspaces"])
listing.add(router, WORKSPACES)
listing.add_detail(router, Workspaces, WorkspaceNotFound)
history.add(router, Workspace)
