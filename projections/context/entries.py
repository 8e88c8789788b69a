"""Entries of a context: what it is made of, how each reads, and how many tokens that takes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from workledger.projections.engine.columns import TableRow

Kind = Literal["page", "phase", "summary", "message", "missing", "left_out"]
Count = Callable[[str], int]
"""How many tokens a text takes."""

BYTES_OF_A_TOKEN = 4


class Entry(TableRow):
    """One thing that the agent is told.

    `missing` is a marker: it names what should be there and is not. `left_out` is one for what did not fit.
    """

    kind: Kind
    id: str | None
    """Of the page, the phase, the task that was finished, or the message."""
    title: str | None
    role: str | None
    """Of a message."""
    at: datetime | None
    """When the task was finished, or the message posted."""
    text: str
    tokens: int


class LeftOut(TableRow):
    """What did not fit, oldest first: how many messages, and the tasks whose summaries these were."""

    messages: int
    summaries: list[str]


class Context(TableRow):
    """The context of a target, by tier. What is over the budget is never a page."""

    target_kind: str
    target_id: str
    budget: int
    tokens: int
    over_budget: bool
    persistent_context: list[Entry]
    summaries: list[Entry]
    messages: list[Entry]
    left_out: LeftOut


@dataclass(frozen=True)
class Part:
    """An entry before its tokens are counted."""

    kind: Kind
    text: str
    id: str | None = None
    title: str | None = None
    role: str | None = None
    at: datetime | None = None

    def entry(self, count: Count) -> Entry:
        """The entry, with the tokens that its text takes in a prompt."""
        return Entry(
            kind=self.kind,
            id=self.id,
            title=self.title,
            role=self.role,
            at=self.at,
            text=self.text,
            tokens=count(_written(self.kind, self.title, self.id, self.role, self.text)),
        )


@dataclass(frozen=True)
class Sources:
    """All that a context could be made of, by tier.

    Attributes:
        persistent: what is never left out, in order.
        summaries: in the order in which the work was completed; markers of what is missing among them.
        newest: the messages, newest first, read as far as they are asked for.
        messages: how many of them there are.
        silence: what is told where there are none.
    """

    persistent: list[Part] = field(default_factory=list)
    summaries: list[Part] = field(default_factory=list)
    newest: Iterator[Part] = field(default_factory=lambda: iter(()))
    messages: int = 0
    silence: Part | None = None


def missing(what: str, id: str | None = None, title: str | None = None) -> Part:
    """The marker of something that should be there and is not."""
    return Part("missing", what, id, title)


def estimate(text: str) -> int:
    """Tokens of a text by rule of thumb: one for every four bytes of UTF-8, and one for what is left.

    English prose and code have about four bytes a token; most other scripts have fewer characters a token, and more
    bytes a character.
    """
    return -(-len(text.encode(errors="surrogatepass")) // BYTES_OF_A_TOKEN)


def as_text(context: Context) -> str:
    """The context as it is put into a prompt: pages first, then summaries, then messages, oldest first."""
    tiers: Iterable[list[Entry]] = (context["persistent_context"], context["summaries"], context["messages"])
    return "".join(
        _written(one["kind"], one["title"], one["id"], one["role"], one["text"]) for tier in tiers for one in tier
    )


def _written(kind: Kind, title: str | None, id: str | None, role: str | None, text: str) -> str:
    """An entry in a prompt, with the blank line after it."""
    if kind == "message":
        return f"{role}: {text}\n\n"
    if kind in ("missing", "left_out"):
        return f"[{text}]\n\n"
    heading = {"page": f"# {title}", "phase": f"# Phase: {title}", "summary": f"# Done before: {title} ({id})"}[kind]
    return f"{heading}\n\n{text}\n\n"
