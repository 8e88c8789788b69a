"""Tokens that are split over texts that follow each other: chunks of a stream, parts of a message."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from workledger.adapters.redaction.spans import Span, without, words
from workledger.adapters.redaction.structures import JSON, Redact
from workledger.adapters.redaction.texts import provider_tokens

Path: TypeAlias = tuple[str, ...]
"""The names of the fields that lead to a text; texts of one path follow each other."""

REACH = 400
"""Characters on either side of a joint that are looked at: more than a token has."""
DEEPEST = 12
"""Names of a path that count."""

_LABELS = words("timestamp type role model version cwd level status kind name slug hash sha fingerprint at time")
_INSIDE = re.compile(r"[\w.+/=$:~-]")
_OPEN = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[opsur]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt)-|sk-(?:ant|proj|or|svcacct)-|[srp]k_(?:live|test)_"
    r"|xox[a-z]-|xapp-|A[KS]IA|AIza|npm_|pypi-|hf_|eyJ[\w-]{8,}\.|whsec_|dop_v1_|shpat_|hvs\.|lin_api_|dckr_pat_|GOCSPX-"
    r"|rubygems_|glsa_|gsk_|xai-|pplx-|ya29\.|SG\.)[\w-]{2,300}(?:\.[\w-]{1,300}){0,3}\Z"
)
"""A token that has begun: the rest may follow in the next text."""


class Consecutive:
    """A `Redact` for values that follow each other, of one stream: it remembers the end of each text.

    A token that is split is taken from both texts. What came first may be stored by the time the rest comes, so a
    token that has only begun at the end of a text is taken, too.
    """

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        self._ends: dict[Path, str] = {}

    def __call__(self, value: JSON) -> JSON:
        return self._redact(unsplit(value, self._ends))


def consecutive(redact: Redact) -> Consecutive:
    """The same redaction for values that are recorded one after the other."""
    return Consecutive(redact)


def unsplit(value: JSON, ends: dict[Path, str] | None = None) -> JSON:
    """The value without tokens that are split over its texts; itself when there is none.

    Args:
        ends: the end of the text that came before each path, when something has come and more may follow.
    """
    series: dict[Path, list[tuple[int, str]]] = defaultdict(list)
    for number, (path, text) in enumerate(_texts(value)):
        if text and not _is_label(path):
            series[path].append((number, text))
    found: dict[int, tuple[str, list[Span]]] = {}
    for path, numbered in series.items():
        texts = [text for _, text in numbered]
        before = ends.get(path, "") if ends is not None else ""
        if before or len(texts) > 1:
            for (number, text), spans in zip(numbered, _across([before, *texts])[1:], strict=True):
                if spans:
                    found[number] = text, spans
        if ends is not None:
            number, text = numbered[-1]
            joined = (before + text if len(texts) == 1 else text)[-REACH:]
            ends[path] = joined
            if begun := _OPEN.search(joined):
                start = max(0, len(text) - (len(joined) - begun.start()))
                found.setdefault(number, (text, []))[1].append((start, len(text)))
    return _replaced(value, {number: without(*one) for number, one in found.items()}) if found else value


def _is_label(path: Path) -> bool:
    """Whether a text is whole by itself: an id, a time, a kind."""
    last = path[-1].lower() if path else ""
    return last in _LABELS or last.endswith(("id", "ids"))


def _across(texts: Sequence[str]) -> list[list[Span]]:
    """For each of the texts, where parts of tokens are that go on in the next one, or come from the one before."""
    found: list[list[Span]] = [[] for _ in texts]
    first = 0
    for number in range(1, len(texts) + 1):
        if number < len(texts) and _goes_on(texts[number - 1], texts[number]) and len(texts[number]) <= REACH:
            continue
        last = number if number < len(texts) and _goes_on(texts[number - 1], texts[number]) else number - 1
        if last > first:
            _find(texts, first, last, found)
        first = number if last < number else last
    return found


def _goes_on(text: str, after: str) -> bool:
    return bool(text and after and _INSIDE.match(text[-1]) and _INSIDE.match(after[0]))


def _find(texts: Sequence[str], first: int, last: int, found: list[list[Span]]) -> None:
    """Look at those texts as one; of the first its end counts, of the last its beginning."""
    parts = [texts[first][-REACH:], *texts[first + 1 : last], texts[last][:REACH]]
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    for start, end in provider_tokens("".join(parts)):
        for number in range(len(parts)):
            inside = max(start, starts[number]), min(end, starts[number + 1])
            if inside[0] < inside[1] and (start < starts[number] or end > starts[number + 1]):
                shift = (len(texts[first]) - len(parts[0]) if number == 0 else 0) - starts[number]
                found[first + number].append((inside[0] + shift, inside[1] + shift))


def _texts(value: JSON) -> Iterator[tuple[Path, str]]:
    """The texts in their order, with their paths; names of fields are not among them."""
    work: list[tuple[Path, JSON]] = [((), value)]
    while work:
        path, one = work.pop()
        if isinstance(one, str):
            yield path, one
        elif isinstance(one, dict):
            work += [((*path, name) if len(path) < DEEPEST else path, inner) for name, inner in reversed(one.items())]
        elif isinstance(one, list):
            work += [(path, inner) for inner in reversed(one)]


def _replaced(value: JSON, changed: dict[int, str]) -> JSON:
    """A copy with other texts in the places of those of these numbers."""
    holder: list[JSON] = [value]
    work: list[tuple[list[JSON] | dict[str, JSON], int | str]] = [(holder, 0)]
    number = -1
    while work:
        where, place = work.pop()
        one = where[place]  # type: ignore[index]
        if isinstance(one, str):
            number += 1
            where[place] = changed.get(number, one)  # type: ignore[index]
        elif isinstance(one, dict):
            where[place] = copy = dict(one)  # type: ignore[index]
            work += [(copy, name) for name in reversed(copy)]
        elif isinstance(one, list):
            where[place] = items = list(one)  # type: ignore[index]
            work += [(items, index) for index in reversed(range(len(items)))]
    return holder[0]
