"""Large values are truncated to their beginning, size and digest, so that every event stays small."""

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


def beginning(text: str, limit: int) -> str:
    """The text, or where it is longer than that its beginning, and how long it is."""
    if len(text) <= limit:
        return text
    size, sha256 = measure(text)
    return f"{text[:limit]}… [{size} bytes, sha256 {sha256}]"


def output(text: str, limit: int) -> JSON:
    """The output of a tool, or where it is longer than that its size, digest and head."""
    if len(text) <= limit:
        return text
    size, sha256 = measure(text)
    return {"size": size, "sha256": sha256, "head": text[:limit]}


def shortened(value: JSON, limit: int) -> JSON:
    """The same with every text cut to that many characters; of what is no text, as in images, little is kept."""
    if isinstance(value, str):
        return beginning(value, limit)
    if isinstance(value, list):
        return [shortened(one, limit) for one in value]
    if isinstance(value, dict):
        if value.get("type") == "base64":
            limit = min(limit, 64)
        return {name: shortened(one, limit) for name, one in value.items()}
    return value


def fitting(value: JSON) -> JSON:
    """The same, cut as much as it takes to fit in one event."""
    for limit in (TEXT, 4_000, 400, 40):
        cut = shortened(value, limit)
        if len(orjson.dumps(orjson.dumps(cut).decode())) <= EVENT:
            return cut
    whole = orjson.dumps(value).decode()
    head: dict[str, Any] = {name: value[name] for name in ("type", "uuid") if isinstance(value, dict) and name in value}
    return {**head, "cut": beginning(whole, 4_000)}


def measure(text: str) -> tuple[int, str]:
    raw = text.encode("utf-8", "replace")
    return len(raw), hashlib.sha256(raw).hexdigest()
