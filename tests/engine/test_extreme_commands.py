"""An accepted command can always be projected: whatever its arguments, it has its row and no dead letter (5.1)."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.examples import examples
from support.extreme_arguments import arguments_of
from support.reference_fold import Reference
from support.state_machines import MACHINES
from workledger import Workledger
from workledger.domain.agent import Agent, AgentCreated
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunStarted, AgentTurnCompleted
from workledger.domain.commit import CommitRecord
from workledger.domain.kernel.aggregate import Aggregate, Event, New
from workledger.domain.kernel.claims import Claim, Limit, Release, Take
from workledger.domain.kernel.refusals import ConcurrencyConflict, Refused
from workledger.domain.kernel.store import ClaimUnmet, Conditions
from workledger.domain.kernel.unit import Unit
from workledger.domain.page import Page, PageCreated
from workledger.domain.session_feed import SessionFeed
from workledger.domain.stage_run import StageRunQueued
from workledger.domain.tool_calls import ToolCalls
from workledger.domain.workspace import Workspace, WorkspaceCreated
from workledger.projections import agent_runs
from workledger.projections.engine.state import dead_letters
from workledger.projections.groups import GROUPS

MAKERS: dict[type[Aggregate], str] = {
    AgentRun: "start",
    CommitRecord: "record",
    ToolCalls: "open",
    SessionFeed: "entry",
}
LIVES: dict[type[Aggregate], list[tuple[Event, ...]]] = {
    **{machine.kind: [*machine.lives.values()] for machine in MACHINES},
    Agent: [(AgentCreated(name="Ann"),)],
    Workspace: [(WorkspaceCreated(name="Office"),)],
    CommitRecord: [],
    SessionFeed: [],
    Page: [(PageCreated(initiative_id="ini_1", parent_page_id="pag_0", title="Parser"),)],
}

Deed = tuple[type[Aggregate], tuple[Event, ...], str, dict[str, Any]]
"""A command: of what kind of aggregate, after which events, its name, and its arguments."""


def test_every_noun_is_told_extremes() -> None:
    """But those that have no commands."""
    nouns = [kind for kind in Aggregate.CATEGORIES.values() if kind.__module__.startswith("workledger.domain.")]
    assert [kind for kind in nouns if kind.commands() and kind not in LIVES] == []


def deeds(kind: type[Aggregate]) -> st.SearchStrategy[Deed]:
    maker = MAKERS.get(kind, "create")
    begun = st.tuples(st.just(kind), st.just(()), st.just(maker), arguments_of(getattr(kind, maker)))
    if not LIVES[kind]:
        return begun
    told = st.one_of(
        *(
            st.tuples(st.just(kind), st.sampled_from(LIVES[kind]), st.just(name), arguments_of(command))
            for name, command in kind.commands().items()
            if name not in MAKERS.values()
        )
    )
    return begun | told | told


DEEDS = st.lists(st.one_of(*map(deeds, LIVES)), min_size=3, max_size=8)


class Recorder:
    """Records what commands accept, each for an aggregate of its own, as the ledger would: with what they take."""

    def __init__(self, ledger: Workledger) -> None:
        self.ledger, self.accepted = ledger, 0

    def tell(self, deed: Deed) -> None:
        kind, life, name, arguments = deed
        id = f"it{self.ledger.head()}"
        try:
            if not life:
                new: New[Any] = getattr(kind, name)(**arguments)
                self._store(new.kind, new.id, (), new.events)
                return
            decided = getattr(kind.fold(id, life), name)(**arguments)
            if not isinstance(decided, New):
                self._store(kind, id, life, decided)
        except Refused:
            return

    def _store(self, kind: type[Aggregate], id: str, life: tuple[Event, ...], events: list[Event]) -> None:
        unit, stream = Unit(self.ledger.find_any), kind.stream(id)
        # What a life takes is not settled here: the key of a stage run must be its own all the same.
        life = tuple(
            one.model_copy(update={"idempotency_key": id}) if isinstance(one, StageRunQueued) else one for one in life
        )
        if life:
            unit.record(kind, id, [*life, *events])
        else:
            unit.create(New(kind, id, events))
        taken: list[tuple[str, Claim]] = []
        before = kind.fold(id, life)
        for event in events:
            taken += [(stream, one) for one in event.claims(before, id) if isinstance(one, Take | Release | Limit)]
            before = kind.fold(id, [event], before)
        try:
            self.ledger._core.events.put(unit.recorded, conditions=Conditions(claims=taken))
        except (ClaimUnmet, ConcurrencyConflict):
            return  # taken by an earlier one
        self.accepted += len(events)


@pytest.fixture(params=["memory:", "postgres"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Workledger]:
    import workledger

    url = request.param if request.param == "memory:" else request.getfixturevalue("postgres_store_url")
    with workledger.open(url) as ledger:
        yield ledger


def nothing_was_set_aside(ledger: Workledger) -> None:
    ledger.catch_up()
    with ledger.tables.engine.connect() as connection:
        found = [(one.topic, one.error) for group in GROUPS for one in dead_letters.find(connection, group.name)]
    assert found == []


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(DEEDS)
def test_whatever_a_command_accepts_has_its_rows(ledger: Workledger, deeds: list[Deed]) -> None:
    recorder = Recorder(ledger)
    for deed in deeds:
        recorder.tell(deed)
    nothing_was_set_aside(ledger)


def test_its_rows_are_what_the_log_says(ledger: Workledger) -> None:
    """After thousands of such commands, if the example above were run so often; here with each kind's own examples."""
    recorder = Recorder(ledger)
    for machine in MACHINES:
        for life in machine.lives.values():
            for name, examples_of in machine.examples.items():
                for arguments in examples_of:
                    recorder.tell((machine.kind, life, name, arguments))
    assert recorder.accepted > 50
    nothing_was_set_aside(ledger)
    log = ledger.store.scan(0, 100_000, upto=ledger.head())
    for group in GROUPS:
        assert Reference(group).fold(log).differences(ledger) == []


