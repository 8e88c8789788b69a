"""The log of a simulated agent: JSON lines as Claude Code writes them."""

from datetime import datetime
from typing import Any

import orjson

from workledger.adapters.simulation.texts.turns import Call, Turn
from workledger.domain.kernel.mapping import format_timestamp


class Transcript:
    """Writes the lines of one process.

    Args:
        session: the provider's session id.
    """

    def __init__(self, session: str, branch: str, model: str) -> None:
        self._session, self._branch, self._model = session, branch, model

    def prompt(self, text: str, at: datetime) -> str:
        return self._line("user", {"role": "user", "content": text}, at)

    def said(self, turn: Turn, tokens_in: int, tokens_out: int, at: datetime) -> str:
        content: list[dict[str, Any]] = []
        if turn.thinks:
            content.append({"type": "thinking", "thinking": turn.thinks})
        content.append({"type": "text", "text": turn.says})
        content += [{"type": "tool_use", "id": one.id, "name": one.tool, "input": one.input} for one in turn.calls]
        usage = {"input_tokens": tokens_in, "output_tokens": tokens_out}
        message = {"role": "assistant", "model": self._model, "content": content, "usage": usage}
        return self._line("assistant", message, at)

    def answered(self, call: Call, at: datetime) -> str:
        result = {"type": "tool_result", "tool_use_id": call.id, "content": call.output, "is_error": call.failed}
        return self._line("user", {"role": "user", "content": [result]}, at)

    def ended(self, text: str, turns: int, cost_usd: float, at: datetime) -> str:
        record = {
            "type": "result",
            "subtype": "success",
            "result": text,
            "num_turns": turns,
            "total_cost_usd": cost_usd,
        }
        return orjson.dumps({**record, "session_id": self._session, "timestamp": format_timestamp(at)}).decode() + "\n"

    def _line(self, type: str, message: dict[str, Any], at: datetime) -> str:
        record = {
            "type": type,
            "sessionId": self._session,
            "gitBranch": self._branch,
            "timestamp": format_timestamp(at),
        }
        return orjson.dumps({**record, "message": message}).decode() + "\n"
