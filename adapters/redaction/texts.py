"""Secrets in a text: all that the rules find, in the text and in its views."""

from collections.abc import Iterator
from functools import lru_cache

from workledger.adapters.redaction.commands import commands
from workledger.adapters.redaction.headers import headers
from workledger.adapters.redaction.homes import without_homes
from workledger.adapters.redaction.keys import encoded, private_keys
from workledger.adapters.redaction.manifests import manifests
from workledger.adapters.redaction.named import named
from workledger.adapters.redaction.prefixes import known
from workledger.adapters.redaction.scanner import tokens
from workledger.adapters.redaction.spans import Span, merged, without
from workledger.adapters.redaction.urls import urls
from workledger.adapters.redaction.views import views

SHORT = 200
"""Characters; strings up to this length recur (folders, versions), so their redacted forms are cached."""


def secrets(text: str) -> list[Span]:
    """Where secrets are, in order, without overlaps."""
    if len(text) < 4:
        return []
    found: list[Span] = []
    for seen, path in views(text):
        for span in _plain(seen):
            for view in path:
                span = view.origin(span)
            found.append(span)
    return merged(found)


def provider_tokens(text: str) -> list[Span]:
    """Only those that tell by themselves that they are one."""
    return merged((*tokens(text), *known(text)))


def redact_text(text: str) -> str:
    """The text without secrets and home folders."""
    return _short(text) if len(text) <= SHORT else without_homes(without(text, secrets(text)))


def redact_secrets_in_text(text: str) -> str:
    """The text without secrets."""
    return _short_secrets(text) if len(text) <= SHORT else without(text, secrets(text))


@lru_cache(8192)
def _short(text: str) -> str:
    return without_homes(without(text, secrets(text)))


@lru_cache(8192)
def _short_secrets(text: str) -> str:
    return without(text, secrets(text))


def _plain(text: str) -> Iterator[Span]:
    yield from tokens(text)
    yield from known(text)
    yield from private_keys(text)
    yield from _written(text)
    yield from encoded(text, _written)


def _written(text: str) -> Iterator[Span]:
    """What rules of names and places find."""
    plain = text if text.isascii() else text.encode("ascii", "replace").decode("ascii")
    low = plain.lower()
    yield from named(text, plain, low)
    yield from headers(text, low)
    yield from urls(text)
    yield from commands(text, low)
    yield from manifests(text)
