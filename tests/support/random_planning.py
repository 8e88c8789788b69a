"""The part of the office that plans and talks: random commands to initiatives and all that belongs to them, to letters,
errands and accounts."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from support.planning_commands import NEXT
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.change_set import ChangeSet
from workledger.domain.chat_session import ChatSession
from workledger.domain.conversation import Conversation
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, New
from workledger.domain.message import Message
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.proposal import Proposal
from workledger.domain.review_comment import ReviewComment
from workledger.domain.services import change_sets, proposals
from workledger.domain.services.accounts import clear_expired_exhaustion, take_account
from workledger.domain.services.messages import respond
from workledger.domain.services.pages import ensure_root_page
from workledger.domain.task import Task

A = TypeVar("A", bound=Aggregate)

NOBODY = "nobody"
LINES = ("added", "removed", "context")
TARGETS = ("page", "phase", "task")


class Wish(Protocol):
    """See random_commands.py."""

    @property
    def which(self) -> int: ...
    @property
    def how(self) -> int: ...
    @property
    def b(self) -> int: ...
    @property
    def c(self) -> int: ...


class Planning:
    """Deeds of the office that begin plans and letters, or span several of them."""

    ledger: Workledger
    ids: dict[type[Aggregate], list[str]]

    @property
    def planning_deeds(self) -> Sequence[Callable[[Any], object]]:
        return (
            *(self.plan,) * 9,
            *(self.advance,) * 6,
            self.link_projects,
            self.depend_phase,
            self.move_to_phase,
            self.move_page,
            self.ensure_root,
            self.accept,
            self.resolve_all,
            self.apply,
            self.revert,
            self.link_change_set,
            self.answer,
            self.assign_errand,
            self.take_account,
        )

    def one(self, kind: type[A], number: int) -> str | None:
        raise NotImplementedError

    def plan(self, wish: Wish) -> None:
        """A new initiative, phase, task of a phase, review comment, page, proposal, chat, message, conversation, or
        errand."""
        initiative, phase = self.one(Initiative, wish.c) or NOBODY, self.one(Phase, wish.b) or NOBODY
        agent, project = self.one(Agent, wish.b), self.one(Project, wish.c)
        number = sum(map(len, self.ids.values()))
        makers: Sequence[Callable[[str], New[Any]]] = (
            lambda name: Initiative.create(
                id=name,
                name=name,
                execution_mode="yolo" if wish.b % 2 else "review_per_phase",
                project_ids=(project,) if project and wish.b else (),
            ),
            lambda name: Phase.create(id=name, initiative_id=initiative, name=name, content="ä" * wish.b),
            lambda name: Phase.create(id=name, initiative_id=initiative, name=name),
            lambda name: Task.create(
                id=name, title=name, phase_id=phase, project_id=project, category="review" if wish.c == 0 else "execute"
            ),
            lambda name: ReviewComment.create(
                id=name,
                phase_id=phase,
                file_path="a.py",
                line_number=wish.b + 1,
                line_type=LINES[wish.b % 3],
                body="Why?",
                parent_comment_id=self.one(ReviewComment, wish.c) if wish.b == 0 else None,
            ),
            lambda name: Page.create(
                id=name,
                initiative_id=initiative,
                title=name,
                parent_page_id=self.one(Page, wish.b) if wish.c else None,
                content={"type": "doc", "n": wish.c},
                sort_order=wish.b,
            ),
            lambda name: Proposal.create(
                id=name,
                agent_id=agent or NOBODY,
                initiative_id=initiative,
                target_type=TARGETS[wish.c % 3],
                title=name,
                content="# It",
                metadata={"phase_id": phase} if wish.b % 2 else None,
                sort_order=wish.b,
            ),
            lambda name: self._chat(name, wish),
            lambda name: Message.create(
                id=name,
                sender_type="agent" if wish.c % 2 else "user",
                sender_id=agent if wish.c % 2 else None,
                recipient_type="user" if wish.c % 2 else "agent",
                recipient_id=None if wish.c % 2 else agent,
                content="ä",
                type="question",
                requires_response=wish.b % 2 == 0,
                parent_message_id=self.one(Message, wish.b) if wish.c == 3 else None,
            ),
            lambda name: Conversation.create(
                id=name,
                from_agent_id=agent or NOBODY,
                to_agent_id=self.one(Agent, wish.c) or NOBODY,
                initiative_id=self.one(Initiative, wish.b) if wish.c % 2 else None,
                phase_id=self.one(Phase, wish.c) if wish.c % 3 else None,
                task_id=self.one(Task, wish.b) if wish.b % 2 else None,
                question="Why?",
            ),
            lambda name: Errand.create(
                id=name, description="Do it.", branch="errand/a", project_id=project, agent_id=agent if wish.b else None
            ),
        )
        made = makers[wish.how % len(makers)](f"plan_{number}")
        self.ledger.create(made)
        self.ids[made.kind].append(made.id)

    def _chat(self, name: str, wish: Wish) -> New[Any]:
        kind = Phase if wish.c % 2 else Task
        id = self.one(kind, wish.b) or NOBODY
        target: Any = self.ledger.find(kind, id)
        return ChatSession.create(
            id=name,
            target_type="phase" if kind is Phase else "task",
            target_id=id,
            initiative_id=target.initiative_id if target else None,
            agent_id=self.one(Agent, wish.c) if wish.b else None,
        )

    def advance(self, wish: Wish) -> None:
        """What usually comes next for a phase, an errand or an initiative: random commands seldom lead far."""
        kind: type[Aggregate] = (Phase, Phase, Errand, Initiative)[wish.how % 4]
        id = self.one(kind, wish.which) or NOBODY
        state = self.ledger.get(kind, id).machine_state()
        if command := NEXT[kind].get(state or ""):
            with self.ledger.edit(kind, id) as one:
                command(one, wish)

    def link_projects(self, wish: Wish) -> None:
        wanted = tuple(one for one in (self.one(Project, wish.b), self.one(Project, wish.c)) if one)
        with self.ledger.edit(Initiative, self.one(Initiative, wish.which) or NOBODY) as initiative:
            initiative.set_projects(project_ids=wanted[: wish.b])

    def depend_phase(self, wish: Wish) -> None:
        with self.ledger.edit(Phase, self.one(Phase, wish.which) or NOBODY) as phase:
            other = self.one(Phase, wish.b) or NOBODY
            if wish.c % 3:
                phase.add_dependency(depends_on_phase_id=other)
            else:
                phase.remove_dependency(depends_on_phase_id=other)

    def move_to_phase(self, wish: Wish) -> None:
        with self.ledger.edit(Task, self.one(Task, wish.which) or NOBODY) as task:
            task.move_to_phase(phase_id=self.one(Phase, wish.b) if wish.c else None)

    def move_page(self, wish: Wish) -> None:
        with self.ledger.edit(Page, self.one(Page, wish.which) or NOBODY) as page:
            page.move(parent_page_id=self.one(Page, wish.c), sort_order=wish.b)

    def ensure_root(self, wish: Wish) -> None:
        self._whatever_it_makes(lambda: ensure_root_page(self.ledger, self.one(Initiative, wish.which) or NOBODY))

    def accept(self, wish: Wish) -> None:
        self._in_a_unit(lambda unit: proposals.accept(unit, self.one(Proposal, wish.which) or NOBODY, by="ann"))

    def resolve_all(self, wish: Wish) -> None:
        status: Any = ("accepted", "dismissed")[wish.b % 2]
        agent = self.one(Agent, wish.which) or NOBODY
        self._whatever_it_makes(lambda: proposals.resolve_all(self.ledger, agent, status))

    def apply(self, wish: Wish) -> None:
        """Something is made, something changed, and now and then something deleted."""
        page, phase = self.one(Page, wish.b), self.one(Phase, wish.c)
        changes: list[dict[str, Any]] = [
            {"action": "create", "target_type": "phase", "values": {"name": "Made", "content": "ä"}},
        ]
        if page and wish.b:
            change = {"action": "update", "values": {"title": f"Page {wish.c}", "content": {"n": wish.b}}}
            changes.append(change | {"target_type": "page", "target_id": page})
        if phase and wish.c < 3:
            changes.append({"action": "delete", "target_type": "phase", "target_id": phase})
        self._in_a_unit(
            lambda unit: change_sets.apply(
                unit,
                initiative_id=self.one(Initiative, wish.which) or NOBODY,
                changes=changes[wish.how % 2 :] or changes,
                agent_id=self.one(Agent, wish.c),
            )
        )

    def revert(self, wish: Wish) -> None:
        id = self.one(ChangeSet, wish.which) or NOBODY
        self._in_a_unit(lambda unit: change_sets.revert(unit, self.ledger, id, by="ann"))

    def link_change_set(self, wish: Wish) -> None:
        with self.ledger.edit(ChatSession, self.one(ChatSession, wish.which) or NOBODY) as chat:
            change_set = self.one(ChangeSet, wish.b) or NOBODY
            message = next(iter(chat.messages), NOBODY)
            if wish.c % 2:
                chat.link_change_set(message_id=message, change_set_id=change_set)
            else:
                chat.post_message(role="assistant", content="Done.", change_set_id=change_set)

    def answer(self, wish: Wish) -> None:
        self._in_a_unit(lambda unit: respond(unit, self.one(Message, wish.which) or NOBODY, content="Yes."))

    def assign_errand(self, wish: Wish) -> None:
        with self.ledger.edit(Errand, self.one(Errand, wish.which) or NOBODY) as errand:
            errand.assign_agent(agent_id=self.one(Agent, wish.b) or NOBODY)

    def take_account(self, wish: Wish) -> None:
        def step(unit: Any) -> None:
            if wish.b:
                unit.decide(lambda: take_account(unit, "claude"))
            else:
                clear_expired_exhaustion(unit)

        self._in_a_unit(step)

    def _in_a_unit(self, step: Callable[[Any], object]) -> None:
        def deed() -> None:
            with self.ledger.unit() as unit:
                step(unit)

        self._whatever_it_makes(deed)

    def _whatever_it_makes(self, deed: Callable[[], object]) -> None:
        """Remember what a service begins under ids of its own."""
        head = self.ledger.head()
        deed()
        for row in self.ledger.read(head, 1000):
            category, _, id = row.stream_id.partition("-")
            kind = Aggregate.CATEGORIES[category]
            if row.version == 1 and kind in self.ids:
                self.ids[kind].append(id)
