"""The root page of an initiative: it is there once, however many ask for it."""

from workledger.domain.initiative import Initiative
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.request import digest
from workledger.domain.kernel.unit import Unit
from workledger.domain.page import Page, PageNotFound, PageRootExists, root_of

TRIES = 5


def ensure_root_page(
    ledger: Ledger, initiative_id: str, *, title: str | None = None, command_id: str | None = None
) -> Page:
    """The root page of an initiative, which is created when there is none (Codewalkers `getOrCreateRootPage`, C9).

    Args:
        title: of the page if it is created; otherwise it is named after the initiative.

    Raises:
        InitiativeNotFound: INITIATIVE_NOT_FOUND.
    """
    asked = digest("ensure_root_page", initiative_id, title)
    for _ in range(TRIES):
        try:
            with ledger.unit(command_id, digest=asked) as unit:
                unit.decide(lambda: _ensure(unit, initiative_id, title))
        except PageRootExists as refused:
            refusal = refused  # another caller created it before our append
        else:
            if id := root_id(unit, initiative_id):
                return ledger.get(Page, id)
            raise PageNotFound  # deleted since
    raise refusal


def root_id(unit: Unit, initiative_id: str) -> str | None:
    """The id of the root page of an initiative; None when there is none."""
    return next((stream.partition("-")[2] for stream in unit.holders(root_of(initiative_id))), None)


def _ensure(unit: Unit, initiative_id: str, title: str | None) -> None:
    initiative = unit.state(Initiative, initiative_id)
    if root_id(unit, initiative_id) is None:
        unit.create(Page.create(initiative_id=initiative_id, title=title or initiative.name))
