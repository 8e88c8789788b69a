"""Workspaces over HTTP (Elmer, domain.md 1.1)."""

from workledger.api.web.listing import Listing, Sort, containing
from workledger.api.web.resource import resource
from workledger.domain.workspace import Workspace
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

router = resource(Workspace, WORKSPACES, "workspaces")
