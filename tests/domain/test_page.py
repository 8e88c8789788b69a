"""Pages: each initiative has a tree of them, with one root, in an order; a page is deleted with all below it."""

from typing import Any

import pytest

from workledger import Workledger
from workledger.domain.initiative import Initiative, InitiativeNotFound
from workledger.domain.kernel.refusals import InvalidInput, PayloadTooLarge, Refused
from workledger.domain.page import (
    Page,
    PageContentChanged,
    PageCreated,
    PageCycle,
    PageDeleted,
    PageMoved,
    PageNotFound,
    PageOfAnotherInitiative,
    PageRenamed,
    PageRootExists,
    root_of,
)
from workledger.domain.services.pages import ensure_root_page
from workledger.testing import given

DOCUMENT: dict[str, Any] = {"type": "doc", "content": [{"type": "paragraph"}]}

created = PageCreated(initiative_id="ini_1", parent_page_id="pag_0", title="Parser", content=DOCUMENT, sort_order=3)


def test_it_begins_with_a_title_at_a_place() -> None:
    given(Page).when(
        Page.create,
        initiative_id="ini_1",
        parent_page_id="pag_0",
        title="Parser",
        content=DOCUMENT,
        sort_order=3,
    ).then(created)


def test_what_is_left_out_has_its_defaults() -> None:
    """C1: no page above, no content, the first place."""
    new = Page.create(initiative_id="ini_1", title="Plan")
    assert new.id.startswith("pag_")
    assert new.events == [
        PageCreated(initiative_id="ini_1", parent_page_id=None, title="Plan", content=None, sort_order=0)
    ]


def test_it_is_renamed_once() -> None:
    given(Page, created).when(Page.rename, title="Lexer").then(PageRenamed(title="Lexer"))
    given(Page, created).when(Page.rename, title="Parser").then()


@pytest.mark.parametrize("content", ["# Markdown", {"type": "doc"}, None], ids=["text", "json", "none"])
def test_its_content_is_a_document_or_text_or_none(content: Any) -> None:
    given(Page, created).when(Page.change_content, content=content).then(PageContentChanged(content=content))
    given(Page, created, PageContentChanged(content=content)).when(Page.change_content, content=content).then()


@pytest.mark.parametrize("content", [["a list"], 7, True], ids=["list", "number", "boolean"])
def test_its_content_is_nothing_else(content: Any) -> None:
    given(Page, created).when(Page.change_content, content=content).refused(InvalidInput)


def test_it_moves_where_it_is_told_and_stays_otherwise() -> None:
    given(Page, created).when(Page.move, parent_page_id="pag_9").then(PageMoved(parent_page_id="pag_9", sort_order=3))
    given(Page, created).when(Page.move, sort_order=1).then(PageMoved(parent_page_id="pag_0", sort_order=1))
    given(Page, created).when(Page.move, parent_page_id=None).then(PageMoved(parent_page_id=None, sort_order=3))
    given(Page, created).when(Page.move, parent_page_id="pag_0", sort_order=3).then()
    given(Page, created).when(Page.move).then()


def test_it_is_deleted_with_its_title() -> None:
    given(Page, created).when(Page.delete).then(PageDeleted(title="Parser"))


@pytest.mark.parametrize(("title", "fits"), [("", False), ("x", True), ("x" * 200, True), ("x" * 201, False)])
def test_a_title_has_up_to_200_characters(title: str, fits: bool) -> None:
    outcome = given(Page).when(Page.create, initiative_id="ini_1", title=title)
    assert outcome.events if fits else outcome.refused(InvalidInput) is None


def test_it_is_not_below_itself() -> None:
    given(Page).when(Page.create, id="p", parent_page_id="p", initiative_id="ini_1", title="Loop").refused(InvalidInput)


# Across pages


@pytest.fixture
def initiative_id(ledger: Workledger) -> str:
    return ledger.create(Initiative.create(name="Atlas")).id


@pytest.fixture
def tree(ledger: Workledger, initiative_id: str) -> None:
    """A root, two pages below it, and one below the first of them."""
    for id, above in (("root", None), ("one", "root"), ("two", "root"), ("low", "one")):
        begin(ledger, initiative_id, id, above)


