"""Reverting a change set: whether its targets are as it left them, and the steps that put them back."""

from collections.abc import Iterator
from typing import Any

from workledger.domain.change_set import ChangeSet, ChangeSetTargetsChanged, Entry
from workledger.domain.kernel.ids import new_id
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.unit import Unit
from workledger.domain.page import root_of
from workledger.domain.services.targets import (
    TARGETS,
    Key,
    Values,
    dependents,
    holders,
    readdressed,
    referred,
    state_of,
)


class Reverting:
    """Puts the targets of a change set back as they were.

    Raises:
        ChangeSetTargetsChanged: CHANGE_SET_TARGETS_CHANGED, some are not as it left them.
    """

    def __init__(self, unit: Unit, ledger: Ledger, change_set: ChangeSet) -> None:
        self.unit, self.ledger, self.initiative_id = unit, ledger, change_set.initiative_id
        self.applied = {(one.target_type, one.target_id): one for one in change_set.entries}
        self.anew: dict[Key, str] = {}
        """The new ids of what is made anew."""
        self._check()
        self._make_room()
        self._restore()
        self._change_back()
        self._delete()

    def entries(self) -> tuple[Entry, ...]:
        """What was done about each entry of the change set, in their order."""
        return tuple(self._entry(key, entry) for key, entry in self.applied.items())

    def _entry(self, key: Key, applied: Entry) -> Entry:
        state = state_of(self.unit, (key[0], self.anew.get(key, key[1])))
        return Entry(
            action={"create": "delete", "delete": "create", "update": "update"}[applied.action],
            target_type=key[0],
            target_id=self.anew.get(key, key[1]),
            title=applied.title if state is None else getattr(state, TARGETS[key[0]].title),
            version_before=applied.version_after,
            version_after=0 if state is None else state.version,
            fields=applied.fields,
            restores=key[1] if key in self.anew else None,
        )

    # Checks

    def _check(self) -> None:
        changed = [entry for key, entry in self.applied.items() if not self._is_as_left(key, entry)]
        if changed:
            targets = [
                {"target_type": one.target_type, "target_id": one.target_id, "title": one.title} for one in changed
            ]
            names = ", ".join(f"the {one.target_type} {one.title}" for one in changed)
            raise ChangeSetTargetsChanged(targets=targets, changed=names)

    def _is_as_left(self, key: Key, entry: Entry) -> bool:
        target, state = TARGETS[key[0]], state_of(self.unit, key)
        if entry.action == "delete":
            before = target.values(self._past(key, entry.version_before))
            return self._can_refer(key, before) and self._has_room(key, before)
        if state is None:
            return False
        after = self._past(key, entry.version_after)
        was, now = target.values(after), target.values(state)
        if entry.action == "update":
            before = target.values(self._past(key, entry.version_before))
            same = all(was[name] == now[name] for name in entry.fields)
            return same and self._can_refer(key, {name: before[name] for name in entry.fields})
        around = {*holders(self.unit, target.below(key[1])), *dependents(self.unit, key)}
        return was == now and state.machine_state() == after.machine_state() and around <= self.applied.keys()

    def _can_refer(self, key: Key, values: Values) -> bool:
        """Whether all that the values refer to is there, or is made anew."""
        return all(
            state_of(self.unit, one) is not None or self._deleted(one) for one in referred(TARGETS[key[0]], values)
        )

    def _has_room(self, key: Key, values: Values) -> bool:
        """Whether a root page can be made anew: there is no other one that stays."""
        if key[0] != "page" or values["parent_page_id"] is not None:
            return True
        roots = holders(self.unit, root_of(self.initiative_id))
        return all(one in self.applied and self.applied[one].action == "create" for one in roots)

    def _deleted(self, key: Key) -> bool:
        return key in self.applied and self.applied[key].action == "delete"

    # Steps

    def _make_room(self) -> None:
        """Delete a root page that was created, before the one that was deleted is made anew."""
        for key, _ in self._of("create"):
            page = state_of(self.unit, key) if key[0] == "page" else None
            if page is not None and page.parent_page_id is None:
                self.unit.edit(TARGETS["page"].kind, key[1]).delete()

    def _restore(self) -> None:
        """Make anew what was deleted; what it depends on comes last, when all of it is there."""
        self.anew = {key: new_id(TARGETS[key[0]].kind.PREFIX) for key, _ in self._of("delete")}
        made = set[Key]()
        for key in self.anew:
            self._make_anew(key, made)
        for key, id in self.anew.items():
            target, past = TARGETS[key[0]], self._past(key, self.applied[key].version_before)
            values = target.values(past)
            wanted = {name: value for name, value in values.items() if name == "depends_on"}
            target.change(self.unit, id, readdressed(target, wanted, self.anew))
            target.new[past.machine_state()](self.unit.edit(target.kind, id), past)

    def _make_anew(self, key: Key, made: set[Key]) -> None:
        ahead = [key]
        while ahead:
            one = ahead[-1]
            target = TARGETS[one[0]]
            values = target.values(self._past(one, self.applied[one].version_before))
            values = {name: value for name, value in values.items() if name != "depends_on"}
            missing = [above for above in referred(target, values) if above in self.anew and above not in made]
            if missing and one not in made:
                ahead += missing
                continue
            ahead.pop()
            if one not in made:
                made.add(one)
                target.create(self.unit, self.anew[one], self.initiative_id, readdressed(target, values, self.anew))

    def _change_back(self) -> None:
        for key, entry in self._of("update"):
            target = TARGETS[key[0]]
            before = target.values(self._past(key, entry.version_before))
            values = readdressed(target, {name: before[name] for name in entry.fields}, self.anew)
            target.change(self.unit, key[1], values)

    def _delete(self) -> None:
        for key, _ in self._of("create"):
            if state_of(self.unit, key) is not None:
                self.unit.edit(TARGETS[key[0]].kind, key[1]).delete()

    def _of(self, action: str) -> Iterator[tuple[Key, Entry]]:
        return ((key, entry) for key, entry in self.applied.items() if entry.action == action)

    def _past(self, key: Key, version: int) -> Any:
        """The target at a version, as it was before or after the change set."""
        return self.ledger.find_any(TARGETS[key[0]].kind, key[1], version)
