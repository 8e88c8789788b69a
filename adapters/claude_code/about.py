"""What a thread is about: its folder, model, prompt and result."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workledger.adapters.claude_code.records import Record, mapping, string
from workledger.adapters.claude_code.sizes import TEXT, beginning
from workledger.adapters.redaction import Redact

TITLE = 120
RESULT = 4_000
TITLES = {"custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"}


@dataclass(frozen=True, slots=True)
class About:
    """All redacted, except `cwd`, which is `folder` with its real path."""

    cwd: str | None
    folder: str | None
    branch: str | None
    model: str | None
    title: str | None
    prompt: str | None
    result: str | None
    agent_name: str | None


def about(records: Sequence[Record], redact: Redact) -> About:
    """Read from all the records of a thread. The folder and the branch may change inside it; the first count."""

    def clean(text: str | None) -> str | None:
        return None if text is None else str(redact(text))

    prompt = _first(one.text for one in records if one.prompts) or _first(
        one.text for one in records if one.kind == "user"
    )
    titles = [_first(_values_of(reversed(records), kind, name)) for kind, name in TITLES.items()]
    answers = (one.text for one in reversed(records) if one.kind == "assistant" and one.text.strip())
    cwd = _first(_values(records, "cwd"))
    return About(
        cwd=cwd,
        folder=clean(cwd),
        branch=_first(_values(records, "gitBranch")),
        model=_first(model for one in records if (model := string(one.message.get("model"))) and model[0] != "<"),
        title=clean(_first([*(title for title in titles if title), *_lines(prompt)])),
        prompt=clean(beginning(prompt, TEXT) if prompt else None),
        result=clean(beginning(result, RESULT) if (result := _first(answers)) else None),
        agent_name=clean(_first(_values_of(reversed(records), "agent-name", "agentName"))),
    )


def subagents(records: Iterable[Record]) -> dict[str, str]:
    """The names that calls give to the agents they start: by agent id, or by prompt while the id is unknown."""
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


def project_name(cwd: str) -> str:
    """The last part of a folder's path, whichever system wrote it."""
    return re.split(r"[\\/]", cwd.rstrip("\\/"))[-1] or "project"


def _values(records: Iterable[Record], name: str) -> Iterator[str]:
    return (value for one in records if (value := string(one.body.get(name))))


def _values_of(records: Iterable[Record], kind: str, name: str) -> Iterator[str]:
    return _values((one for one in records if one.kind == kind), name)


def _lines(prompt: str | None) -> list[str]:
    return [line.strip()[:TITLE] for line in (prompt or "").splitlines() if line.strip()]


def _first(those: Iterable[str]) -> str | None:
    return next(iter(those), None)