def begin(ledger: Workledger, initiative_id: str, id: str, above: str | None = None) -> Page:
    return ledger.create(Page.create(id=id, initiative_id=initiative_id, title=id, parent_page_id=above))


def move(ledger: Workledger, id: str, **where: Any) -> None:
    with ledger.edit(Page, id) as page:
        page.move(**where)


def delete(ledger: Workledger, id: str) -> None:
    with ledger.edit(Page, id) as page:
        page.delete()


@pytest.mark.usefixtures("tree")
def test_an_initiative_has_one_root(ledger: Workledger, initiative_id: str) -> None:
    """X4: neither a new page nor one that is moved becomes another; each initiative has its own."""
    with pytest.raises(PageRootExists) as refused:
        begin(ledger, initiative_id, "other")
    assert refused.value.details["holder"] == "page-root"
    with pytest.raises(PageRootExists):
        move(ledger, "one", parent_page_id=None)
    begin(ledger, ledger.create(Initiative.create(name="Borealis")).id, "elsewhere")


@pytest.mark.usefixtures("tree")
def test_a_deleted_root_makes_room_for_another(ledger: Workledger, initiative_id: str) -> None:
    delete(ledger, "root")
    begin(ledger, initiative_id, "next")
    assert ledger.holders(root_of(initiative_id)) == ["page-next"]


@pytest.mark.usefixtures("tree")
def test_a_page_is_deleted_with_all_below_it(ledger: Workledger) -> None:
    """domain.md 3.5: each with an event of its own, in one append, the lowest first."""
    before = ledger.head()
    delete(ledger, "one")
    assert [row.stream_id for row in ledger.read(before)] == ["page-low", "page-one"]
    assert ledger.find(Page, "low") is None
    assert ledger.get(Page, "two").parent_page_id == "root"
    with pytest.raises(PageNotFound):
        move(ledger, "low", sort_order=2)


def test_however_deep_a_tree_is_it_is_deleted_whole(ledger: Workledger, initiative_id: str) -> None:
    """Deeper than Python calls itself."""
    with ledger.unit() as unit:
        above = None
        for number in range(1200):
            new = Page.create(id=f"p{number}", initiative_id=initiative_id, title=f"{number}", parent_page_id=above)
            above = unit.create(new).id
    delete(ledger, "p0")
    assert not ledger.holders(root_of(initiative_id))
    assert ledger.find(Page, "p1199") is None


@pytest.mark.usefixtures("tree")
def test_what_is_created_and_deleted_in_one_append_leaves_nothing(ledger: Workledger, initiative_id: str) -> None:
    with ledger.unit() as unit:
        unit.create(Page.create(id="new", initiative_id=initiative_id, title="New", parent_page_id="two"))
        unit.edit(Page, "two").delete()
    assert ledger.find(Page, "new") is None
    assert ledger.find(Page, "two") is None


