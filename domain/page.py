"""A page of an initiative's documentation: a tree of them, with one root (Codewalkers, domain.md 1.2)."""

from collections.abc import Iterable
from typing import Any

from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, Peers, command
from workledger.domain.kernel.claims import UNLIMITED, Claim, Release, Require, Take, Vacancy, key_of, releases
from workledger.domain.kernel.fields import UNSET, Document, Integer, Name, Unset
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput, NotFound, Refused


def _root(initiative_id: str) -> tuple[str, str]:
    """The key that the root page of an initiative holds, in parts (domain.md 3.3, X4)."""
    return "page_root", initiative_id


def root_of(initiative_id: str) -> str:
    """The key that the root page of an initiative holds."""
    return key_of(*_root(initiative_id))


def subpages_of(page_id: str) -> str:
    """The key that the pages below a page hold: they are deleted with it."""
    return key_of("subpages_of", page_id)


class PageNotFound(NotFound):
    """There is no such page."""

    code = "PAGE_NOT_FOUND"


class PageRootExists(Refused):
    """The initiative {initiative_id} has a root page already: {holder}."""

    code = "PAGE_ROOT_EXISTS"


class PageCycle(Refused):
    """The page {parent_page_id} is {page_id} or below it; a page cannot be moved below itself."""

    code = "PAGE_CYCLE"


class PageOfAnotherInitiative(Refused):
    """The page {parent_page_id} belongs to the initiative {initiative_id}; pages below it belong there too."""

    code = "PAGE_OF_ANOTHER_INITIATIVE"


class Placed:
    """Events that put a page below another, or make it the root."""

    parent_page_id: str | None

    def place(self, initiative_id: str) -> Iterable[Claim]:
        """The claims on that place."""
        if self.parent_page_id:
            yield Take(subpages_of(self.parent_page_id), capacity=UNLIMITED)
        else:
            yield Take(root_of(initiative_id), PageRootExists, details={"initiative_id": initiative_id})

    def guard_place(self, initiative_id: str, peers: Peers) -> None:
        """
        Raises:
            PageOfAnotherInitiative: PAGE_OF_ANOTHER_INITIATIVE, the page above belongs to another one.
        """
        above = peers.find(Page, self.parent_page_id) if self.parent_page_id else None
        if above is not None and above.initiative_id != initiative_id:
            raise PageOfAnotherInitiative(
                parent_page_id=self.parent_page_id, initiative_id=above.initiative_id, wanted=initiative_id
            )


class PageCreated(Placed, Created, topic="page.created"):
    """A page was created, below another one or as the root of its initiative."""

    initiative_id: str
    parent_page_id: str | None = None
    title: str
    content: dict[str, Any] | str | None = None
    sort_order: int = 0

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield from self.place(self.initiative_id)

    def guard(self, before: Any, id: str, peers: Peers) -> None:
        self.guard_place(self.initiative_id, peers)


class PageRenamed(Event, topic="page.renamed"):
    """Its title was changed."""

    title: str


class PageContentChanged(Event, topic="page.content_changed"):
    """Its content was replaced."""

    content: dict[str, Any] | str | None


class PageMoved(Placed, Event, topic="page.moved"):
    """It was given another place: below another page, or in another order."""

    parent_page_id: str | None
    sort_order: int

    def claims(self, before: "Page", id: str) -> Iterable[Claim]:
        if self.parent_page_id != before.parent_page_id:
            yield from before.leaving()
            yield from self.place(before.initiative_id)

    def check(self, before: "Page", id: str, peers: Peers) -> None:
        """Pages form a tree.

        Raises:
            PageCycle: PAGE_CYCLE, the page above is this one or below it.
        """
        above = self.parent_page_id if self.parent_page_id != before.parent_page_id else None
        seen = set[str]()
        while above is not None and above not in seen:
            if above == id:
                raise PageCycle(page_id=id, parent_page_id=self.parent_page_id)
            seen.add(above)
            page = peers.find(Page, above)
            above = page.parent_page_id if page else None

    def guard(self, before: "Page", id: str, peers: Peers) -> None:
        if self.parent_page_id != before.parent_page_id:
            self.guard_place(before.initiative_id, peers)


