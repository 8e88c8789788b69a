"""What follows when a review asks for changes: one open task for each phase, made of its comments."""

from typing import Any

import pytest

from support.plan_desk import Plan, begin
from support.policy_desk import topics
from workledger import Workledger
from workledger.domain.initiative import Initiative
from workledger.domain.phase import Phase
from workledger.domain.policies import DISPATCHING, FINALIZE, POLICIES, REVIEW_TASK
from workledger.domain.project import Project
from workledger.domain.review_comment import ReviewComment
from workledger.domain.task import Task


def request_changes(plan: Plan, phase_id: str, *comment_ids: str, **details: Any) -> None:
    plan.phase(phase_id, lambda phase: phase.request_changes(comment_ids=comment_ids, **details))


class TestOfAPhase:
    """Changes of a phase."""

    @pytest.fixture
    def plan(self, memory_ledger: Workledger) -> Plan:
        """A phase in review, with comments."""
        plan = Plan(memory_ledger, REVIEW_TASK)
        plan.phase("api", begin, lambda phase: phase.request_review())
        plan.comment("c1", "api", "Hash it.")
        plan.comment("c2", "api", "Why?", file_path="docs/api.md", line_number=3, line_type="removed", author="bob")
        return plan

    def test_they_become_a_review_task_of_the_phase(self, plan: Plan) -> None:
        request_changes(plan, "api", "c1", "c2")
        assert topics(plan.follows()) == ["task.created"]
        [task] = plan.tasks("api")
        assert (task.title, task.category, task.priority) == ("Address the review of api", "review", "high")
        assert (task.project_id, task.initiative_id, task.state) == ("p", "i", "ready")
        assert task.description == "src/login.py:7 (added), you: Hash it.\n\ndocs/api.md:3 (removed), bob: Why?"

    def test_of_comments_that_are_named_with_the_answers_to_them(self, plan: Plan) -> None:
        plan.comment("c3", "api", "Because.", parent_comment_id="c2")
        plan.comment("c4", "api", "Unrelated.")
        request_changes(plan, "api", "c2")
        plan.follows()
        [task] = plan.tasks("api")
        assert task.description is not None
        assert [line.rpartition(": ")[2] for line in task.description.split("\n\n")] == ["Why?", "Because."]

    def test_of_all_open_comments_when_none_is_named(self, plan: Plan) -> None:
        plan.comment("c3", "api", "Salt it.", parent_comment_id="c1")
        with plan.ledger.edit(ReviewComment, "c2") as comment:
            comment.resolve()
        request_changes(plan, "api")
        plan.follows()
        [task] = plan.tasks("api")
        assert task.description is not None
        assert [line.rpartition(": ")[2] for line in task.description.split("\n\n")] == ["Hash it.", "Salt it."]

    def test_without_a_comment_the_task_says_so(self, plan: Plan) -> None:
        plan.phase("page", begin, lambda phase: phase.request_review(), lambda phase: phase.request_changes())
        plan.follows()
        [task] = plan.tasks("page")
        assert task.description == "Changes were requested, without a comment."

    def test_a_phase_has_one_open_review_task_and_the_next_request_is_added_to_it(self, plan: Plan) -> None:
        """X16."""
        request_changes(plan, "api", "c1")
        plan.follows()
        [task] = plan.tasks("api")
        plan.done(task.id)
        plan.phase("api", lambda phase: phase.request_review())
        plan.task(task.id, lambda task: task.reopen(reason="Not quite."))
        request_changes(plan, "api", "c2")
        assert topics(plan.follows()) == ["task.details_changed"]
        [task] = plan.tasks("api")
        assert task.description is not None
        assert [line.rpartition(": ")[2] for line in task.description.split("\n\n")] == ["Hash it.", "Why?"]

    def test_when_it_is_done_the_next_request_is_another_task(self, plan: Plan) -> None:
        request_changes(plan, "api", "c1")
        plan.follows()
        plan.done(plan.tasks("api")[0].id)
        plan.phase("api", lambda phase: phase.request_review())
        request_changes(plan, "api", "c2")
        plan.follows()
        assert [task.state for task in plan.tasks("api")] == ["done", "ready"]

    def test_what_is_too_long_for_a_description_is_cut_off_and_says_so(self, plan: Plan) -> None:
        plan.comment("c3", "api", "x" * 6000)
        request_changes(plan, "api", "c1", "c3")
        plan.follows()
        [task] = plan.tasks("api")
        assert task.description is not None
        assert len(task.description) == 5000
        assert task.description.endswith("… and more, in the review.")

    def test_a_name_that_is_as_long_as_can_be_fits_into_the_title(self, plan: Plan) -> None:
        plan.phase("api", lambda phase: phase.rename(name="x" * 200))
        request_changes(plan, "api")
        plan.follows()
        assert len(plan.tasks("api")[0].title) == 200

    def test_whoever_has_a_task_for_them_needs_none(self, plan: Plan) -> None:
        plan.card("mine")
        request_changes(plan, "api", "c1", task_id="mine")
        assert plan.follows() == []

    def test_a_phase_that_was_taken_on_since_gets_none(self, plan: Plan) -> None:
        request_changes(plan, "api", "c1")
        plan.phase("api", lambda phase: phase.request_review(), lambda phase: phase.approve_review())
        assert plan.follows() == []

    def test_it_is_done_where_the_other_tasks_are(self, plan: Plan) -> None:
        plan.ledger.create(Project.create(id="q", name="Mill"))
        plan.phase("page", begin)
        plan.planned("form", "page", project_id="q")
        plan.task("form", lambda task: task.cancel(to="dropped"))
        plan.phase("page", lambda phase: phase.request_review(), lambda phase: phase.request_changes())
        plan.follows()
        assert plan.tasks("page")[-1].project_id == "q"

    def test_where_several_projects_are_in_question_a_user_chooses(self, plan: Plan) -> None:
        plan.ledger.create(Project.create(id="q", name="Mill"))
        plan.initiative(lambda initiative: initiative.set_projects(project_ids=("p", "q")))
        request_changes(plan, "api")
        plan.follows()
        assert plan.tasks("api")[0].project_id is None


