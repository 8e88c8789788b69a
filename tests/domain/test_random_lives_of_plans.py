"""Random lives of plans, letters, errands and accounts: whatever is asked in whatever order, each moves along the edges
of its machine only, says nothing twice, and holds exactly the keys of its state (domain.md 2.6 to 2.13 and 3.3)."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from support.lives import Life
from support.state_machines import MACHINES, Machine
from workledger.domain.account import Account
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.message import Message
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment

Edges = set[tuple[str, str]]

REPEATED = {"delete", "use", "send_message", "post_message", "refresh_credentials"}
"""Commands that mean something each time; nothing is deleted twice, as a ledger does not find it."""

WORKED_ON = ("approved", "queued", "in_progress")


class PlanLife(Life):
    """A life of the kind of a machine, from any of its states on."""

    machine: Machine
    edges: Edges
    holds: Callable[[Any], set[str]]
    """The keys that it holds, by its state, beside those that never change."""

    def where(self, state: Any) -> str:
        return str(state.machine_state())

    @initialize(data=st.data())
    def start(self, data: st.DataObject) -> None:
        self.begin_anywhere(data)

    def begin_anywhere(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.machine.lives)))
        events = [*self.machine.lives[name]]
        self.begin(self.machine.kind.fold("it", events), events)

    @rule(data=st.data())
    def tell(self, data: st.DataObject) -> None:
        """One of its commands; after one that was deleted comes another one."""
        if self.state.deleted:
            self.begin_anywhere(data)
        command = data.draw(st.sampled_from(sorted(self.machine.examples)))
        arguments = data.draw(st.sampled_from(self.machine.examples[command]))
        self.attempt(command, once=command not in REPEATED, **arguments)

    @invariant()
    def it_holds_the_keys_of_its_state(self) -> None:
        changing = {key for state in self.seen for key in type(self).holds(state)}
        expected = set() if self.state.deleted else type(self).holds(self.state)
        assert self.held & changing == expected
        own = f"{self.machine.kind.CATEGORY}:it"
        assert (own in self.held) is not self.state.deleted

    @property
    def seen(self) -> list[Any]:
        """All the states that it may be in, for the keys that those hold."""
        return [self.state, *(self.machine.in_state(name) for name in self.machine.lives)]


def _initiative(state: Initiative) -> set[str]:
    return {f"initiatives_of_project:{id}" for id in state.project_ids}


def _phase(state: Phase) -> set[str]:
    open = set() if state.status == "completed" else {"phase_open:it", "open_phases_of:ini_1"}
    return {*open, *(f"dependents_of_phase:{id}" for id in state.depends_on)}


def _proposal(state: Proposal) -> set[str]:
    return {"proposals_of:agt_1"} if state.status == "pending" else set()


def _chat(state: ChatSession) -> set[str]:
    return {"chat_active:phase:pha_1"} if state.status == "active" else set()


def _account(state: Account) -> set[str]:
    return {"accounts_of:claude", *(["exhausted_accounts"] if state.is_exhausted else [])}


def _nothing(state: Any) -> set[str]:
    return set()


LIVES: Mapping[type[Aggregate], tuple[Callable[[Any], set[str]], Edges]] = {
    Initiative: (
        _initiative,
        {
            ("active", "pending_review"),
            ("active", "completed"),
            ("active", "archived"),
            ("pending_review", "completed"),
            ("pending_review", "active"),
            ("completed", "archived"),
            ("completed", "active"),
            ("archived", "active"),
        },
    ),
    Phase: (
        _phase,
        {
            ("pending", "approved"),
            ("approved", "queued"),
            ("approved", "in_progress"),
            ("queued", "in_progress"),
            ("in_progress", "pending_review"),
            ("in_progress", "completed"),
            ("pending_review", "completed"),
            ("pending_review", "in_progress"),
            ("completed", "in_progress"),
            *((state, "blocked") for state in WORKED_ON),
            *(("blocked", state) for state in WORKED_ON),
        },
    ),
    Proposal: (_proposal, {("pending", "accepted"), ("pending", "dismissed")}),
    ChangeSet: (_nothing, {("applied", "reverted")}),
    ReviewComment: (_nothing, {("open", "resolved"), ("resolved", "open")}),
    ChatSession: (_chat, {("active", "closed")}),
    Conversation: (_nothing, {("pending", "answered")}),
    Message: (_nothing, {("pending", "read"), ("pending", "responded"), ("read", "responded")}),
    Errand: (
        _nothing,
        {
            ("active", "pending_review"),
            ("pending_review", "active"),
            ("pending_review", "merged"),
            ("pending_review", "conflict"),
            ("conflict", "active"),
            ("conflict", "merged"),
            *((state, "abandoned") for state in ("active", "pending_review", "conflict")),
        },
    ),
    Account: (_account, {("available", "exhausted"), ("exhausted", "available")}),
}


def life(machine: Machine) -> Any:
    """The test of the random lives of a machine."""
    holds, edges = LIVES[machine.kind]
    made: Any = type(
        f"{machine.kind.__name__}Life", (PlanLife,), {"machine": machine, "edges": edges, "holds": staticmethod(holds)}
    )
    return made.TestCase


for machine in MACHINES:
    if machine.kind in LIVES:
        globals()[f"Test{machine.kind.__name__}Life"] = life(machine)


class TestTheLives:
    """What the lives above are of."""

    kinds: ClassVar = {machine.kind for machine in MACHINES}

    def test_each_has_its_machine(self) -> None:
        assert LIVES.keys() <= self.kinds
