"""UmaDB: its server for one benchmark, on a port of this machine, and a contestant that appends to it."""

import importlib
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from workledger.api.benchmarks import workload
from workledger.api.benchmarks.processes import MeasuringFailed
from workledger.api.benchmarks.setting import SEED, Place, Setting
from workledger.api.benchmarks.writers import Contestant
from workledger.domain.kernel.store import Stored

PATIENCE = 10.0
"""Seconds in which its server must answer."""

BATCH = 1000


@contextmanager
def running(place: Place, setting: Setting) -> Iterator[str | None]:
    """The address of a server with the workload in its log; None where UmaDB is not installed."""
    if importlib.util.find_spec("umadb") is None:
        setting.remark("UmaDB is left out: umadb is not installed.")
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("umadb")
    server = subprocess.Popen(
        [program, "--listen", f"127.0.0.1:{port}", "--db-path", place.folder / "uma.db"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _answered(address)
        _fill(address, setting)
        yield address
    finally:
        server.terminate()
        server.wait()


def _answered(address: str) -> None:
    """
    Raises:
        MeasuringFailed: nobody answers there.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            _umadb().Client(address).head()
        except Exception as error:
            if time.monotonic() > end:
                raise MeasuringFailed(reason=f"UmaDB does not answer, {error}") from None
            time.sleep(0.05)
        else:
            return


def _fill(address: str, setting: Setting) -> None:
    client, event = _umadb().Client(address), _umadb().Event
    rows = workload.rows(SEED, setting.events)
    while page := list(islice(rows, BATCH)):
        client.append([event(row.topic, row.data.encode(), [row.stream_id]) for row in page])


class UmaDB(Contestant):
    """Each event is tagged with its stream; it is stored if nothing new is in that stream."""

    def __init__(self, address: str, number: int) -> None:
        self._umadb = _umadb()
        self._client = self._umadb.Client(address)
        self._last = self._client.head()

    def made(self, batch: Sequence[Stored]) -> tuple[list[Any], Any]:
        events = [self._umadb.Event(one.topic, one.state, [str(one.originator_id)]) for one in batch]
        streams = dict.fromkeys(str(one.originator_id) for one in batch)
        return events, self._umadb.Query([self._umadb.QueryItem(tags=[stream]) for stream in streams])

    def append(self, made: tuple[list[Any], Any]) -> None:
        """All that is in these streams was stored by this process, at `_last` or before."""
        events, query = made
        self._last = self._client.append(events, self._umadb.AppendCondition(query, self._last))


def _umadb() -> Any:
    """It is installed for benchmarks only."""
    return importlib.import_module("umadb")
