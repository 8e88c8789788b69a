"""Pages over HTTP: those of an initiative are a tree (Codewalkers, domain.md 1.2)."""

from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from workledger.api.web.answers import Json, tagged
from workledger.api.web.bodies import Body
from workledger.api.web.caller import TheBeginner
from workledger.api.web.commands import receipt_shape
from workledger.api.web.documented import WRITES, Answers, answering
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Filter, Listing, Sort, containing, equal
from workledger.api.web.resource import resource
from workledger.domain.initiative import InitiativeNotFound
from workledger.domain.kernel.fields import Name
from workledger.domain.page import Page
from workledger.domain.services.pages import ensure_root_page
from workledger.projections.engine.tables import ReadTables
from workledger.projections.pages import Pages


def _is_root(tables: ReadTables, root: bool) -> sa.ColumnElement[bool]:
    above = Pages.c.parent_page_id
    return above.is_(None) if root else above.is_not(None)


PAGES = Listing(
    Pages,
    filters={
        "initiative_id": equal(Pages.c.initiative_id, AnyId),
        "parent_page_id": equal(Pages.c.parent_page_id, AnyId),
        "root": Filter(_is_root, bool),
        "search": containing(Pages.c.title),
    },
    sorts={
        "sort_order": Sort([Pages.c.sort_order], "asc"),
        "title": Sort([Pages.c.title], "asc"),
        "created_at": Sort([Pages.c.created_at], "asc"),
        "updated_at": Sort([Pages.c.updated_at], "desc"),
    },
)

router = resource(Page, PAGES, "pages")


class RootPage(Body):
    """Whose root page it is, and its title if it has to be created: the name of the initiative, unless given."""

    initiative_id: AnyId
    title: Annotated[Name | None, Field(description="of the page, if it is created")] = None


@router.post("/pages/ensure-root-page")
@answering(
    Answers(receipt_shape(Page), headers=["X-Position", "ETag"], refused=WRITES, codes={404: [InitiativeNotFound.code]})
)
def the_root_page(asked: RootPage, caller: TheBeginner) -> Json:
    """The root page of an initiative, which is created when there is none (Codewalkers `getOrCreateRootPage`)."""
    with caller.ledger.acting_as(caller.actor):
        page = ensure_root_page(caller.ledger, asked.initiative_id, title=asked.title, command_id=caller.command_id)
    position = caller.ledger.head()
    body = {"id": page.id, "version": page.version, "position": position, "state": page.model_dump(mode="json")}
    return tagged(Json(body, headers={"X-Position": str(position)}), page.version)
