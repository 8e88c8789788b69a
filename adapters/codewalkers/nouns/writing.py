"""Pages and proposals."""

from workledger.adapters.codewalkers.noun import Noun, Step
from workledger.adapters.codewalkers.rows import Row
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.page import Page, PageContentChanged, PageCreated, PageMoved, PageRenamed, root_of
from workledger.domain.proposal import Proposal, ProposalAccepted, ProposalDismissed, ProposalSubmitted


class Pages(Noun):
    """A page. An initiative has one root: a second one is below it."""

    table, kind, what = "pages", Page, "pages"
    follows = frozenset(("parent_page_id", "title", "content", "sort_order"))

    def created(self, row: Row) -> Event:
        return PageCreated(
            initiative_id=row["initiative_id"],
            parent_page_id=row["parent_page_id"],
            title=row["title"],
            content=row["content"],
            sort_order=row["sort_order"],
        )

    def follow(self, step: Step) -> None:
        row = step.row
        if row.changed is None:
            return
        if row.has_changed("title"):
            step.happen(PageRenamed(title=row["title"]))
        if row.has_changed("content"):
            step.happen(PageContentChanged(content=row["content"]))
        if row.has_changed("parent_page_id", "sort_order"):
            step.happen(PageMoved(parent_page_id=row["parent_page_id"], sort_order=row["sort_order"]))

    def again(self, step: Step) -> Event:
        return PageRenamed(title=step.row["title"])

    def amended(self, row: Row, refused: Refused, ledger: Ledger) -> Row | None:
        if refused.code == "PAGE_ROOT_EXISTS":
            [root, *_] = ledger.holders(root_of(row["initiative_id"]))
            fault = "pages.parentPageId: a second root of an initiative (below the first here)"
            return row.amended(fault, parent_page_id=root.partition("-")[2])
        return super().amended(row, refused, ledger)


class Proposals(Noun):
    """A proposal of an agent: pending, accepted or dismissed."""

    table, kind, what = "proposals", Proposal, "proposals"
    follows = frozenset(("status",))

    def created(self, row: Row) -> Event:
        return ProposalSubmitted(
            agent_id=row["agent_id"],
            initiative_id=row["initiative_id"],
            target_type=row["target_type"],
            target_id=row["target_id"],
            title=row["title"],
            summary=row["summary"],
            content=row["content"],
            metadata=row["metadata"],
            sort_order=row["sort_order"],
        )

    def follow(self, step: Step) -> None:
        if step.differs("status") and step.row["status"] != "pending":
            step.happen(ProposalAccepted() if step.row["status"] == "accepted" else ProposalDismissed())
