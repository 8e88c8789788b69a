"""What the importers share: their report, their progress, and facts recorded a few hundred at a time."""

from workledger.adapters.importing.batches import BATCH, Batches, Fact
from workledger.adapters.importing.json_lines import JsonLine, json_lines, json_object
from workledger.adapters.importing.projects import begin, ensure_project
from workledger.adapters.importing.report import LISTED, Progress, Report, silent
from workledger.adapters.importing.texts import EARLIEST, LATEST, cut, digest, json_size, timestamp_of

__all__ = [
    "BATCH",
    "EARLIEST",
    "LATEST",
    "LISTED",
    "Batches",
    "Fact",
    "JsonLine",
    "Progress",
    "Report",
    "begin",
    "cut",
    "digest",
    "ensure_project",
    "json_lines",
    "json_object",
    "json_size",
    "silent",
    "timestamp_of",
]
