"""A change set: pages, phases and tasks that were made, changed and deleted together, and can be put back as they were
(Codewalkers, domain.md 1.2)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from workledger.domain.agent import Agent
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, Frozen, New, command
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.fields import JsonObject, Text
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused
from workledger.domain.proposal import By, TargetType

Action = Literal["create", "update", "delete"]
Status = Literal["applied", "reverted"]


class Change(Frozen):
    """Something to be done to a page, phase or task.

    Attributes:
        target_id: needed but for `create`, which may name the id of what is to be made.
        values: those to create it with, or those to change; none for `delete`. `depends_on` is one of phases and tasks.
    """

    action: Action
    target_type: TargetType
    target_id: Id | None = None
    values: JsonObject = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.action != "create" and self.target_id is None:
            raise ValueError(f"to {self.action} a {self.target_type}, its target_id is needed")
        if self.action == "delete" and self.values:
            raise ValueError(f"to delete a {self.target_type}, no values are given")
        return self


Changes = Annotated[tuple[Change, ...], Field(min_length=1, max_length=500)]


class Entry(Frozen):
    """What was done to one page, phase or task. The values are not copied: they are those of its stream at a version.

    Attributes:
        title: its title or name.
        version_before: of its stream before the change set; 0 when the change set created it.
        version_after: of its stream after the change set; 0 when the change set deleted it.
        fields: the values that differ.
        restores: the id that it had before it was deleted, when a revert made it anew: ids are not used again.
    """

    action: Action
    target_type: TargetType
    target_id: str
    title: str
    version_before: Annotated[int, Field(ge=0)]
    version_after: Annotated[int, Field(ge=0)]
    fields: tuple[str, ...] = ()
    restores: str | None = None


Entries = Annotated[tuple[Entry, ...], Field(min_length=1)]


class ChangeSetNotFound(NotFound):
    """There is no such change set."""

    code = "CHANGE_SET_NOT_FOUND"


class ChangeSetInvalidTransition(InvalidTransition):
    """A change set that is {state} does not accept {command}."""

    code = "CHANGE_SET_INVALID_TRANSITION"


class ChangeSetTargetsChanged(Refused):
    """It cannot be reverted, because these have changed since: {changed}."""

    code = "CHANGE_SET_TARGETS_CHANGED"


class ChangeSetTargetInWork(Refused):
    """Work on the {target_type} {target_id} has begun; a change set deletes only what a revert can make anew."""

    code = "CHANGE_SET_TARGET_IN_WORK"


class ChangeSetTargetElsewhere(Refused):
    """The {target_type} {target_id} does not belong to the initiative {initiative_id}."""

    code = "CHANGE_SET_TARGET_ELSEWHERE"


class ChangeSetEmpty(Refused):
    """Everything is as the change set would make it."""

    code = "CHANGE_SET_EMPTY"
    status = 400


class ChangeSetApplied(Created, topic="change_set.applied"):
    """Pages, phases and tasks were made, changed and deleted, in the same append."""

    initiative_id: str
    agent_id: str | None = None
    summary: str | None = None
    entries: tuple[Entry, ...]
    status: Literal["applied"] = "applied"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        if self.agent_id:
            yield Agent.exists(self.agent_id)


class ChangeSetReverted(Event, topic="change_set.reverted"):
    """It was taken back: the n-th entry says what was done about the n-th one of the change set."""

    by: str | None = None
    entries: tuple[Entry, ...]
    status: Literal["reverted"] = "reverted"

    def changes(self, before: "ChangeSet") -> dict[str, Any]:
        return {"status": self.status}


class ChangeSetDeleted(Deleted, topic="change_set.deleted"):
    """The record of it was deleted; what it changed stays as it is, and its history stays readable."""

    summary: str | None = None


class ChangeSet(
    Aggregate,
    category="change_set",
    prefix="chs",
    not_found=ChangeSetNotFound,
    invalid=ChangeSetInvalidTransition,
):
    """Changes of pages, phases and tasks that were applied together, and perhaps reverted."""

    initiative_id: str
    agent_id: str | None = None
    summary: str | None = None
    entries: tuple[Entry, ...]
    status: Status

    def tags(self) -> dict[str, str | None]:
        return {"initiative": self.initiative_id, "agent": self.agent_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Initiative.exists(self.initiative_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        initiative_id: Id,
        entries: Entries,
        id: Id | None = None,
        agent_id: Id | None = None,
        summary: Text | None = None,
    ) -> "New[ChangeSet]":
        """Report what was changed; `services.change_sets.apply` also changes it."""
        event = ChangeSetApplied(initiative_id=initiative_id, agent_id=agent_id, summary=summary, entries=entries)
        return New(ChangeSet, id or new_id(ChangeSet.PREFIX), [event])

    @command(when="applied", unless="reverted")
    def revert(self, *, entries: Entries, by: By | None = None) -> list[Event]:
        """Report that it was taken back; `services.change_sets.revert` also takes it back."""
        return [ChangeSetReverted(by=by, entries=entries)]

    @command
    def delete(self) -> list[Event]:
        """Delete the record of it, in any state; what it changed stays as it is."""
        return [ChangeSetDeleted(summary=self.summary)]
