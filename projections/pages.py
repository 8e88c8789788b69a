"""Pages of initiatives, as trees (Codewalkers, domain.md 1.2 and 3.7)."""

from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.page import PageContentChanged, PageCreated, PageDeleted, PageMoved, PageRenamed
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import From, Logged, References, Stream
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables


class PageRow(Stamped):
    """A page. The root page of an initiative has none above it."""

    id: Annotated[str, Stream()]
    initiative_id: Annotated[str, From(PageCreated), References("initiatives", "cascade")]
    parent_page_id: Annotated[str | None, From(PageCreated, PageMoved), References("pages", "cascade")]
    title: Annotated[str, From(PageCreated, PageRenamed)]
    content: Annotated[Any, Logged(PageCreated, PageContentChanged)]
    sort_order: Annotated[int, From(PageCreated, PageMoved)]


class Pages(
    Table,
    row=PageRow,
    name="pages",
    born=(PageCreated,),
    dies=(PageDeleted,),
    indexes=("initiative_id, parent_page_id, sort_order, id", "parent_page_id, sort_order, id"),
):
    """The pages of all initiatives until they are deleted."""


GET = Statement(Pages.table.select().where(Pages.c.id == sa.bindparam("id")), PageRow)
ROOT = Statement(
    Pages.table.select().where(
        Pages.c.initiative_id == sa.bindparam("initiative_id"), Pages.c.parent_page_id.is_(None)
    ),
    PageRow,
)
CHILDREN = Statement(
    Pages.table.select()
    .where(Pages.c.parent_page_id == sa.bindparam("page_id"))
    .order_by(Pages.c.sort_order, Pages.c.id),
    PageRow,
)


def get(tables: ReadTables, id: str) -> PageRow | None:
    """The page with that id (Codewalkers `findById`)."""
    return tables.run_first(GET, id=id)


def root(tables: ReadTables, initiative_id: str) -> PageRow | None:
    """The root page of an initiative (Codewalkers `findRootPage`)."""
    return tables.run_first(ROOT, initiative_id=initiative_id)


def children(tables: ReadTables, page_id: str) -> list[PageRow]:
    """The pages right below one, in their order (Codewalkers `findByParentPageId`, C10)."""
    return tables.run(CHILDREN, page_id=page_id)
