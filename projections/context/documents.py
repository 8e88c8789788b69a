"""Documents of the Tiptap editor as text: an agent reads headings, lists and code, not JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, groupby
from typing import Any

import orjson

Node = Mapping[str, Any]

MARKS = {"bold": "**", "italic": "*", "strike": "~~", "code": "`"}


class _NoDocument(Exception):
    """It is not of the form that Tiptap writes."""


def readable(content: Any) -> str:
    """A content as text, Markdown where it has a form; what is no document of Tiptap is given as it is.

    Everything that says something is in the text: a node that is unknown here is given by its type and attributes.
    """
    if content is None:
        return ""
    try:
        return _blocks(_content(_document(content))).strip("\n")
    except (_NoDocument, RecursionError):
        return content.strip("\n") if isinstance(content, str) else _json(content)


def _document(content: Any) -> Node:
    if isinstance(content, str):
        try:
            content = orjson.loads(content)
        except ValueError:
            raise _NoDocument from None
    if not isinstance(content, Mapping) or content.get("type") != "doc":
        raise _NoDocument
    return content


def _blocks(nodes: Sequence[Node]) -> str:
    """Blocks with blank lines between them; inline nodes beside each other are one block."""
    texts: list[str] = []
    for inline, group in groupby(nodes, _is_inline):
        if inline:
            texts.append("".join(map(_inline, group)))
        else:
            texts += map(_block, group)
    return "\n\n".join(filter(None, texts))


def _is_inline(node: Node) -> bool:
    return _type(node) not in BLOCKS and not node.get("content")


def _block(node: Node) -> str:
    known = BLOCKS.get(_type(node))
    return _blocks(_content(node)) if known is None else known(node)


def _inline(node: Node) -> str:
    kind = _type(node)
    if kind == "text":
        return _marked(node)
    if kind == "hardBreak":
        return "\n"
    if kind == "image":
        return f"![{_attribute(node, 'alt')}]({_attribute(node, 'src')})"
    attributes = node.get("attrs")
    return f"[{kind} {_json(attributes)}]" if attributes else f"[{kind}]"


def _marked(node: Node) -> str:
    text, marks = str(node.get("text") or ""), node.get("marks") or []
    if not isinstance(marks, list):
        raise _NoDocument
    for mark in marks:
        kind = _type(mark)
        if kind == "link":
            text = f"[{text}]({_attribute(mark, 'href')})"
        else:
            text = f"{MARKS.get(kind, '')}{text}{MARKS.get(kind, '')}"
    return text


def _heading(node: Node) -> str:
    level = (node.get("attrs") or {}).get("level")
    return f"{'#' * (level if isinstance(level, int) and 0 < level < 7 else 1)} {_line(node)}"


def _line(node: Node) -> str:
    return _blocks(_content(node))


def _code(node: Node) -> str:
    text = "".join(str(one.get("text") or "") if _type(one) == "text" else _blocks([one]) for one in _content(node))
    return f"```{_attribute(node, 'language')}\n{text}\n```"


def _quote(node: Node) -> str:
    return "\n".join(f"> {line}" for line in _blocks(_content(node)).split("\n"))


def _listed(markers: Callable[[Node], Iterator[str]]) -> Callable[[Node], str]:
    def listed(node: Node) -> str:
        marked = zip(markers(node), _content(node), strict=False)
        return "\n".join(marker + _blocks([item]).replace("\n", "\n" + " " * len(marker)) for marker, item in marked)

    return listed


def _bullets(node: Node) -> Iterator[str]:
    return ("- " for _ in count())


def _numbers(node: Node) -> Iterator[str]:
    start = (node.get("attrs") or {}).get("start")
    return (f"{number}. " for number in count(start if isinstance(start, int) else 1))


def _boxes(node: Node) -> Iterator[str]:
    return (f"- [{'x' if (one.get('attrs') or {}).get('checked') else ' '}] " for one in _content(node))


def _row(node: Node) -> str:
    return f"| {' | '.join(_blocks([cell]).replace(chr(10), ' ') for cell in _content(node))} |"


def _table(node: Node) -> str:
    return "\n".join(_blocks([row]) for row in _content(node))


BLOCKS: dict[str, Callable[[Node], str]] = {
    "paragraph": _line,
    "heading": _heading,
    "codeBlock": _code,
    "blockquote": _quote,
    "bulletList": _listed(_bullets),
    "orderedList": _listed(_numbers),
    "taskList": _listed(_boxes),
    "table": _table,
    "tableRow": _row,
    "horizontalRule": lambda node: "---",
}


def _content(node: Node) -> Sequence[Node]:
    content = node.get("content") or []
    if not isinstance(content, list):
        raise _NoDocument
    for one in content:
        _type(one)
    return content


def _type(node: Any) -> str:
    if not isinstance(node, Mapping) or not isinstance(node.get("type"), str):
        raise _NoDocument
    if not isinstance(node.get("attrs") or {}, Mapping):
        raise _NoDocument
    kind: str = node["type"]
    return kind


def _attribute(node: Node, name: str) -> str:
    value = (node.get("attrs") or {}).get(name)
    return "" if value is None else str(value)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
