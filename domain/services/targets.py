"""Targets: the pages, phases and tasks that proposals and change sets make, change and delete, and their values."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workledger.domain import page
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.kernel.unit import Unit
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.phase import claims as phase_claims
from workledger.domain.proposal import TargetType
from workledger.domain.task import Task
from workledger.domain.task import events as task_events

Values = dict[str, Any]
Key = tuple[TargetType, str]
"""A target: its type and its id."""


@dataclass(frozen=True)
class Target:
    """A type of targets.

    Attributes:
        title: the value that names one.
        commands: those that change its values, each with the values that it takes.
        initial: other values, which it can be given only when it is created.
        references: the values that are ids of targets, or lists of them, with their types.
        below: (id) → the key that those hold which are deleted with it.
        dependents: (id) → the key that those hold which depend on it.
        new: the states of its machine in which nothing but its values tells it from one that is made anew; and what
            leads there from its beginning.
    """

    kind: type[Any]
    title: str
    commands: Mapping[str, tuple[str, ...]]
    below: Callable[[str], str]
    dependents: Callable[[str], str] | None = None
    initial: tuple[str, ...] = ()
    references: Mapping[str, TargetType] = field(default_factory=dict)
    new: Mapping[str, Callable[[Any, Any], object]] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The values that may be changed."""
        taken = tuple(name for names in self.commands.values() for name in names)
        return (*taken, "depends_on") if self.dependents else taken

    def values(self, state: Any) -> Values:
        """The values of one, in the form in which they are compared and given."""
        found = {name: getattr(state, name) for name in (*self.fields, *self.initial)}
        return {name: sorted(value) if name == "depends_on" else value for name, value in found.items()}

    def create(self, unit: Unit, id: str, initiative_id: str, values: Values) -> None:
        """Make one with these values."""
        self._known(values, (*self.fields, *self.initial))
        given = {name: value for name, value in values.items() if name != "depends_on"}
        unit.create(self.kind.create(**{"initiative_id": initiative_id} | given | {"id": id}))
        self.change(unit, id, {name: value for name, value in values.items() if name == "depends_on"})

    def change(self, unit: Unit, id: str, values: Values) -> None:
        """Give one these values."""
        self._known(values, self.fields)
        draft = unit.edit(self.kind, id)
        for command, names in self.commands.items():
            if given := {name: values[name] for name in names if name in values}:
                getattr(draft, command)(**given)
        if "depends_on" in values:
            self._depend(draft, values["depends_on"])

    def _depend(self, draft: Any, wanted: Any) -> None:
        if not isinstance(wanted, list | tuple) or not all(isinstance(one, str) for one in wanted):
            raise InvalidInput(summary="depends_on: it is a list of ids")
        argument = f"depends_on_{self.kind.CATEGORY}_id"
        for one in draft.depends_on:
            if one not in wanted:
                draft.remove_dependency(**{argument: one})
        for one in wanted:
            draft.add_dependency(**{argument: one})

    def _known(self, values: Values, names: Iterable[str]) -> None:
        if unknown := sorted(values.keys() - {*names}):
            raise InvalidInput(summary=f"values: {', '.join(unknown)} cannot be set of a {self.kind.CATEGORY}")


def _as_created(draft: Any, past: Any) -> None:
    """Nothing leads there."""


TARGETS: dict[str, Target] = {
    "page": Target(
        Page,
        "title",
        {"rename": ("title",), "change_content": ("content",), "move": ("parent_page_id", "sort_order")},
        page.subpages_of,
        references={"parent_page_id": "page"},
        new={"": _as_created},
    ),
    "phase": Target(
        Phase,
        "name",
        {"rename": ("name",), "change_content": ("content",)},
        phase_claims.tasks_of_phase,
        phase_claims.dependents_of,
        references={"depends_on": "phase"},
        new={"pending": _as_created, "approved": lambda draft, past: draft.approve()},
    ),
    "task": Target(
        Task,
        "title",
        {
            "change_details": ("title", "description", "priority", "category"),
            "change_labels": ("labels",),
            "change_metadata": ("metadata",),
            "reorder": ("plan_order",),
            "move_to_phase": ("phase_id",),
        },
        task_events.subtasks_of,
        task_events.dependents_of,
        initial=("initiative_id", "project_id", "parent_task_id", "rank"),
        references={"phase_id": "phase", "parent_task_id": "task", "depends_on": "task"},
        new={"ready": _as_created, "waiting": lambda draft, past: draft.block(reason="dependency")},
    ),
}


def state_of(unit: Unit, key: Key) -> Any:
    """The target as it is now; None when it is gone."""
    return unit.find(TARGETS[key[0]].kind, key[1])


def initiative_of(unit: Unit, state: Any) -> str | None:
    """The initiative that a target belongs to; a subtask that names none belongs to that of its parent."""
    while state is not None and state.initiative_id is None:
        state = unit.find(Task, state.parent_task_id) if state.parent_task_id else None
    return None if state is None else str(state.initiative_id)


def below(unit: Unit, key: Key) -> Iterator[Key]:
    """A target and all that is deleted with it; each comes after the one that it belongs to."""
    ahead, seen = deque([key]), {key}
    while ahead:
        yield (one := ahead.popleft())
        for found in holders(unit, TARGETS[one[0]].below(one[1])):
            if found not in seen:
                seen.add(found)
                ahead.append(found)


def dependents(unit: Unit, key: Key) -> list[Key]:
    """The targets that depend on one."""
    held_by = TARGETS[key[0]].dependents
    return holders(unit, held_by(key[1])) if held_by else []


def holders(unit: Unit, claim: str) -> list[Key]:
    """The targets that hold a key."""
    return [_key(stream) for stream in unit.holders(claim)]


def _key(stream: str) -> Key:
    category, _, id = stream.partition("-")
    return category, id  # type: ignore[return-value]


def referred(target: Target, values: Values) -> Iterator[Key]:
    """The targets that these values refer to."""
    for name, kind in target.references.items():
        value = values.get(name)
        yield from ((kind, id) for id in (value if isinstance(value, list) else [value]) if id)


def readdressed(target: Target, values: Values, anew: Mapping[Key, str]) -> Values:
    """The values, with the new ids of the targets that were made anew."""

    def new(kind: TargetType, value: Any) -> Any:
        if isinstance(value, list):
            return [new(kind, one) for one in value]
        return anew.get((kind, value), value)

    return {
        name: new(target.references[name], value) if name in target.references else value
        for name, value in values.items()
    }