def test_sums_of_the_largest_amounts_fit(ledger: Workledger) -> None:
    """Each turn may cost as much as a command takes; a run of a thousand such turns has its sums, and can complete."""
    ledger.create(Agent.create(id="ann", name="Ann"))
    with ledger.unit() as unit:
        unit.create(AgentRun.start(id="r", agent_id="ann", session_number=1))
    with ledger.unit() as unit:
        unit.record(AgentRun, "r", [AgentTurnCompleted(turn=n, **LARGEST) for n in range(1, 1001)])
    with ledger.edit(AgentRun, "r") as run:
        run.complete()
    nothing_was_set_aside(ledger)
    row = agent_runs.get(ledger.tables, "r")
    assert row is not None
    assert (row["token_input_count"], row["cost_usd"], row["status"]) == (10**12, 1e9, "completed")


LARGEST: dict[str, Any] = {"tokens_in": 10**9, "tokens_out": 10**9, "cache_tokens": 10**9, "cost_usd": 1e6}


@pytest.mark.parametrize("cost", [1e13, 1.7e308, -1.7e308])
def test_what_older_releases_accepted_has_its_rows(ledger: Workledger, cost: float) -> None:
    """Their events may hold any cost and count."""
    started = AgentRunStarted(agent_id="ann", session_number=1)
    turns = [AgentTurnCompleted(turn=n, cost_usd=cost, tokens_in=2**53 - 1) for n in (1, 2, 3)]
    with ledger.unit() as unit:
        unit.record(Agent, "ann", [AgentCreated(name="Ann")])
        unit.record(AgentRun, "r", [started, *turns])
    nothing_was_set_aside(ledger)
    assert agent_runs.get(ledger.tables, "r") is not None


@pytest.mark.parametrize("cost", [float("inf"), float("nan"), 1e13, -1.0, 1_000_001.0])
def test_a_cost_that_has_no_sum_is_refused(cost: float) -> None:
    run: Any = AgentRun.fold("r", [AgentRunStarted(agent_id="ann", session_number=1)])
    with pytest.raises(Refused):
        run.report_turn(turn=1, cost_usd=cost)