@pytest.mark.usefixtures("tree")
def test_what_is_moved_away_in_the_same_append_is_not_deleted(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        unit.edit(Page, "low").move(parent_page_id="two")
        unit.edit(Page, "one").delete()
    assert ledger.get(Page, "low").parent_page_id == "two"


@pytest.mark.usefixtures("tree")
def test_a_page_that_is_put_below_one_that_is_being_deleted_goes_too(
    ledger: Workledger, initiative_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion is decided again, as the new page holds the key of those below."""
    append, late = ledger.store.insert_events, ["late"]

    def too_late(*events: Any, **conditions: Any) -> Any:
        if late:
            begin(ledger, initiative_id, late.pop(), "low")
        return append(*events, **conditions)

    monkeypatch.setattr(ledger.store, "insert_events", too_late)
    delete(ledger, "one")
    assert ledger.find(Page, "late") is None


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("above", ["one", "low"])
def test_a_page_is_not_moved_below_itself(ledger: Workledger, above: str) -> None:
    with pytest.raises(PageCycle):
        move(ledger, "one", parent_page_id=above)
    assert ledger.get(Page, "one").parent_page_id == "root"


@pytest.mark.usefixtures("tree")
def test_of_two_moves_that_close_a_circle_one_is_refused(ledger: Workledger) -> None:
    """What was looked at is pinned."""

    def close() -> None:
        with ledger.unit() as unit:
            unit.edit(Page, "one").move(parent_page_id="two")
            move(ledger, "two", parent_page_id="one")

    with pytest.raises(PageCycle):
        close()
    assert ledger.get(Page, "two").parent_page_id == "one"
    assert ledger.get(Page, "one").parent_page_id == "root"


@pytest.mark.usefixtures("tree")
def test_a_moved_page_is_deleted_with_its_new_parent_and_not_with_the_old(ledger: Workledger) -> None:
    move(ledger, "low", parent_page_id="two")
    delete(ledger, "one")
    assert ledger.find(Page, "low")
    delete(ledger, "two")
    assert ledger.find(Page, "low") is None


@pytest.mark.usefixtures("tree")
def test_pages_stay_in_their_initiative(ledger: Workledger) -> None:
    other = ledger.create(Initiative.create(name="Borealis")).id
    begin(ledger, other, "elsewhere")
    with pytest.raises(PageOfAnotherInitiative):
        begin(ledger, other, "lost", "one")
    with pytest.raises(PageOfAnotherInitiative):
        move(ledger, "low", parent_page_id="elsewhere")


def test_it_needs_its_initiative_and_the_page_above(ledger: Workledger, initiative_id: str) -> None:
    with pytest.raises(InitiativeNotFound):
        begin(ledger, "ini_0", "lost")
    with pytest.raises(PageNotFound):
        begin(ledger, initiative_id, "lost", "pag_0")
    begin(ledger, initiative_id, "root")
    with ledger.edit(Initiative, initiative_id) as initiative:
        initiative.delete()
    with pytest.raises(InitiativeNotFound), ledger.edit(Page, "root") as page:
        page.rename(title="Late")


def test_a_content_that_no_event_can_hold_is_refused(ledger: Workledger, initiative_id: str) -> None:
    """domain.md 5.1: an event has 256 KB."""
    begin(ledger, initiative_id, "root")
    with pytest.raises(PayloadTooLarge), ledger.edit(Page, "root") as page:
        page.change_content(content={"text": "x" * 256 * 1024})
    assert ledger.get(Page, "root").content is None


# The root page


def test_the_root_page_is_made_once(ledger: Workledger, initiative_id: str) -> None:
    """C9: named after its initiative unless a title is given."""
    root = ensure_root_page(ledger, initiative_id)
    assert (root.title, root.parent_page_id, root.sort_order) == ("Atlas", None, 0)
    assert ensure_root_page(ledger, initiative_id, title="Other") == root
    assert len(ledger.history(Page, root.id)) == 1


def test_the_root_page_gets_the_title_that_is_given(ledger: Workledger, initiative_id: str) -> None:
    assert ensure_root_page(ledger, initiative_id, title="Vision").title == "Vision"


def test_an_initiative_that_is_not_there_has_no_root_page(ledger: Workledger, initiative_id: str) -> None:
    with pytest.raises(InitiativeNotFound):
        ensure_root_page(ledger, "ini_0")
    ensure_root_page(ledger, initiative_id)
    with ledger.edit(Initiative, initiative_id) as initiative:
        initiative.delete()
    with pytest.raises(InitiativeNotFound):
        ensure_root_page(ledger, initiative_id)


def test_a_repeated_command_finds_the_same_root_page(ledger: Workledger, initiative_id: str) -> None:
    """A repeated command writes nothing (R4)."""
    root = ensure_root_page(ledger, initiative_id, command_id="once")
    head = ledger.head()
    assert ensure_root_page(ledger, initiative_id, command_id="once").id == root.id
    assert ledger.head() == head


def test_every_refusal_has_a_code_of_its_own() -> None:
    refusals: tuple[type[Refused], ...] = (PageNotFound, PageRootExists, PageCycle, PageOfAnotherInitiative)
    assert len({refusal.code for refusal in refusals}) == 4
