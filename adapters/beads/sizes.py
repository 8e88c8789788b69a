"""What of an issue is kept, so that its events fit: each part has its share of the 256 KB (domain.md 5.1)."""

from collections.abc import Iterable

import orjson

from workledger.adapters.importing import Report
from workledger.adapters.redaction import JSON

TEXT = 80_000
"""Bytes of JSON of a description or a summary; `NOTE` those of a title, `LABEL` of a label, `REST` of all that is
kept in the metadata."""

NOTE = 4_000

LABEL = 200

REST = 80_000

LABELS = 50
"""Labels of one issue that are kept."""

LINKS = 40_000
"""Bytes of JSON of the dependencies of one issue; `LINK` those of one beside its texts."""

LINK = 30


def labels_that_fit(labels: Iterable[str], report: Report) -> tuple[str, ...]:
    """The first labels, each once, cut to size."""
    kept = tuple(dict.fromkeys(report.fit(label, LABEL) for label in labels))
    report.shortened += len(kept) > LABELS
    return kept[:LABELS]


def rest_that_fits(rest: dict[str, JSON], report: Report) -> dict[str, JSON]:
    """The fields, with the largest of them cut: what does not fit is kept as text as far as it does."""
    sizes = {name: len(orjson.dumps({name: value})) for name, value in rest.items()}
    room, kept = REST, dict[str, JSON]()
    for name in sorted(rest, key=sizes.__getitem__):
        value = rest[name]
        if sizes[name] > room:
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            value = report.fit(text, max(0, room - len(name) * 6 - NAMED)) if room > NAMED + len(name) * 6 else None
            report.shortened += value is None
        if value is not None:
            kept[name] = value
            room -= len(orjson.dumps({name: value}))
    return {name: kept[name] for name in rest if name in kept}


NAMED = 100
"""Bytes that the name of a cut field, and the mark of the cut, may take beside six for each character of the name."""
