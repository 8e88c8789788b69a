"""Secrets in manifests of Kubernetes, whose every value is one."""

import re
from collections.abc import Iterator

from workledger.adapters.redaction import values
from workledger.adapters.redaction.spans import Span

_KIND = re.compile(r"""kind["']?[ \t]*+:[ \t]*+["']?(?:Secret|SealedSecret)["']?[ \t]*+(?=[\r\n,}]|\Z)""")
_BLOCK = re.compile(r"(?m)^(?P<indent>[ \t]{0,40}+)(?:data|stringData)[ \t]*+:[ \t]*+\r?\n")
_ENTRY = re.compile(
    r"(?P<indent>[ \t]++)[\w.\"'-]{1,200}+[ \t]*+:[ \t]++[\"']?(?P<value>[^\s\"'#][^\r\n\"']{0,4000}+)[^\r\n]*+\r?\n?"
)
_OBJECT = re.compile(r"""["'](?:data|stringData)["'][ \t]*+:\s*+\{(?P<body>[^{}]{1,20000}+)\}""")
_MEMBER = re.compile(r""":\s*+["'](?P<value>[^"'\n]{1,4000}+)["']""")


def manifests(text: str) -> Iterator[Span]:
    """Where the values of a Secret are."""
    if "Secret" not in text or not _KIND.search(text):
        return
    for block in _BLOCK.finditer(text):
        at = block.end()
        while (entry := _ENTRY.match(text, at)) and len(entry["indent"]) > len(block["indent"]):
            if not values.placeholder(entry["value"]):
                yield entry.span("value")
            at = entry.end()
    for body in _OBJECT.finditer(text):
        for member in _MEMBER.finditer(text, *body.span("body")):
            if not values.placeholder(member["value"]):
                yield member.span("value")
