"""The plan around a task: the pages of its initiative in their order, and the content of its phase."""

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa

from workledger.projections.context.documents import readable
from workledger.projections.context.entries import Part, missing
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.tables import ReadTables
from workledger.projections.initiatives import Initiatives
from workledger.projections.pages import PageRow, Pages
from workledger.projections.phases import Phases

PHASE = Statement(
    sa.select(Phases.c.id, Phases.c.initiative_id, Phases.c.name, Phases.c.content).where(
        Phases.c.id == sa.bindparam("id")
    )
)
INITIATIVE = Statement(sa.select(Initiatives.c.id, Initiatives.c.name).where(Initiatives.c.id == sa.bindparam("id")))
PAGES = Statement(
    Pages.table.select()
    .where(Pages.c.initiative_id == sa.bindparam("initiative_id"))
    .order_by(Pages.c.sort_order, Pages.c.id),
    PageRow,
)


def content_of_phase(tables: ReadTables, id: str | None) -> tuple[list[Part], str | None]:
    """The content of a phase, and the initiative that the phase belongs to; nothing for none."""
    if id is None:
        return [], None
    phase = tables.run_first(PHASE, id=id)
    if phase is None:
        return [missing(f"missing: the phase {id}: there is no such phase", id)], None
    text = readable(phase["content"])
    if not text:
        part = missing(f"missing: the content of the phase {phase['name']}: it has none", id, phase["name"])
    else:
        part = Part("phase", text, id, phase["name"])
    return [part], phase["initiative_id"]


def pages_of(tables: ReadTables, initiative_id: str) -> list[Part]:
    """The pages of an initiative: the root, then each page before those below it."""
    pages = in_order(tables.run(PAGES, initiative_id=initiative_id))
    if pages:
        return [_page(one) for one in pages]
    initiative = tables.run_first(INITIATIVE, id=initiative_id)
    if initiative is None:
        return [missing(f"missing: the initiative {initiative_id}: there is no such initiative", initiative_id)]
    name = initiative["name"]
    return [missing(f"missing: the pages of the initiative {name}: it has none", initiative_id, name)]


def _page(page: PageRow) -> Part:
    text = readable(page["content"])
    if not text:
        return missing(f"missing: the content of the page {page['title']}: it has none", page["id"], page["title"])
    return Part("page", text, page["id"], page["title"])


def in_order(pages: Iterable[PageRow]) -> list[PageRow]:
    """Pages as a reader of the tree meets them, siblings in the order in which they are given.

    All of them come, once each: a page whose parent is not among them is taken for a root, after the real one, and so
    is the first of a circle, which only imported rows could have.
    """
    given = list(pages)
    known = {one["id"] for one in given}
    below = defaultdict(list)
    for one in given:
        below[one["parent_page_id"] if one["parent_page_id"] in known else None].append(one)
    ordered: dict[str, PageRow] = {}
    for first in (*sorted(below[None], key=lambda one: one["parent_page_id"] is not None), *given):
        ahead = [first]
        while ahead:
            one = ahead.pop()
            if one["id"] not in ordered:
                ordered[one["id"]] = one
                ahead += reversed(below[one["id"]])
    return [*ordered.values()]