class TestOfAnInitiative:
    """Changes of an initiative."""

    @pytest.fixture
    def plan(self, memory_ledger: Workledger) -> Plan:
        """An initiative in review, whose only phase is completed."""
        plan = Plan(memory_ledger, FINALIZE)
        plan.phase("api", begin, lambda phase: phase.request_review(), lambda phase: phase.approve_review())
        return plan

    def ask(self, plan: Plan, summary: str, **details: Any) -> None:
        plan.initiative(
            lambda initiative: initiative.request_review(),
            lambda initiative: initiative.request_changes(summary=summary, **details),
        )

    def last(self, plan: Plan) -> list[Phase]:
        ids = dict.fromkeys(past.stream_id.partition("-")[2] for past in plan.log(0, "phase.created"))
        return [phase for id in ids if (phase := plan.ledger.get(Phase, id)).name == "Finalization"]

    def test_they_become_a_task_of_a_phase_for_them(self, plan: Plan) -> None:
        self.ask(plan, "Say goodbye too.")
        assert topics(plan.follows()) == ["phase.created", "phase.approved", "phase.started", "task.created"]
        [phase] = self.last(plan)
        [task] = plan.tasks(phase.id)
        assert (phase.state, task.state, task.category) == ("in_progress", "ready", "review")
        assert (task.title, task.description) == ("Address the review of User auth", "Say goodbye too.")
        assert (task.project_id, task.initiative_id) == ("p", "i")

    def complete(self, plan: Plan) -> None:
        [phase] = self.last(plan)
        plan.done(*(task.id for task in plan.tasks(phase.id) if task.state == "ready"))
        plan.phase(phase.id, lambda phase: phase.request_review(), lambda phase: phase.approve_review())

    def test_the_phase_is_used_again(self, plan: Plan) -> None:
        self.ask(plan, "Say goodbye too.")
        plan.follows()
        self.complete(plan)
        self.ask(plan, "Louder.")
        assert topics(plan.follows()) == ["phase.reopened", "task.created"]
        [phase] = self.last(plan)
        assert phase.state == "in_progress"
        assert [(task.state, task.description) for task in plan.tasks(phase.id)] == [
            ("done", "Say goodbye too."),
            ("ready", "Louder."),
        ]

    def test_a_phase_of_that_name_that_a_user_made_is_used(self, plan: Plan) -> None:
        plan.phase("Finalization", begin, lambda phase: phase.request_review(), lambda phase: phase.approve_review())
        self.ask(plan, "Say goodbye too.")
        plan.follows()
        assert [phase.id for phase in self.last(plan)] == ["Finalization"]
        assert plan.stands("Finalization") == "in_progress"

    def test_one_that_was_deleted_is_not(self, plan: Plan) -> None:
        plan.phase("Finalization", lambda phase: phase.delete())
        self.ask(plan, "Say goodbye too.")
        assert "phase.created" in topics(plan.follows())

    def test_a_phase_that_was_named_is_used(self, plan: Plan) -> None:
        self.ask(plan, "Say goodbye too.", phase_id="api")
        assert topics(plan.follows()) == ["phase.reopened", "task.created"]
        assert [task.description for task in plan.tasks("api")] == ["Say goodbye too."]

    def test_requests_one_after_the_other_are_one_task(self, plan: Plan) -> None:
        self.ask(plan, "Say goodbye too.")
        self.ask(plan, "Louder.")
        plan.follows()
        [phase] = self.last(plan)
        assert [task.description for task in plan.tasks(phase.id)] == ["Say goodbye too.\n\nLouder."]

    def test_a_phase_that_depends_on_another_is_not_started_before_it(self, plan: Plan) -> None:
        self.ask(plan, "Say goodbye too.", phase_id="last")
        plan.phase("docs")
        plan.phase("last", after=("docs",))
        assert topics(plan.follows()) == ["phase.approved", "task.created"]
        assert [task.description for task in plan.tasks("last")] == ["Say goodbye too."]

    def test_an_initiative_that_was_archived_or_deleted_by_then_gets_none(self, plan: Plan) -> None:
        self.ask(plan, "Say goodbye too.")
        plan.initiative(lambda initiative: initiative.archive())
        assert plan.follows() == []
        plan.initiative(lambda initiative: initiative.delete())
        assert plan.follows() == []
        assert plan.ledger.find(Initiative, "i") is None


