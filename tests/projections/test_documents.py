"""Documents of the Tiptap editor as an agent reads them: nothing that they say is lost."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workledger.projections.context.documents import readable


def text(said: str, *marks: str, **link: str) -> dict[str, Any]:
    return {
        "type": "text",
        "text": said,
        "marks": [{"type": mark} for mark in marks] + [{"type": "link", "attrs": link}] * bool(link),
    }


def node(kind: str, *content: dict[str, Any], **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs, "content": list(content)}


def doc(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "content": list(content)}


def item(said: str, *below: dict[str, Any], kind: str = "listItem", **attrs: Any) -> dict[str, Any]:
    return node(kind, node("paragraph", text(said)), *below, **attrs)


FORMS = {
    "paragraphs": (doc(node("paragraph", text("One.")), node("paragraph", text("Two."))), "One.\n\nTwo."),
    "marks": (
        doc(node("paragraph", text("a", "bold"), text("b", "code"), text("c", href="https://x"), text("d", "glow"))),
        "**a**`b`[c](https://x)d",
    ),
    "headings": (doc(node("heading", text("Rules"), level=2)), "## Rules"),
    "line breaks": (doc(node("paragraph", text("a"), {"type": "hardBreak"}, text("b"))), "a\nb"),
    "bullets": (
        doc(node("bulletList", item("a", node("bulletList", item("b"))), item("c"))),
        "- a\n  \n  - b\n- c",
    ),
    "numbers": (doc(node("orderedList", item("a"), item("b"), start=3)), "3. a\n4. b"),
    "boxes": (
        doc(node("taskList", item("a", kind="taskItem", checked=True), item("b", kind="taskItem", checked=False))),
        "- [x] a\n- [ ] b",
    ),
    "code": (doc(node("codeBlock", text("x = 1\ny = 2"), language="python")), "```python\nx = 1\ny = 2\n```"),
    "quotes": (doc(node("blockquote", node("paragraph", text("a")), node("paragraph", text("b")))), "> a\n> \n> b"),
    "rules": (doc({"type": "horizontalRule"}), "---"),
    "images": (doc(node("image", src="a.png", alt="A")), "![A](a.png)"),
    "tables": (
        doc(node("table", node("tableRow", *(node("tableCell", node("paragraph", text(one))) for one in "ab")))),
        "| a | b |",
    ),
    "links to pages": (doc(node("pageLink", pageId="pag_1")), '[pageLink {"pageId":"pag_1"}]'),
    "what is not known": (doc(node("callout", node("paragraph", text("Mind it.")))), "Mind it."),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_a_document_says_is_told_in_markdown(form: str) -> None:
    document, expected = FORMS[form]
    assert readable(document) == expected
    assert readable(json.dumps(document)) == expected


@pytest.mark.parametrize(
    "content",
    ["Two endpoints.", "{not json", "[1, 2]", '"text"', '{"type": "paragraph"}', "# Markdown\n\n- as it is"],
)
def test_what_is_no_document_is_told_as_it_is(content: str) -> None:
    assert readable(content) == content


@pytest.mark.parametrize(
    "content",
    [
        {"type": "doc", "content": "text"},
        {"type": "doc", "content": [1]},
        {"type": "doc", "content": [{"text": "x"}]},
        {"type": "doc", "content": [{"type": "text", "text": "x", "marks": "bold"}]},
        {"type": "doc", "content": [{"type": "heading", "attrs": [2], "content": []}]},
        {"title": "no document"},
    ],
)
def test_a_document_of_another_form_is_told_as_json(content: dict[str, Any]) -> None:
    assert json.loads(readable(content)) == content


def test_no_content_is_no_text() -> None:
    assert readable(None) == readable("") == readable(doc()) == readable(doc(node("paragraph"))) == ""


def test_a_document_that_is_too_deep_is_told_as_it_is() -> None:
    begin, end, levels = '{"type": "doc", "content": [', "]}", 1000
    content = begin * levels + json.dumps(text("x")) + end * levels
    assert readable(content) == content


words = st.text(alphabet="abc", min_size=1, max_size=5)
leaves = words.map(text) | words.map(lambda word: node("mention", label=word))
nodes = st.recursive(
    leaves,
    lambda below: st.builds(
        lambda kind, content: node(kind, *content),
        st.sampled_from(
            ["paragraph", "heading", "bulletList", "listItem", "taskList", "table", "tableRow", "codeBlock", "callout"]
        ),
        st.lists(below, max_size=4),
    ),
    max_leaves=12,
)


def said(one: dict[str, Any]) -> list[str]:
    own = [one.get("text"), one.get("attrs", {}).get("label")]
    return [word for word in own if word] + [word for below in one.get("content", ()) for word in said(below)]


@given(st.lists(nodes, max_size=4))
def test_whatever_a_document_says_is_in_the_text_in_its_order(content: list[dict[str, Any]]) -> None:
    told, place = readable(doc(*content)), 0
    for word in said(doc(*content)):
        place = told.index(word, place) + len(word)
