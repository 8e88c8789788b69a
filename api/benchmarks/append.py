"""Appending: one event at a time, by one writer and by eight, and a hundred at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import islice

from workledger.adapters import bootstrap
from workledger.api.benchmarks import umadb_server, workload
from workledger.api.benchmarks.figures import LIMIT, OURS, PLAIN, STOCK, UMADB, Figures, Rounds
from workledger.api.benchmarks.filling import fill
from workledger.api.benchmarks.setting import SEED, Place, Setting
from workledger.api.benchmarks.writers import Contestant, Open, Writers
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.store import Conditions, Stored
from workledger.domain.project import Project

WRITERS = 8
CASES = {"1 writer": (1, 1), "8 writers": (WRITERS, 1), "batches of 100": (1, 100)}
"""How many write at once, and how many events at a time."""

UNCONDITIONAL = "1 writer, no conditions"
BARE = "workledger without conditions"
STORY = 20_000
"""Events that the writers tell over and over."""

MOST = {1: 10_000, 100: 40_000}
"""Events of one round, by the size of a batch."""

PROJECTS = 4
"""That the writers work in."""


class Ours(Contestant):
    """As an app calls the store: a claim that the project exists, a command id, and the version of every event."""

    def __init__(self, url: str, number: int, *, conditions: bool = True) -> None:
        self._ledger, self._conditions = bootstrap.open(url), conditions
        self._project = Project.exists(f"prj_{number % PROJECTS}")

    def made(self, batch: Sequence[Stored]) -> tuple[Sequence[Stored], Conditions | None]:
        if not self._conditions:
            return batch, None
        claims = [(str(batch[0].originator_id), self._project)]
        return batch, Conditions(claims=claims, command_id=batch[0].command_id)

    def append(self, made: tuple[Sequence[Stored], Conditions | None]) -> None:
        self._ledger.store.insert_events(made[0], conditions=made[1])


def append(setting: Setting) -> Figures:
    """Events a second into a log that holds `events` already; a round is not longer than those, or two seconds."""
    figures, rounds = Figures({"benchmark": "append", "events": setting.events}), Rounds()
    with setting.place() as place, _contestants(place, setting) as contestants:
        figures.about |= place.about()
        writers = Writers(WRITERS, contestants, partial(_story, setting.events))
        try:
            for turn in range(setting.rounds):
                setting.progress(turn, setting.rounds, "rounds")
                for case, who in _turns(list(contestants), turn):
                    number, batch = CASES.get(case, (1, 1))
                    rate = writers.rate(who, number, batch, min(setting.events, MOST[batch]))
                    rounds.add(case, OURS if who == BARE else who, rate)
            setting.progress(setting.rounds, setting.rounds, "rounds")
        finally:
            writers.close()
    rounds.into(figures)
    return figures


def _story(events: int) -> list[Row]:
    return list(islice(workload.rows(SEED, events), STORY))


def _turns(names: list[str], turn: int) -> Iterator[tuple[str, str]]:
    """Everybody's turns of one round; who begins changes from round to round."""
    shifted = names[turn % len(names) :] + names[: turn % len(names)]
    for case in CASES:
        for who in shifted:
            if who == BARE:
                if case == "1 writer":
                    yield UNCONDITIONAL, who
            else:
                yield case, who


@contextmanager
def _contestants(place: Place, setting: Setting) -> Iterator[dict[str, Open]]:
    """Everybody who is there, with the same events in their logs."""
    fill(place, workload.rows(SEED, setting.events, setting.progress))
    with bootstrap.open(place.url) as ledger:
        for number in range(PROJECTS):
            ledger.create(Project.create(id=f"prj_{number}", name=f"Project {number}"))
    peers = _postgres(place, setting) if place.postgres else _sqlite(place)
    with umadb_server.running(place, setting) if place.postgres else nullcontext() as address:
        umadb = {UMADB: partial(umadb_server.UmaDB, address)} if address else {}
        yield {OURS: partial(Ours, place.url), BARE: partial(Ours, place.url, conditions=False), **peers, **umadb}


def _postgres(place: Place, setting: Setting) -> dict[str, Open]:
    from workledger.api.benchmarks import peers_postgres as peers

    peers.lay_plain(place)
    found: dict[str, Open] = {PLAIN: partial(peers.Inserts, place.url), LIMIT: partial(peers.Limit, place.url)}
    try:
        peers.lay_stock(place)
    except ModuleNotFoundError as missing:
        setting.remark(f"The stock recorder is left out: {missing.name} is not installed.")
        return found
    return {STOCK: partial(peers.Stock, place.url), **found}


def _sqlite(place: Place) -> dict[str, Open]:
    from workledger.api.benchmarks import peers_sqlite as peers

    peers.lay(place)
    folder = str(place.folder)
    return {
        STOCK: partial(peers.Stock, folder),
        PLAIN: partial(peers.Inserts, folder),
        LIMIT: partial(peers.Limit, folder),
    }
