"""The documentation is true: links lead somewhere, examples run, commands exist, made pages are up to date."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import citations, documentation, reference_pages
from support.documentation import FENCE, ROOT, blocks

PAGES = [*documentation.PAGES, ROOT / "CONTRIBUTING.md"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The links that its headings give, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (page.parent / path if path else page), anchor


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), f"{name(page)} links to {target}"
        assert not anchor or anchor in anchors(target), f"{name(page)} links to {target}#{anchor}"


@pytest.mark.parametrize("page", [page for page in PAGES if "example.py" in documentation.files(page)], ids=name)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are files of an app run in processes of their own: see test_extend.py."""
    monkeypatch.chdir(tmp_path)
    exec(compile(documentation.files(page)["example.py"], name(page), "exec"), {"__name__": "example"})


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "py")], ids=name)
def test_code_that_is_quoted_is_the_code(page: Path) -> None:
    """What is fenced as `py` stands in a module, to the letter."""
    modules = [path.read_text(encoding="utf-8") for path in ROOT.glob("[a-z]*/**/*.py")]
    for quoted in blocks(page, "py"):
        assert any(quoted in module for module in modules), quoted


def test_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {target for page in PAGES for target in re.findall(r"\bmake ([a-z0-9]+)`?", code(page))}
    assert named <= set(re.findall(r"^([a-z0-9]+):", makefile, re.MULTILINE))


def test_commands_exist() -> None:
    known = {path for path, _ in reference_pages.commands(reference_pages.COMMAND_LINE, "workledger")}
    for page in PAGES:
        for said in re.findall(r"^(workledger [a-z-]+(?: [a-z-]+)?)", code(page), re.MULTILINE):
            assert said in known or said.rpartition(" ")[0] in known, f"{name(page)}: {said}"


def code(page: Path) -> str:
    """Everything on the page that is set as code."""
    text = page.read_text(encoding="utf-8")
    return "\n".join([*blocks(page, "sh", "console"), *re.findall(r"`([^`\n]+)`", FENCE.sub("", text))])


@pytest.mark.parametrize("page", reference_pages.PAGES)
def test_pages_made_from_the_code_are_up_to_date(page: str) -> None:
    written = (reference_pages.REFERENCE / page).read_text(encoding="utf-8")
    assert written == reference_pages.PAGES[page](), "run make docs"


CITING = sorted(ROOT.glob("[a-z]*/**/*.py"))


def cited(find: Callable[[str], set[str]]) -> set[tuple[str, str]]:
    """What `find` finds in docstrings and comments, each with the file that it is in."""
    return {(one, name(path)) for path in CITING for text in citations.docstrings(path) for one in find(text)}


def test_every_section_that_is_cited_is_on_the_page() -> None:
    known, found = citations.sections(), cited(citations.sections_cited)
    assert len(found) > 100
    assert not {(section, path) for section, path in found if section not in known}


def test_every_label_that_is_cited_is_on_the_page() -> None:
    known, found = citations.labels(), cited(citations.labels_cited)
    assert len(found) > 100
    assert not {(label, path) for label, path in found if label not in known}


def test_the_page_of_rules_is_cited_by_its_name() -> None:
    assert not [name(path) for path in (*CITING, *PAGES) if "DOMAIN" + ".md" in path.read_text(encoding="utf-8")]
