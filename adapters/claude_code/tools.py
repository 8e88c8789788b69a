"""The tool calls of a thread and their results."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from workledger.adapters.claude_code.entries import ToolEnded, ToolUsed
from workledger.adapters.claude_code.records import Record, string
from workledger.adapters.claude_code.sizes import Sizes
from workledger.adapters.claude_code.told import RecordedCall
from workledger.adapters.importing import digest
from workledger.adapters.redaction import JSON

DENIED = (
    "The user doesn't want to proceed with this tool use",
    "The user doesn't want to take this action",
    "User rejected tool use",
    "Permission to use ",
)
"""How the results of denied calls begin, where no `toolDenialKind` says so."""

RecordedCalls = Callable[[str | None], Mapping[str, RecordedCall]]

LONGEST = 200
"""Characters of the id and of the name of a tool."""

UNPAIRED = "results of tool calls that are not known"


class Tools:
    """Pairs calls with their results. A call without one stays running.

    Some models count the calls of each message anew, so one id may name several calls. The second is recorded as
    `id~2`, and a result belongs to the last call of its id.

    Args:
        recorded: gives the calls that a run has in the ledger, by their ids; without a run's id, those of this one.
    """

    def __init__(self, sizes: Sizes, recorded: RecordedCalls) -> None:
        self.left_out: Counter[str] = Counter()
        self._sizes, self._recorded = sizes, recorded
        self._told: dict[tuple[str, str], str] = {}
        """Message and id in the transcript → id of the call."""
        self._count: Counter[str] = Counter()
        self._last: dict[str, tuple[ToolUsed, datetime | None]] = {}
        self._answered: set[str] = set()
        self._new: set[str] = set()
        self._copied: dict[str, str] = {}
        """Ids of calls that are another run's → id of the run."""

    def used(self, record: Record, message: str, turn: int, at: datetime, new: bool) -> list[ToolUsed]:
        """The calls that the record makes; those that are recorded are remembered, and not among them."""
        calls = []
        for block in record.blocks:
            id = string(block.get("id"))
            if block.get("type") != "tool_use" or id is None or (message, id) in self._told:
                continue
            name, again = self._name(id, turn, new)
            tool = (string(block.get("name")) or "unknown")[:LONGEST]
            call = ToolUsed(name, tool, self._sizes.fitting(block.get("input")) if new else None, turn)
            self._told[message, id] = name
            self._last[id] = call, at
            if new and not again:
                self._new.add(name)
                calls.append(call)
        return calls

    def copied(self, record: Record, run_id: str) -> None:
        """The calls in a copy of a record of another run: their results may be told here first."""
        for block in record.blocks:
            if block.get("type") == "tool_use" and (id := string(block.get("id"))):
                self._copied[id] = run_id

    def ended(self, record: Record, at: datetime, new: bool) -> list[ToolEnded]:
        """The calls whose results are in the record."""
        ends = []
        for block in record.blocks:
            id = string(block.get("tool_use_id"))
            if block.get("type") != "tool_result" or id is None:
                continue
            found = self._last.get(id) or (self._elsewhere(id) if new else None)
            if found is None:
                self.left_out[UNPAIRED] += new
                continue
            call, began = found
            if call.id in self._answered:
                continue
            self._answered.add(call.id)
            known = self._recorded(call.run_id).get(call.id) if new else None
            if known is not None:
                call = replace(call, tool=known.tool, input=known.input)
            if new and (known is None or known.running):
                answer = _plain(block.get("content"))
                outcome = _outcome(record, block, answer)
                output = self._sizes.output(answer) if outcome == "complete" else self._text(answer)
                lasted = max(0, round((at - began).total_seconds() * 1000)) if began else None
                ends.append(ToolEnded(call, outcome, output, lasted))
        return ends

    def unanswered(self) -> set[str]:
        """The ids, in the transcript, of the calls made by new records that have no result yet."""
        return {id for id, (call, _) in self._last.items() if call.id in self._new and call.id not in self._answered}

    def _name(self, id: str, turn: int, new: bool) -> tuple[str, bool]:
        """The id of the next call that the transcript calls so, and whether it is recorded already."""
        plain = id if len(id) <= LONGEST else digest("tool", id)
        while True:
            self._count[plain] += 1
            name = plain if self._count[plain] == 1 else f"{plain}~{self._count[plain]}"
            known = self._recorded(None).get(name) if new else None
            if known is None or known.turn == turn:
                return name, known is not None

    def _elsewhere(self, id: str) -> tuple[ToolUsed, None] | None:
        """A running call that another file has told."""
        run_id = self._copied.get(id)
        known = self._recorded(run_id).get(id)
        return (ToolUsed(id, known.tool, known.input, known.turn, run_id), None) if known and known.running else None

    def _text(self, answer: JSON) -> str:
        return self._sizes.beginning(answer if isinstance(answer, str) else str(answer), self._sizes.limit)


def unanswered(records: list[Record]) -> set[str]:
    """The ids of the calls in these records that have no result yet."""
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
