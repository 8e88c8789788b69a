"""The import source of a transcript file: how much of it was read, and whether it is still the same file."""

from collections.abc import Sequence
from pathlib import Path

from workledger.adapters.claude_code.facts import Whose
from workledger.adapters.claude_code.files import Transcript
from workledger.adapters.claude_code.fingerprints import fingerprint, fingerprint_of
from workledger.adapters.claude_code.reading import Reading
from workledger.domain.import_source import ImportSource, ImportSourceRecordsImported
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.unit import Unit


class Source:
    """The import source of a file while that is imported. An import elsewhere in between is a conflict.

    Attributes:
        read_before: the bytes at the beginning that were read by an earlier import; 0 when the file was replaced since.
        replaced: it was, or was cut short.
    """

    def __init__(self, ledger: Ledger, file: Transcript) -> None:
        self._file = file
        self._source = ledger.find_any(ImportSource, file.source_id)
        self._version = self._source.version if self._source else 0
        self.replaced = self._source is not None and not continues(self._source, file.path)
        self.read_before = self._source.end if self._source and not self.replaced else 0
        if self._source is None:
            self.read_before = _read_by_earlier_releases(ledger, file)

    @property
    def stream(self) -> str:
        return ImportSource.stream(self._file.source_id)

    @property
    def is_read(self) -> bool:
        """Whether there is nothing more to take from the file."""
        there = self._source
        return (
            there is not None and not self.replaced and not there.live and self._file.path.stat().st_size == there.end
        )

    def stands_at(self, end: int, live: bool) -> bool:
        """Whether that is what is stored already."""
        there = self._source
        return there is not None and not self.replaced and (there.end, there.live) == (end, live)

    def record(self, unit: Unit, whose: Whose | None, records: Sequence[str]) -> None:
        """Record that these records are imported, wherever they are in the file.

        Raises:
            ConcurrencyConflict: another import of the file has recorded something since.
        """
        if self._source is None or self.replaced:
            self._append(unit, whose, 0, fingerprint_of(b""), True, records)
        else:
            self._append(unit, whose, self._source.end, self._source.fingerprint, True, records)

    def finish(self, unit: Unit, whose: Whose | None, reading: Reading, live: bool) -> None:
        """Record that all of the file was read."""
        self._append(unit, whose, reading.limit, reading.fingerprint, live, ())

    def _append(
        self, unit: Unit, whose: Whose | None, end: int, fingerprint: str, live: bool, records: Sequence[str]
    ) -> None:
        id = self._file.source_id
        there = unit.find(ImportSource, id)
        version = there.version if there else 0
        if version != self._version:
            raise ConcurrencyConflict(stream=ImportSource.stream(id), expected=self._version, actual=version)
        event = ImportSourceRecordsImported(
            kind="claude_code",
            session_id=whose.session_id if whose else self._file.thread.session_id,
            project_id=whose.project_id if whose else None,
            agent_id=whose.agent_id if whose else None,
            fingerprint=fingerprint,
            end=end,
            live=live,
            records=tuple(records),
        )
        unit.record(ImportSource, id, [event])

    def recorded(self) -> None:
        """The unit was appended."""
        self._version += 1


def continues(source: ImportSource, path: Path) -> bool:
    """Whether the file begins with what was read of it; otherwise it was replaced, or cut short."""
    return path.stat().st_size >= source.end and fingerprint(path, source.end) == source.fingerprint


def _read_by_earlier_releases(ledger: Ledger, file: Transcript) -> int:
    """The bytes that an earlier release has imported of the file, if it is still the same.

    Its records are claimed by now (see adoption.py), except for those that were purged from the agent's log since.
    """
    there = ledger.find_any(ImportSource, file.thread.source_id)
    return there.start if there is not None and continues(there, file.path) else 0