class PageDeleted(Deleted, topic="page.deleted"):
    """The page was deleted with those below it; their history stays readable."""

    title: str

    def cascades_to(self, before: "Page", id: str) -> Iterable[str]:
        yield subpages_of(id)

    def claims(self, before: "Page", id: str) -> Iterable[Claim]:
        yield Vacancy(subpages_of(id), ConcurrencyConflict, capacity=1)
        yield from before.leaving()
        yield from super().claims(before, id)


class Page(Aggregate, category="page", prefix="pag", not_found=PageNotFound):
    """A page of an initiative: a title and a content, at a place in the initiative's tree of pages."""

    initiative_id: str
    parent_page_id: str | None = None
    title: str
    content: dict[str, Any] | str | None = None
    sort_order: int = 0

    def tags(self) -> dict[str, str | None]:
        return {"initiative": self.initiative_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Initiative.exists(self.initiative_id)

    def requires(self) -> Iterable[Claim]:
        """The page above it too. Who requires a page need not look up to that: they are deleted together."""
        yield from self.belongs_to()
        if self.parent_page_id:
            yield self.exists(self.parent_page_id)

    def leaving(self) -> Iterable[Claim]:
        """The claims by which it gives up its place in the tree."""
        if self.parent_page_id:
            yield Release(subpages_of(self.parent_page_id))
        else:
            yield from releases(*_root(self.initiative_id))

    @classmethod
    @command
    def create(
        cls,
        *,
        initiative_id: Id,
        title: Name,
        id: Id | None = None,
        parent_page_id: Id | None = None,
        content: Document | None = None,
        sort_order: Integer = 0,
    ) -> "New[Page]":
        """Create a page below another one, or the root page of an initiative that has none.

        Raises:
            PageRootExists: PAGE_ROOT_EXISTS, in the append; `services.pages.ensure_root_page` gets the one there is.
            PageOfAnotherInitiative: PAGE_OF_ANOTHER_INITIATIVE, when recorded: the page above belongs to another one.
        """
        if id is not None and id == parent_page_id:
            raise InvalidInput(summary="parent_page_id: a page is not below itself")
        event = PageCreated(
            initiative_id=initiative_id,
            parent_page_id=parent_page_id,
            title=title,
            content=content,
            sort_order=sort_order,
        )
        return New(Page, id or new_id(Page.PREFIX), [event])

    @command
    def rename(self, *, title: Name) -> list[Event]:
        """Change its title."""
        return [] if title == self.title else [PageRenamed(title=title)]

    @command
    def change_content(self, *, content: Document | None) -> list[Event]:
        """Replace its content; None empties it."""
        return [] if content == self.content else [PageContentChanged(content=content)]

    @command
    def move(self, *, parent_page_id: Id | Unset | None = UNSET, sort_order: Integer | Unset = UNSET) -> list[Event]:
        """Put it below another page of its initiative with all that is below it, or elsewhere among its siblings.

        Raises:
            PageCycle: PAGE_CYCLE, when recorded: the page above is this one or below it.
            PageRootExists: PAGE_ROOT_EXISTS, in the append: there can be no other root.
            PageOfAnotherInitiative: PAGE_OF_ANOTHER_INITIATIVE, when recorded.
        """
        changed = self.differing(parent_page_id=parent_page_id, sort_order=sort_order)
        place = {"parent_page_id": self.parent_page_id, "sort_order": self.sort_order} | changed
        return [PageMoved(**place)] if changed else []

    @command
    def delete(self) -> list[Event]:
        """Delete it with all pages below it."""
        return [PageDeleted(title=self.title)]
