"""The tool calls of a thread and their results."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from workledger.adapters.claude_code import sizes
from workledger.adapters.claude_code.happenings import ToolEnded, ToolUsed
from workledger.adapters.claude_code.records import Record, string
from workledger.adapters.redaction import JSON

DENIED = (
    "The user doesn't want to proceed with this tool use",
    "The user doesn't want to take this action",
    "User rejected tool use",
    "Permission to use ",
)
"""How the answers to calls begin that were not allowed, where no `toolDenialKind` says so."""


class Tools:
    """Pairs calls with their answers. A call that is not answered stays running.

    Args:
        limit: characters that are kept of an answer.
    """

    def __init__(self, limit: int) -> None:
        self.left_out: Counter[str] = Counter()
        self._limit = min(limit, sizes.TEXT)
        self._calls: dict[str, tuple[ToolUsed, datetime]] = {}
        self._answered: set[str] = set()

    def used(self, record: Record, turn: int, at: datetime) -> Iterator[ToolUsed]:
        """The calls that the record makes."""
        for block in record.blocks:
            id = string(block.get("id"))
            if block.get("type") == "tool_use" and id and id not in self._calls:
                call = ToolUsed(id, string(block.get("name")) or "unknown", sizes.fitting(block.get("input")), turn)
                self._calls[id] = call, at
                yield call

    def ended(self, record: Record, at: datetime) -> Iterator[ToolEnded]:
        """The calls that the record answers."""
        for block in record.blocks:
            id = string(block.get("tool_use_id"))
            if block.get("type") != "tool_result" or id is None or id in self._answered:
                continue
            if id not in self._calls:
                self.left_out["answers to unknown tool calls"] += 1
                continue
            self._answered.add(id)
            call, began = self._calls[id]
            answer = _plain(block.get("content"))
            outcome = _outcome(record, block, answer)
            output = self._shortened(answer) if outcome == "complete" else self._text(answer)
            yield ToolEnded(call, outcome, output, max(0, round((at - began).total_seconds() * 1000)))

    def _shortened(self, answer: JSON) -> JSON:
        if isinstance(answer, str):
            return sizes.output(answer, self._limit)
        return sizes.fitting(sizes.shortened(answer, self._limit))

    def _text(self, answer: JSON) -> str:
        return sizes.beginning(answer if isinstance(answer, str) else str(answer), self._limit)


def unanswered(records: Iterator[Record]) -> set[str]:
    """The ids of the calls in these records that are running still."""
    running: set[str] = set()
    for record in records:
        for block in record.blocks:
            if block.get("type") == "tool_use" and (id := string(block.get("id"))):
                running.add(id)
            if block.get("type") == "tool_result" and (id := string(block.get("tool_use_id"))):
                running.discard(id)
    return running


def _plain(content: JSON) -> JSON:
    """Blocks that are all text are one text."""
    if isinstance(content, list) and all(isinstance(one, dict) and one.get("type") == "text" for one in content):
        return "\n".join(str(one.get("text") or "") for one in content if isinstance(one, dict))
    return content


def _outcome(record: Record, block: dict[str, JSON], answer: JSON) -> str:
    result = record.body.get("toolUseResult")
    texts = [one for one in (answer, result) if isinstance(one, str)]
    if record.body.get("toolDenialKind") or (block.get("is_error") and any(one.startswith(DENIED) for one in texts)):
        return "denied"
    return "error" if block.get("is_error") else "complete"
