"""Changes of pages, phases and tasks, made in a unit of work: what each was before is remembered."""

from collections.abc import Iterable
from typing import Any

from workledger.domain.change_set import (
    Change,
    ChangeSet,
    ChangeSetTargetElsewhere,
    ChangeSetTargetInWork,
    Entry,
)
from workledger.domain.kernel.ids import new_id
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.targets import TARGETS, Key, below, dependents, initiative_of, state_of


def named(change: Change) -> Change:
    """The change with the id of what it makes, so that it is the same when the decision is taken again."""
    if change.target_id is not None:
        return change
    return change.model_copy(update={"target_id": new_id(TARGETS[change.target_type].kind.PREFIX)})


class Making:
    """Makes changes of one initiative's targets in a unit of work.

    Attributes:
        before: the targets that were touched, each as it was before; None when it is made.
    """

    def __init__(self, unit: Unit, initiative_id: str) -> None:
        self.unit, self.initiative_id = unit, initiative_id
        self.before: dict[Key, Any] = {}

    def make(self, change: Change) -> None:
        """
        Raises:
            NotFound: there is no such target.
            ChangeSetTargetElsewhere: CHANGE_SET_TARGET_ELSEWHERE, it belongs to another initiative.
            ChangeSetTargetInWork: CHANGE_SET_TARGET_IN_WORK, what would be deleted could not be made anew.
            Refused: what the commands of the target are refused with.
        """
        assert change.target_id is not None
        key: Key = change.target_type, change.target_id
        if change.action == "create":
            self.before.setdefault(key, None)
            TARGETS[key[0]].create(self.unit, key[1], self.initiative_id, dict(change.values))
            self._own(key)
            return
        self._touch(key, self._own(key))
        if change.action == "update":
            TARGETS[key[0]].change(self.unit, key[1], dict(change.values))
        else:
            self._delete(key)

    def entries(self) -> tuple[Entry, ...]:
        """What has become of the targets; those that are as they were are left out."""
        found = (self._entry(key, before) for key, before in self.before.items())
        return tuple(one for one in found if one is not None)

    def _entry(self, key: Key, before: Any) -> Entry | None:
        target, after = TARGETS[key[0]], state_of(self.unit, key)
        was, now = (None if one is None else target.values(one) for one in (before, after))
        if was == now:
            return None
        return Entry(
            action="create" if was is None else "delete" if now is None else "update",
            target_type=key[0],
            target_id=key[1],
            title=getattr(before if after is None else after, target.title),
            version_before=0 if before is None else before.version,
            version_after=0 if after is None else after.version,
            fields=tuple(name for name in target.fields if was[name] != now[name]) if was and now else (),
        )

    def _own(self, key: Key) -> Any:
        """The target, which is one of the initiative."""
        state = self.unit.state(TARGETS[key[0]].kind, key[1])
        if initiative_of(self.unit, state) != self.initiative_id:
            raise ChangeSetTargetElsewhere(target_type=key[0], target_id=key[1], initiative_id=self.initiative_id)
        return state

    def _touch(self, key: Key, state: Any) -> None:
        self.before.setdefault(key, state)

    def _delete(self, key: Key) -> None:
        """With all below it, and the dependencies on any of them, which a revert has to make again."""
        gone = dict.fromkeys(below(self.unit, key))
        for one in gone:
            state = state_of(self.unit, one)
            if state.machine_state() not in TARGETS[one[0]].new:
                raise ChangeSetTargetInWork(target_type=one[0], target_id=one[1])
            self._touch(one, state)
        for one in gone:
            for dependent in dependents(self.unit, one):
                if dependent not in gone:
                    self._touch(dependent, state_of(self.unit, dependent))
                    argument = {f"depends_on_{one[0]}_id": one[1]}
                    self.unit.edit(TARGETS[dependent[0]].kind, dependent[1]).remove_dependency(**argument)
        self.unit.edit(TARGETS[key[0]].kind, key[1]).delete()


def make(
    unit: Unit, changes: Iterable[Change], *, id: str, initiative_id: str, agent_id: str | None, summary: str | None
) -> ChangeSet | None:
    """Make changes and record them as a change set; None when all is so already. To be called in a decision.

    Raises:
        InvalidInput: VALIDATION_ERROR, which says of which change it is.
        Refused: see `Making.make`.
    """
    making = Making(unit, initiative_id)
    for change in changes:
        try:
            making.make(change)
        except InvalidInput as refused:
            told = f"to {change.action} a {change.target_type}: {refused.details['summary']}"
            raise InvalidInput(**refused.details | {"summary": told}) from None
    if not (entries := making.entries()):
        return None
    about: dict[str, Any] = {"initiative_id": initiative_id, "agent_id": agent_id, "summary": summary}
    return unit.create(ChangeSet.create(id=id, entries=entries, **about))
