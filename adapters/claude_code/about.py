"""What a thread is about: where it ran, with which model, its prompt and its result."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workledger.adapters.claude_code.records import Record, mapping, string
from workledger.adapters.claude_code.sizes import TEXT, beginning
from workledger.adapters.redaction import Redact

TITLE = 120
RESULT = 4_000
MODEL = 200
"""Characters that are kept of a title, a result and the name of a model."""

PATH = 4_096
"""Characters of the longest path that there can be."""

TITLES = {"custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"}

MARKER = re.compile(r"\s*\[Request interrupted by user[^\]]*\]\s*")
"""What Claude Code writes in the user's place; never what a session is about."""


@dataclass(frozen=True, slots=True)
class About:
    """All of it redacted, but for `cwd` and `branch`, of which the machine is asked."""

    cwd: str | None
    branch: str | None
    model: str | None
    title: str | None
    prompt: str | None
    result: str | None
    agent_name: str | None


def about(records: Sequence[Record], redact: Redact, thread: Sequence[Record] | None = None) -> About:
    """Read from records of a thread. The folder and the branch may change inside it; the first count.

    Side threads in the file of a session say nothing about it, nor do summaries whose last record is another session's.

    Args:
        thread: all its records, where `records` are only some of them.
    """

    def clean(text: str | None) -> str | None:
        return None if text is None else str(redact(text))

    main = [one for one in records if not one.aside] or records
    said = [one for one in main if one.kind == "user" and not MARKER.fullmatch(one.text)]
    prompt = _first(one.text for one in said if one.prompts) or _first(one.text for one in said)
    uuids = {None, *(one.uuid for one in thread or records)}
    titled = [one for one in records if one.kind != "summary" or string(one.body.get("leafUuid")) in uuids]
    titles = [_first(_values(reversed(titled), kind, name)) for kind, name in TITLES.items()]
    answers = (one.text for one in reversed(main) if one.kind == "assistant" and one.text.strip() and not one.made_up)
    return About(
        cwd=_first(cwd for cwd in _strings(records, "cwd") if len(cwd) <= PATH),
        branch=_first(_strings(records, "gitBranch")),
        model=model_name(_first(one.model for one in records), redact),
        title=clean(_first([*(line for title in titles for line in _lines(title)), *_lines(prompt)])),
        prompt=clean(beginning(prompt, TEXT) if prompt else None),
        result=clean(beginning(result, RESULT) if (result := _first(answers)) else None),
        agent_name=clean(_first(_values(reversed(records), "agent-name", "agentName"))),
    )


def model_name(model: str | None, redact: Redact) -> str | None:
    return str(redact(model[:MODEL])) if model else None


def subagents(records: Iterable[Record]) -> dict[str, str]:
    """The names of the agents that these records start: by agent id, or by prompt until the id is known."""
    calls: dict[str, Mapping[str, object]] = {}
    named: dict[str, str] = {}
    for one in records:
        agent_id = string(mapping(one.body.get("toolUseResult")).get("agentId"))
        for block in one.blocks:
            if block.get("type") == "tool_use" and block.get("name") in ("Task", "Agent"):
                calls[str(block.get("id"))] = mapping(block.get("input"))
            call = calls.get(str(block.get("tool_use_id")), {})
            name = call.get("name") or call.get("description") or call.get("subagent_type")
            if agent_id and name:
                named[agent_id] = str(name)
    prompts = {str(call.get("prompt")): call.get("description") or call.get("subagent_type") for call in calls.values()}
    return {prompt: str(name) for prompt, name in prompts.items() if name} | named


def project_name(path: str) -> str:
    """The last part of a folder's path, whichever system wrote it."""
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1][:TITLE] or "project"


def _strings(records: Iterable[Record], name: str) -> Iterator[str]:
    return (text for one in records if (text := string(one.body.get(name))))


def _values(records: Iterable[Record], kind: str, name: str) -> Iterator[str]:
    return _strings((one for one in records if one.kind == kind), name)


def _lines(text: str | None) -> list[str]:
    """Those lines of it that can be a title."""
    return [line.strip()[:TITLE] for line in (text or "").splitlines() if line.strip() and not MARKER.fullmatch(line)]


def _first(those: Iterable[str | None]) -> str | None:
    return next((one for one in those if one), None)
