"""A desk where an initiative is worked on in phases: what happens to it, and what policies make follow from it."""

from typing import Any

from support.policy_desk import Command, Desk, finish
from workledger import Workledger
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.policy import Policy
from workledger.domain.phase import Phase
from workledger.domain.review_comment import ReviewComment
from workledger.domain.task import Task


class Plan(Desk):
    """A desk with an initiative `i` beside its project `p`."""

    def __init__(self, ledger: Workledger, *policies: Policy, mode: str = "review_per_phase", **details: Any) -> None:
        super().__init__(ledger, *policies, **details)
        ledger.create(Initiative.create(id="i", name="User auth", execution_mode=mode, project_ids=("p",)))

    def phase(self, id: str, *commands: Command, after: tuple[str, ...] = ()) -> None:
        """A new phase, which depends on others; or one that is there, and what is asked of it."""
        if self.ledger.find(Phase, id) is None:
            self.ledger.create(Phase.create(id=id, initiative_id="i", name=id))
        with self.ledger.edit(Phase, id) as phase:
            for one in after:
                phase.add_dependency(depends_on_phase_id=one)
            for command in commands:
                command(phase)

    def initiative(self, *commands: Command) -> None:
        with self.ledger.edit(Initiative, "i") as initiative:
            for command in commands:
                command(initiative)

    def planned(self, id: str, phase_id: str, *commands: Command, **details: Any) -> None:
        """A new task of a phase, and what is asked of it."""
        self.card(id, *commands, phase_id=phase_id, **details)

    def done(self, *ids: str) -> None:
        """An agent finishes these tasks."""
        for id in ids:
            self.task(id, lambda task: task.assign(agent_id="ann"), finish)

    def comment(self, id: str, phase_id: str, body: str, **details: Any) -> None:
        about = {"file_path": "src/login.py", "line_number": 7, "line_type": "added"} | details
        self.ledger.create(ReviewComment.create(id=id, phase_id=phase_id, body=body, **about))

    def stands(self, id: str) -> str:
        """The state of a phase."""
        return self.ledger.get(Phase, id).state

    def tasks(self, phase_id: str) -> list[Task]:
        """The tasks of a phase, in the order in which they were created."""
        streams = self.ledger.holders(f"tasks_of_phase:{phase_id}")
        found = [self.ledger.get(Task, stream.partition("-")[2]) for stream in streams]
        return sorted(found, key=lambda task: self.log(0, "task.created").index(self.ledger.history(Task, task.id)[0]))


def begin(phase: Any) -> None:
    phase.approve()
    phase.start()


def queue(phase: Any) -> None:
    phase.approve()
    phase.queue()
