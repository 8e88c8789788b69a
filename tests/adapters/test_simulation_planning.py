"""The simulation of planning, talk and accounts: it is a story that people would believe, and every noun is in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from itertools import islice
from typing import Any

import pytest

import workledger.domain.events  # noqa: F401
from workledger.adapters.simulation.past import Happening
from workledger.adapters.simulation.workload import events
from workledger.domain.kernel.aggregate import Event

UNPLAYED = {
    "they bring in or erase what others have recorded": """
        import_source.* imported_rows.* redaction.* agent_run.turn_corrected""",
    "they keep house": "*.purged command_log.*",
    "made-up agents have no git; branches, diffs and commits are only reported": """
        worktree.* write_op.* commit.completed commit.linked project.fetch* project.*linked project.credential_*""",
    "nobody delivers in stages, and there is one tenant": "stage_run.* workspace.* project.stage_changed",
    "a project is as it was founded": """
        project.details_changed project.config_changed project.concurrency_limit_changed project.status_changed""",
    "nothing that a visitor may be looking at is taken away": """
        project.deleted initiative.deleted phase.deleted task.deleted agent.deleted account.removed proposal.deleted
        change_set.deleted chat_session.deleted conversation.deleted""",
    "agents stay who they are": "agent.renamed agent.config_changed agent.dismissed",
    "nobody watches a session, and none is interrupted": """
        session.participant_* session.title_changed session.paused session.resumed session.failed
        session.error_recorded""",
    "an initiative keeps its project, and what is done stays done": """
        initiative.project_unlinked initiative.reopened phase.reopened task.reopened task.retries_exhausted""",
    "tasks are planned once: they wait without being blocked, and keep their place, labels and metadata": """
        task.dequeued task.unblocked task.dependency_removed task.moved_to_phase task.reordered task.labels_changed
        task.metadata_changed""",
}
"""Why events are not in the simulation."""

PLANNING = {
    *("initiative", "phase", "review_comment", "page", "proposal", "change_set", "chat_session"),
    *("message", "conversation", "errand", "account"),
}


def test_every_event_of_the_domain_is_played_or_it_is_said_why_not(past: list[Happening]) -> None:
    known = {topic for topic, kind in Event.TOPICS.items() if kind.__module__.startswith("workledger.domain.")}
    played = {one.event.TOPIC for one in (*past, *islice(events(5), 20_000))}
    patterns = [pattern for topics in UNPLAYED.values() for pattern in topics.split()]
    explained = {topic for topic in known if any(fnmatch(topic, pattern) for pattern in patterns)}
    assert known - {"-"} - played - explained == set()
    assert played & explained == set()
    assert [pattern for pattern in patterns if not any(fnmatch(topic, pattern) for topic in known)] == []


def of(past: Iterable[Happening], *topics: str) -> Iterator[Any]:
    """(happening, event) of those topics."""
    return ((one, one.event) for one in past if one.event.TOPIC in topics)


def test_an_initiative_has_three_to_six_phases_and_a_root_page_with_others_below(past: list[Happening]) -> None:
    phases: dict[str, list[str]] = defaultdict(list)
    for one, event in of(past, "phase.created"):
        if event.name != "Finalization":
            phases[event.initiative_id].append(one.id)
    pages: dict[str, list[str | None]] = defaultdict(list)
    for _, event in of(past, "page.created"):
        pages[event.initiative_id].append(event.parent_page_id)
    completed = {one.id for one, _ in of(past, "initiative.completed")}
    assert len(completed) > 2
    assert all(3 <= len(phases[id]) <= 6 for id in completed)
    assert all(parents.count(None) == 1 and len(parents) > 4 for parents in pages.values())


def test_phases_begin_after_those_they_depend_on_with_tasks_of_their_own(past: list[Happening]) -> None:
    depends: dict[str, set[str]] = defaultdict(set)
    tasks: Counter[str] = Counter()
    completed, started = set[str](), 0
    for one in past:
        event: Any = one.event
        match event.TOPIC:
            case "phase.dependency_added":
                depends[one.id].add(event.depends_on_phase_id)
            case "phase.dependency_removed":
                depends[one.id].remove(event.depends_on_phase_id)
            case "task.created" if event.phase_id:
                tasks[event.phase_id] += 1
            case "phase.started":
                started += 1
                assert depends[one.id] <= completed
                assert tasks[one.id]
            case "phase.completed":
                completed.add(one.id)
    assert started > 20
    assert len(depends) > 15


def test_what_an_agent_proposes_is_made_when_it_is_accepted(past: list[Happening]) -> None:
    proposed = {one.id: event for one, event in of(past, "proposal.submitted")}
    made = {one.id: one.kind.CATEGORY for one, _ in of(past, "phase.created", "task.created", "page.created")}
    applied = {one.id: event for one, event in of(past, "change_set.applied")}
    accepted = {one.id: event for one, event in of(past, "proposal.accepted")}
    assert len(accepted) > 50
    for id, event in accepted.items():
        assert made[event.created_id] == proposed[id].target_type
        assert [entry.target_id for entry in applied[event.change_set_id].entries] == [event.created_id]
    assert {event.target_type for event in proposed.values()} == {"page", "phase", "task"}


def test_chats_lead_to_changes_which_may_be_taken_back(past: list[Happening]) -> None:
    roles: dict[str, list[str]] = defaultdict(list)
    for one, event in of(past, "chat_session.message_posted"):
        roles[one.id].append(event.role)
    linked = {event.change_set_id for _, event in of(past, "chat_session.message_change_set_linked")}
    reverted = {one.id for one, _ in of(past, "change_set.reverted")}
    closed = [one.id for one, _ in of(past, "chat_session.closed")]
    assert closed
    assert all(roles[id] == ["system", "user", "assistant"] for id in closed)
    assert reverted < linked


def test_what_requires_a_response_gets_one(past: list[Happening]) -> None:
    asked = {one.id for one, event in of(past, "message.sent") if event.requires_response}
    answered = {one.id for one, _ in of(past, "message.responded")}
    assert answered <= asked
    assert len(asked - answered) < len(answered) / 4


def test_accounts_take_turns_and_an_exhausted_one_rests(past: list[Happening]) -> None:
    uses, exhausted = Counter[str](), set[str]()
    for one in past:
        match one.event.TOPIC:
            case "account.used":
                assert one.id not in exhausted
                uses[one.id] += 1
            case "account.exhausted":
                exhausted.add(one.id)
            case "account.exhaustion_cleared":
                exhausted.discard(one.id)
    times = [event.last_used_at for _, event in of(past, "account.used")]
    assert times == sorted(set(times))
    assert len(uses) == 4
    assert min(uses.values()) > max(uses.values()) / 3
    assert len(list(of(past, "agent_run.account_switched"))) > 5


@pytest.mark.parametrize(("share", "count"), [(0.12, 30_000), (0.03, 20_000)], ids=["the past", "the workload"])
def test_it_is_a_small_part_of_what_is_told(past: list[Happening], share: float, count: int) -> None:
    """So that the demo is filled as fast, and benchmarks measure what they did."""
    told = past if count == 30_000 else list(islice(events(5), count))
    planned = sum(one.kind.CATEGORY in PLANNING for one in told)
    assert 0 < planned < share * len(told)
