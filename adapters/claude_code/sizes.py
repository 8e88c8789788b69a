"""What is big is kept as its beginning, its size and its digest, so that every event stays small."""

import hashlib
from typing import Any

import orjson

from workledger.adapters.redaction import JSON

OUTPUT = 2_000
"""Characters of a tool's output that are kept, unless the caller says otherwise; never more than TEXT."""

TEXT = 32_000
"""Characters kept of any other text: a prompt, an answer, a file that is written."""

EVENT = 200_000
"""Bytes of JSON in one value, escaped once more as a chunk of a log is; an event may have 256 KB."""


class Sizes:
    """Cuts texts to size, and counts those that it has cut.

    Args:
        output: characters that are kept of a tool's output.
    """

    def __init__(self, output: int = OUTPUT) -> None:
        self.limit = min(output, TEXT)
        self.count = 0

    def beginning(self, text: str, limit: int) -> str:
        """The text, or where it is longer than that its beginning, and how long it is."""
        if len(text) <= limit:
            return text
        self.count += 1
        return beginning(text, limit)

    def output(self, answer: JSON) -> JSON:
        """The output of a tool, or where it is longer than the limit its size, digest and head."""
        if not isinstance(answer, str):
            return self.fitting(self.shortened(answer))
        if len(answer) <= self.limit:
            return answer
        self.count += 1
        size, sha256 = measure(answer)
        return {"size": size, "sha256": sha256, "head": answer[: self.limit]}

    def shortened(self, value: JSON) -> JSON:
        """The same with every text cut to the limit; of what is no text, as in images, little is kept."""
        cut, count = shortened(value, self.limit)
        self.count += count
        return cut

    def fitting(self, value: JSON) -> JSON:
        """The same, cut as much as it takes to fit in one event."""
        for limit in (TEXT, 4_000, 400, 40):
            cut, count = shortened(value, limit)
            if _size(cut) <= EVENT:
                self.count += count
                return cut
        self.count += 1
        whole = orjson.dumps(value).decode()
        ids: dict[str, Any] = {}
        if isinstance(value, dict):
            ids = {name: value[name] for name in ("type", "uuid") if isinstance(value.get(name), str)}
        return {**{name: beginning(text, 100) for name, text in ids.items()}, "cut": beginning(whole, 4_000)}


def beginning(text: str, limit: int) -> str:
    """The text, or where it is longer than that its beginning, and how long it is."""
    if len(text) <= limit:
        return text
    size, sha256 = measure(text)
    return f"{text[:limit]}… [{size} bytes, sha256 {sha256}]"


def shortened(value: JSON, limit: int) -> tuple[JSON, int]:
    """The value with every text cut to that many characters, and how many were; of base64, 64 are kept at most."""
    if isinstance(value, str):
        return beginning(value, limit), int(len(value) > limit)
    if isinstance(value, list):
        items = [shortened(one, limit) for one in value]
        return [one for one, _ in items], sum(count for _, count in items)
    if isinstance(value, dict):
        if value.get("type") == "base64":
            limit = min(limit, 64)
        fields = {name: shortened(one, limit) for name, one in value.items()}
        return {name: one for name, (one, _) in fields.items()}, sum(count for _, count in fields.values())
    return value, 0


def _size(value: JSON) -> int:
    """Of the value as text inside JSON."""
    return len(orjson.dumps(orjson.dumps(value).decode()))


def measure(text: str) -> tuple[int, str]:
    raw = text.encode("utf-8", "replace")
    return len(raw), hashlib.sha256(raw).hexdigest()
