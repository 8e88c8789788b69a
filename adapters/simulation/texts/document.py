"""Documents of Tiptap: what pages and phases hold."""

from typing import Any

import orjson

Document = dict[str, Any]


def document(*paragraphs: str) -> Document:
    """A document of so many paragraphs."""
    return {"type": "doc", "content": [_paragraph(text) for text in paragraphs]}


def longer(content: Document | str | None, text: str) -> Document:
    """The document with a paragraph more; plain text, as a person may have left, becomes its first one."""
    before = _opened(content)
    return {**before, "content": [*before["content"], _paragraph(text)]}


def shorter(content: Document | str | None) -> Document:
    """The document without its last paragraph."""
    before = _opened(content)
    return {**before, "content": before["content"][:-1]}


def _paragraph(text: str) -> Document:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def _opened(content: Document | str | None) -> Document:
    if isinstance(content, str):
        try:
            content = orjson.loads(content)
        except orjson.JSONDecodeError:
            return document(str(content))
    if isinstance(content, dict) and isinstance(content.get("content"), list):
        return content
    return document()
