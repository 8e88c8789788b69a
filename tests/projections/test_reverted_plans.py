"""Whatever a change set does to a plan, reverting it gives the rows that were there before (domain.md 2.8)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hypothesis import Phase as HypothesisPhase
from hypothesis import given, settings
from hypothesis import strategies as st

import workledger
from support.examples import examples
from support.rows import rows_of
from workledger import Refused, Workledger
from workledger.domain.change_set import ChangeSet
from workledger.domain.initiative import Initiative
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.services import change_sets
from workledger.domain.task import Task

TABLES = ("pages", "phases", "phase_dependencies", "tasks", "task_dependencies")
OF_THE_LOG = ("created_at", "updated_at", "version", "last_position", "approved_at")
"""Columns that say when a row was made and changed: what is made anew is made later."""

PAGES, PHASES, TASKS = ("pag_0", "pag_1", "pag_2", "pag_3"), ("pha_0", "pha_1", "pha_2"), ("tsk_0", "tsk_1", "tsk_2")
IDS = {"page": PAGES, "phase": PHASES, "task": TASKS}


def some(ids: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*ids, "new_0", "new_1"])


TEXT = st.sampled_from(["a", "b", "c"])
VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "page": {
        "title": TEXT,
        "content": st.none() | TEXT | st.builds(lambda text: {"type": "doc", "text": text}, TEXT),
        "parent_page_id": some(PAGES),
        "sort_order": st.integers(0, 2),
    },
    "phase": {
        "name": TEXT,
        "content": st.none() | TEXT,
        "depends_on": st.lists(some(PHASES), max_size=2, unique=True),
    },
    "task": {
        "title": TEXT,
        "description": st.none() | TEXT,
        "priority": st.sampled_from(["low", "high"]),
        "category": st.sampled_from(["execute", "plan"]),
        "labels": st.lists(TEXT, max_size=2),
        "metadata": st.dictionaries(TEXT, TEXT, max_size=1),
        "plan_order": st.integers(0, 2),
        "phase_id": st.none() | some(PHASES),
        "depends_on": st.lists(some(TASKS), max_size=2, unique=True),
    },
}
NAMED = {"page": ("title", "parent_page_id"), "phase": ("name",), "task": ("title",)}


def changes_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    values, needed = VALUES[kind], NAMED[kind]
    given = st.fixed_dictionaries({}, optional=values)
    whole = st.fixed_dictionaries(
        {name: values[name] for name in needed}, optional={name: values[name] for name in values.keys() - {*needed}}
    )
    about = {"target_type": st.just(kind)}
    return st.one_of(
        st.fixed_dictionaries(
            {"action": st.just("create"), "target_id": st.sampled_from(["new_0", "new_1"]), "values": whole, **about}
        ),
        st.fixed_dictionaries({"action": st.just("update"), "target_id": some(IDS[kind]), "values": given, **about}),
        st.fixed_dictionaries({"action": st.just("delete"), "target_id": some(IDS[kind]), **about}),
    )


CHANGES = st.lists(st.one_of(*map(changes_of, VALUES)), min_size=1, max_size=6)


def planned(ledger: Workledger) -> None:
    """An initiative with a tree of pages, phases in a row, and tasks in them that wait for each other."""
    with ledger.unit() as unit:
        unit.create(Initiative.create(id="ini_1", name="Atlas"))
        for id, above in zip(PAGES, (None, "pag_0", "pag_1", "pag_0"), strict=True):
            unit.create(Page.create(id=id, initiative_id="ini_1", title=id, parent_page_id=above, content=id))
        for id, before in zip(PHASES, (None, "pha_0", "pha_1"), strict=True):
            unit.create(Phase.create(id=id, initiative_id="ini_1", name=id))
            if before:
                unit.edit(Phase, id).add_dependency(depends_on_phase_id=before)
        unit.edit(Phase, "pha_0").approve()
        for id, phase, parent in zip(TASKS, ("pha_0", "pha_1", None), (None, None, "tsk_0"), strict=True):
            new = Task.create(
                id=id, title=id, initiative_id="ini_1", phase_id=phase, parent_task_id=parent, rank=f"{id[-1]}V"
            )
            unit.create(new)
        unit.edit(Task, "tsk_1").add_dependency(depends_on_task_id="tsk_0")


def rows(ledger: Workledger, former: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of a plan; the ids of what was made anew are those that it had before."""

    def told(row: dict[str, Any]) -> dict[str, Any]:
        values = {name: value for name, value in row.items() if name not in OF_THE_LOG}
        return {name: former.get(value, value) if isinstance(value, str) else value for name, value in values.items()}

    ledger.catch_up()
    return {name: sorted(map(told, rows_of(ledger, name)), key=repr) for name in TABLES}


def possible(ledger: Workledger, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the changes that are accepted, one after the other."""
    chosen: list[dict[str, Any]] = []
    for change in changes:
        with suppress(Refused), ledger.unit() as unit:
            change_sets.apply(unit, initiative_id="ini_1", changes=[*chosen, change])
            unit.find(ChangeSet, "")  # settles what a decision recalled
            chosen = [*chosen, change]
            raise Undone
    return chosen


class Undone(Refused):
    """A trial, of which nothing is recorded."""


@settings(max_examples=examples(30), phases=[phase for phase in HypothesisPhase if phase is not HypothesisPhase.shrink])
@given(changes=CHANGES)
def test_a_change_set_that_is_reverted_leaves_the_rows_that_were_there(changes: list[dict[str, Any]]) -> None:
    with workledger.open("memory:") as ledger:
        planned(ledger)
        before = rows(ledger, {})
        if not (accepted := possible(ledger, changes)):
            return
        try:
            with ledger.unit() as unit:
                id = change_sets.apply(unit, initiative_id="ini_1", changes=accepted).id
        except Refused:
            return  # claims are settled in the append alone
        with ledger.unit() as unit:
            change_sets.revert(unit, ledger, id)
        event: Any = ledger.history(ChangeSet, id)[-1].event
        former = {entry.target_id: entry.restores for entry in event.entries if entry.restores}
        assert rows(ledger, former) == before