def test_a_plan_goes_on_by_itself(database_ledger: Workledger) -> None:
    """All policies together, on each database: from two queued phases to the changes that a review of all asks for."""
    plan = Plan(database_ledger, *POLICIES, *DISPATCHING)
    for id, after in (("api", ()), ("page", ("api",))):
        plan.phase(id, lambda phase: phase.approve(), after=after)
    plan.planned("login", "api")
    plan.planned("form", "page")
    for id in ("page", "api"):
        plan.phase(id, lambda phase: phase.queue())
    plan.follows()
    assert (plan.stands("api"), plan.stands("page"), plan.state("login")) == ("in_progress", "queued", "working")

    end(plan, "login", summary="POST /login takes a form.")
    assert plan.stands("api") == "pending_review"
    plan.comment("c1", "api", "Hash it.")
    request_changes(plan, "api", "c1")
    plan.follows()
    review = plan.tasks("api")[-1]
    assert (review.category, review.state) == ("review", "working")
    end(plan, review.id, summary="It is hashed.")
    assert plan.stands("api") == "pending_review"
    plan.phase("api", lambda phase: phase.approve_review(merge_base="c0ffee"))
    plan.follows()
    assert (plan.stands("page"), plan.state("form")) == ("in_progress", "working")
    end(plan, "form", summary="A form.")
    plan.phase("page", lambda phase: phase.approve_review())

    plan.initiative(
        lambda initiative: initiative.request_review(),
        lambda initiative: initiative.request_changes(summary="Say goodbye too."),
    )
    plan.follows()
    [last] = [task for id in ids_of(plan, "phase.created") for task in plan.tasks(id) if task.state == "working"]
    assert last.description == "Say goodbye too."
    assert plan.follows() == []
    assert not any(at.dead_letters for at in plan.reactor.checkpoints().values())


def ids_of(plan: Plan, topic: str) -> list[str]:
    return [past.stream_id.partition("-")[2] for past in plan.log(0, topic)]


def end(plan: Plan, task_id: str, **result: Any) -> None:
    """The agent ends its run, and a user approves the work."""
    run_id = plan.ledger.get(Task, task_id).agent_run_id or ""
    plan.run(run_id, lambda run: run.complete(result={"files_changed": 1, **result}))
    plan.follows()
    plan.task(task_id, lambda task: task.approve())
    plan.follows()
