"""Change sets: pages, phases and tasks are changed together in one append, and put back as they were."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from workledger.domain.change_set import Change, Changes, ChangeSet, ChangeSetEmpty
from workledger.domain.kernel.ids import new_id
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.changes import make, named
from workledger.domain.services.reverting import Reverting
from workledger.domain.services.targets import TARGETS, Values

_CHANGES = TypeAdapter(Changes)


def apply(
    unit: Unit,
    *,
    initiative_id: str,
    changes: Sequence[Change | Mapping[str, Any]],
    id: str | None = None,
    agent_id: str | None = None,
    summary: str | None = None,
) -> ChangeSet:
    """Make changes of an initiative's pages, phases and tasks, and record them as a change set, in one append; the
    change set as a draft.

    Args:
        changes: in their order; later ones may refer to what earlier ones create, by the id given there.

    Raises:
        InvalidInput: VALIDATION_ERROR, a change or one of its values is invalid.
        NotFound: there is no such initiative, agent or target.
        ChangeSetEmpty: CHANGE_SET_EMPTY, all is so already.
        ChangeSetTargetElsewhere: CHANGE_SET_TARGET_ELSEWHERE, a target belongs to another initiative.
        ChangeSetTargetInWork: CHANGE_SET_TARGET_IN_WORK, work on what would be deleted has begun.
        Refused: what the commands of the targets are refused with.
    """
    wanted, set_id = _checked(changes), id or new_id(ChangeSet.PREFIX)

    def decision() -> None:
        made = make(unit, wanted, id=set_id, initiative_id=initiative_id, agent_id=agent_id, summary=summary)
        if made is None:
            raise ChangeSetEmpty

    unit.decide(decision)
    return unit.draft(ChangeSet, set_id)


def revert(unit: Unit, ledger: Ledger, change_set_id: str, *, by: str | None = None) -> ChangeSet:
    """Put the targets of a change set back as they were, in one append: changed values become what they were, what was
    created is deleted, and what was deleted is made anew, under a new id, as ids are not used again. Where that is
    done already, nothing is recorded.

    Raises:
        ChangeSetNotFound: CHANGE_SET_NOT_FOUND.
        ChangeSetTargetsChanged: CHANGE_SET_TARGETS_CHANGED, `targets` are those that somebody changed since.
    """

    def decision() -> None:
        change_set = unit.state(ChangeSet, change_set_id)
        if change_set.status == "applied":
            unit.edit(ChangeSet, change_set_id).revert(entries=Reverting(unit, ledger, change_set).entries(), by=by)

    unit.decide(decision)
    return unit.draft(ChangeSet, change_set_id)


def differences(ledger: Ledger, change_set: ChangeSet) -> Iterator[tuple[Values | None, Values | None]]:
    """The values of each target before the change set and after it, in the order of its entries: those that differ.
    None where there was no target."""
    for entry in change_set.entries:
        target = TARGETS[entry.target_type]
        was, now = (
            None if not version else target.values(ledger.find_any(target.kind, entry.target_id, version))
            for version in (entry.version_before, entry.version_after)
        )
        if was is not None and now is not None:
            was, now = ({name: values[name] for name in entry.fields} for values in (was, now))
        yield was, now


def _checked(changes: Sequence[Change | Mapping[str, Any]]) -> list[Change]:
    try:
        return [named(one) for one in _CHANGES.validate_python(changes)]
    except ValidationError as error:
        raise InvalidInput.from_pydantic(error) from None
