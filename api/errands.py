"""Errands over HTTP (Codewalkers, domain.md 1.2)."""

from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, containing, equal
from workledger.api.web.resource import resource
from workledger.domain.errand import Errand, Status
from workledger.projections.errands import Errands

ERRANDS = Listing(
    Errands,
    filters={
        "project_id": equal(Errands.c.project_id, AnyId),
        "status": equal(Errands.c.status, Status),
        "agent_id": equal(Errands.c.agent_id, AnyId),
        "search": containing(Errands.c.description, Errands.c.branch),
    },
    sorts={
        "created_at": Sort([Errands.c.created_at], "desc", ids="along"),
        "updated_at": Sort([Errands.c.updated_at], "desc"),
    },
)

router = resource(Errand, ERRANDS, "errands")
