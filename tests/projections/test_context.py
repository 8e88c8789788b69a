"""The context of a task: what its agent is told, in which order, and what is left out when it is too much."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.chat_session import ChatSession
from workledger.domain.initiative import Initiative
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.task import Task
from workledger.projections.context import Context, Entry, as_text, assemble_context, estimate, of_task
from workledger.projections.context.budget import fit, tokens_of
from workledger.projections.context.entries import Part, Sources, missing
from workledger.projections.context.plan import in_order

STORES = ("memory", "sqlite", "postgres")


class Talk:
    """A ledger in which a task `t` has all that a context is made of."""

    def __init__(self, ledger: Workledger) -> None:
        self.ledger = ledger
        ledger.create(Initiative.create(id="i", name="User auth"))
        self.page("root", "Overview", "What it is for.")
        ledger.create(Phase.create(id="api", initiative_id="i", name="The API", content="Two endpoints."))
        ledger.create(Agent.create(id="ann", name="ann"))
        self.task("t", phase_id="api")
        ledger.create(ChatSession.create(id="chat", target_type="task", target_id="t"))

    def page(self, id: str, title: str, content: Any, above: str | None = None, sort_order: int = 0) -> None:
        about = {"initiative_id": "i", "parent_page_id": above, "sort_order": sort_order}
        self.ledger.create(Page.create(id=id, title=title, content=content, **about))

    def task(self, id: str, *before: str, **details: Any) -> None:
        self.ledger.create(Task.create(id=id, title=id.upper(), **details))
        self.depend(id, *before)

    def depend(self, id: str, *before: str) -> None:
        with self.ledger.edit(Task, id) as task:
            for one in before:
                task.add_dependency(depends_on_task_id=one)

    def finish(self, id: str, summary: str | None) -> None:
        with self.ledger.edit(Task, id) as task:
            task.assign(agent_id="ann")
            task.finish_work(turn_count=1, summary=summary, approval="none")

    def say(self, *messages: str, role: str = "user") -> None:
        with self.ledger.edit(ChatSession, "chat") as chat:
            for message in messages:
                chat.post_message(role=role, content=message)

    def context(self, budget: int = 15_000, id: str = "t", **details: Any) -> Context:
        self.ledger.catch_up()
        context = assemble_context(self.ledger.tables, id, budget, **details)
        assert context is not None
        return context


@pytest.fixture
def talk(ledger: Workledger) -> Talk:
    return Talk(ledger)


def told(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(one["kind"], one["text"]) for one in entries]


class TestPersistent:
    """Pages and the phase."""

    def test_the_pages_come_as_their_tree_is_read_and_then_the_phase(self, talk: Talk) -> None:
        talk.page("b", "Later", "B", "root", 2)
        talk.page("a", "Earlier", "A", "root", 1)
        talk.page("a1", "Below", "A1", "a")
        context = talk.context()
        assert [one["id"] for one in context["persistent_context"]] == ["root", "a", "a1", "b", "api"]
        assert told(context["persistent_context"])[0] == ("page", "What it is for.")
        assert told(context["persistent_context"])[-1] == ("phase", "Two endpoints.")

    def test_documents_are_told_as_text(self, talk: Talk) -> None:
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "Hash it."}]}
        talk.page("a", "Rules", {"type": "doc", "content": [paragraph]}, "root")
        assert ("page", "Hash it.") in told(talk.context()["persistent_context"])

    def test_pages_without_content_are_named(self, talk: Talk) -> None:
        talk.page("a", "Rules", None, "root")
        with talk.ledger.edit(Phase, "api") as phase:
            phase.change_content(content=None)
        assert told(talk.context()["persistent_context"])[1:] == [
            ("missing", "missing: the content of the page Rules: it has none"),
            ("missing", "missing: the content of the phase The API: it has none"),
        ]

    def test_an_initiative_without_pages_is_named(self, talk: Talk) -> None:
        with talk.ledger.edit(Page, "root") as page:
            page.delete()
        assert told(talk.context()["persistent_context"])[0] == (
            "missing",
            "missing: the pages of the initiative User auth: it has none",
        )

    def test_a_task_of_no_initiative_says_so(self, talk: Talk) -> None:
        talk.task("chore")
        assert told(talk.context(id="chore")["persistent_context"]) == [
            ("missing", "missing: pages: this task belongs to no initiative")
        ]


class TestSummaries:
    """What the tasks before it have found."""

    def test_the_summary_of_a_finished_task_is_there_for_its_dependents(self, talk: Talk) -> None:
        """C17: from the next time that one is asked for its context, directly and further on."""
        talk.task("lex")
        talk.task("parse", "lex")
        talk.depend("t", "parse")
        assert told(talk.context()["summaries"]) == [
            ("missing", "missing: the summary of PARSE (parse): it is not done yet"),
            ("missing", "missing: the summary of LEX (lex): it is not done yet"),
        ]
        talk.finish("lex", "Lexed.")
        assert told(talk.context()["summaries"])[0] == ("summary", "Lexed.")
        talk.finish("parse", "Parsed.")
        assert told(talk.context()["summaries"]) == [("summary", "Lexed."), ("summary", "Parsed.")]
        assert [one["id"] for one in talk.context()["summaries"]] == ["lex", "parse"]
        assert told(talk.context(id="parse")["summaries"]) == [("summary", "Lexed.")]

    def test_a_summary_that_is_replaced_is_told_as_it_is_now(self, talk: Talk) -> None:
        """C17: nothing is copied, so nothing is stale."""
        talk.task("lex")
        talk.depend("t", "lex")
        talk.finish("lex", "Lexed.")
        with talk.ledger.edit(Task, "lex") as task:
            task.reopen(reason="Not all.")
        assert told(talk.context()["summaries"])[0][0] == "missing"
        talk.finish("lex", "All lexed.")
        assert told(talk.context()["summaries"]) == [("summary", "All lexed.")]

    def test_they_come_in_the_order_in_which_the_work_was_done(self, talk: Talk) -> None:
        for id in ("a", "b", "c"):
            talk.task(id)
        talk.depend("t", "a", "b", "c")
        for id in ("b", "c", "a"):
            talk.finish(id, id)
        # Times may be equal; then ids decide.
        rows = {one["id"]: one["at"] for one in talk.context()["summaries"]}
        assert [*rows] == sorted(rows, key=lambda one: (rows[one], one))

    def test_what_has_none_is_named_with_the_reason(self, talk: Talk) -> None:
        for id in ("done", "dropped"):
            talk.task(id)
        talk.depend("t", "done", "dropped")
        talk.finish("done", None)
        with talk.ledger.edit(Task, "dropped") as task:
            task.cancel(to="dropped")
        assert told(talk.context()["summaries"]) == [
            ("missing", "missing: the summary of DONE (done): it is done, but has none"),
            ("missing", "missing: the summary of DROPPED (dropped): it was dropped"),
        ]

    def test_a_task_that_depends_on_none_says_so(self, talk: Talk) -> None:
        assert told(talk.context()["summaries"]) == [("missing", "missing: summaries: this task depends on no other")]

    def test_a_dependency_that_is_deleted_is_none_any_more(self, talk: Talk) -> None:
        talk.task("lex")
        talk.depend("t", "lex")
        with talk.ledger.edit(Task, "lex") as task:
            task.delete()
        assert told(talk.context()["summaries"]) == [("missing", "missing: summaries: this task depends on no other")]

    def test_a_diamond_is_told_once(self, talk: Talk) -> None:
        talk.task("lex")
        talk.task("parse", "lex")
        talk.task("print", "lex")
        talk.depend("t", "parse", "print", "lex")
        for id in ("lex", "parse", "print"):
            talk.finish(id, id)
        assert sorted(one["id"] or "" for one in talk.context()["summaries"]) == ["lex", "parse", "print"]

    @pytest.mark.parametrize(("bound", "value", "kept"), [("LEVELS", 2, 2), ("MOST", 3, 3)])
    def test_however_many_there_are_a_bounded_number_is_looked_up(
        self, talk: Talk, monkeypatch: pytest.MonkeyPatch, bound: str, value: int, kept: int
    ) -> None:
        chain = ["t", *(f"t{number}" for number in range(5))]
        for id in chain[1:]:
            talk.task(id)
        for id, before in pairwise(chain):
            talk.depend(id, before)
        assert len(talk.context()["summaries"]) == 5
        monkeypatch.setattr(of_task, bound, value)
        summaries = talk.context()["summaries"]
        assert [one["id"] for one in summaries] == [*chain[1 : kept + 1], None]
        assert summaries[-1]["text"].startswith("further tasks that it depends on")


class TestMessages:
    """What was said in its chat."""

    def test_they_come_oldest_first_of_all_its_chats(self, talk: Talk) -> None:
        talk.say("How?")
        talk.say("So.", role="assistant")
        with talk.ledger.edit(ChatSession, "chat") as chat:
            chat.close()
        talk.ledger.create(ChatSession.create(id="again", target_type="task", target_id="t"))
        talk.ledger.create(ChatSession.create(id="other", target_type="phase", target_id="api"))
        for id, text in (("again", "And now?"), ("other", "Elsewhere.")):
            with talk.ledger.edit(ChatSession, id) as chat:
                chat.post_message(role="user", content=text)
        messages = talk.context()["messages"]
        assert [(one["role"], one["text"]) for one in messages] == [
            ("user", "How?"),
            ("assistant", "So."),
            ("user", "And now?"),
        ]

    def test_a_task_that_nobody_has_talked_about_says_so(self, talk: Talk) -> None:
        assert told(talk.context()["messages"]) == [("missing", "missing: messages: nobody has talked about this task")]

    def test_of_a_long_chat_no_more_is_read_than_fits(self, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
        talk.say(*(f"message {number}" for number in range(200)))
        read: list[int] = []
        run = type(talk.ledger.tables).run

        def counting(tables: Any, statement: Any, **parameters: Any) -> Any:
            rows = run(tables, statement, **parameters)
            if statement is of_task.NEWEST_MESSAGES:
                read.append(len(rows))
            return rows

        monkeypatch.setattr(type(talk.ledger.tables), "run", counting)
        context = talk.context(budget=talk.context(budget=0)["tokens"] + 60)
        assert context["messages"][-1]["text"] == "message 199"
        assert context["left_out"]["messages"] + len(context["messages"]) - 1 == 200
        assert sum(read) <= 2 * of_task.PAGE


class TestBudget:
    """What is left out, and how that is said."""

    @pytest.fixture
    def full(self, talk: Talk) -> Talk:
        for id in ("lex", "parse"):
            talk.task(id)
        talk.depend("t", "lex", "parse")
        for id in ("lex", "parse"):
            talk.finish(id, f"{id} is done, and well. " * 10)
        talk.say(*(f"{number}: what about this? " * 4 for number in range(4)))
        return talk

    def test_the_oldest_messages_go_first_then_the_oldest_summaries_and_pages_never(self, full: Talk) -> None:
        whole = full.context()
        assert (whole["over_budget"], whole["left_out"]) == (False, {"messages": 0, "summaries": []})
        less = full.context(budget=whole["tokens"] - 1)
        assert less["left_out"] == {"messages": 1, "summaries": []}
        assert told(less["messages"])[0] == ("left_out", "left out: 1 older message")
        without = whole["tokens"] - tokens_of(whole["messages"])
        none = full.context(budget=without + 10)
        assert none["left_out"] == {"messages": 4, "summaries": []}
        assert told(none["messages"]) == [("left_out", "left out: 4 older messages")]
        fewer = full.context(budget=without)
        assert fewer["left_out"]["messages"] == 4
        assert [one["kind"] for one in fewer["summaries"]] == ["left_out", "summary"]
        assert fewer["left_out"]["summaries"] == [whole["summaries"][0]["id"]]
        assert fewer["persistent_context"] == whole["persistent_context"]
        assert not fewer["over_budget"]

    def test_pages_that_are_too_much_by_themselves_are_told_and_it_says_so(self, full: Talk) -> None:
        context = full.context(budget=1)
        assert context["over_budget"]
        assert context["persistent_context"] == full.context()["persistent_context"]
        assert context["left_out"]["messages"] == 4
        assert sorted(context["left_out"]["summaries"]) == ["lex", "parse"]
        assert told(context["summaries"]) == [("left_out", "left out: 2 older summaries")]

    def test_tokens_are_counted_as_the_caller_says(self, full: Talk) -> None:
        words = full.context(tokens=lambda text: len(text.split()))
        assert words["tokens"] < full.context()["tokens"]
        assert words["tokens"] == len(as_text(words).split())

    def test_the_whole_as_a_text_is_within_the_budget(self, full: Talk) -> None:
        for budget in range(0, 500, 7):
            context = full.context(budget=budget)
            assert estimate(as_text(context)) <= context["tokens"]
            assert context["over_budget"] or context["tokens"] <= budget


def test_of_a_task_that_is_not_there_there_is_none(talk: Talk) -> None:
    assert assemble_context(talk.ledger.tables, "nobody") is None


def test_of_an_unknown_kind_of_target_nothing_is_known(talk: Talk) -> None:
    with pytest.raises(KeyError, match="workshop_step"):
        assemble_context(talk.ledger.tables, "t", kind="workshop_step")


def test_a_token_is_estimated_as_four_bytes() -> None:
    assert [estimate(text) for text in ("", "a", "four", "fiver", "é" * 4, "文")] == [0, 1, 1, 2, 2, 1]


texts = st.text(alphabet="ab é文\n", max_size=40)
parts = st.lists(texts, max_size=6)


def sources(pages: list[str], summaries: list[str | None], messages: list[str]) -> Sources:
    done = [
        missing(f"missing: {place}", str(place)) if text is None else Part("summary", text, str(place), "T")
        for place, text in enumerate(summaries)
    ]
    said = [Part("message", text, str(place), role="user") for place, text in enumerate(messages)]
    return Sources([Part("page", text, title="P") for text in pages], done, iter(said[::-1]), len(said))


def plainly(pages: list[str], summaries: list[str | None], messages: list[str], budget: int) -> tuple[int, int]:
    """How many messages and summaries are left out, by trying one more after the other."""
    droppable = [place for place, text in enumerate(summaries) if text is not None]
    tries = [(gone, 0) for gone in range(len(messages) + 1)]
    tries += [(len(messages), gone) for gone in range(1, len(droppable) + 1)]
    for messages_gone, summaries_gone in tries:
        kept = [text for place, text in enumerate(summaries) if place not in droppable[:summaries_gone]]
        whole = fit("task", "t", sources(pages, kept, messages[messages_gone:]), 10**9, estimate)
        markers = [f"[left out: {messages_gone} older message{'s' if messages_gone > 1 else ''}]\n\n"] * bool(
            messages_gone
        )
        summary = "summaries" if summaries_gone > 1 else "summary"
        markers += [f"[left out: {summaries_gone} older {summary}]\n\n"] * bool(summaries_gone)
        if whole["tokens"] + sum(map(estimate, markers)) <= budget:
            return messages_gone, summaries_gone
    return tries[-1]


@given(pages=parts, summaries=st.lists(st.none() | texts, max_size=6), messages=parts, budget=st.integers(0, 200))
def test_whatever_there_is_the_budget_is_respected_and_nothing_is_silently_missing(
    pages: list[str], summaries: list[str | None], messages: list[str], budget: int
) -> None:
    context = fit("task", "t", sources(pages, summaries, messages), budget, estimate)
    gone, left_out = context["left_out"]["messages"], context["left_out"]["summaries"]
    every = [context["persistent_context"], context["summaries"], context["messages"]]
    assert context["tokens"] == sum(map(tokens_of, every))
    assert context["over_budget"] == (context["tokens"] > budget)
    assert (gone, len(left_out)) == plainly(pages, summaries, messages, budget)

    assert [one["text"] for one in every[0]] == pages, "pages are never left out"
    there = [one["id"] for one in every[1] if one["kind"] != "left_out"]
    assert sorted([*there, *left_out], key=lambda one: int(one or 0)) == [str(place) for place in range(len(summaries))]
    assert there == sorted(there, key=lambda one: int(one or 0))
    assert all(summaries[int(id)] is not None for id in left_out), "markers of what is missing stay"
    assert [one["id"] for one in every[2] if one["kind"] == "message"] == [
        str(place) for place in range(gone, len(messages))
    ]
    assert [one["kind"] for one in every[2]].count("left_out") == bool(gone)
    assert [one["kind"] for one in every[1]].count("left_out") == bool(left_out)
    assert not left_out or gone == len(messages), "messages go first"
    assert estimate(as_text(context)) <= context["tokens"]


@st.composite
def trees(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Pages of any shape, circles and parents that are not there among them."""
    count = draw(st.integers(0, 8))
    above = st.none() | st.integers(0, count + 1)
    return [
        {"id": str(place), "parent_page_id": None if parent is None else str(parent), "title": "x"}
        for place, parent in enumerate(draw(st.lists(above, min_size=count, max_size=count)))
    ]


@given(trees())
def test_however_pages_lie_each_is_told_once_and_none_before_the_one_above_it(pages: list[Any]) -> None:
    ordered = [one["id"] for one in in_order(pages)]
    assert sorted(ordered) == sorted(one["id"] for one in pages)
    parent = {one["id"]: one["parent_page_id"] for one in pages}
    for id in ordered:
        chain = [id]
        while (above := parent.get(chain[-1])) in parent and above not in chain:
            chain.append(above)
        if above not in parent:  # no circle
            assert [ordered.index(one) for one in chain] == sorted((ordered.index(one) for one in chain), reverse=True)
    roots = [id for id in ordered if parent[id] is None]
    assert ordered[: bool(roots)] == roots[:1], "a root comes first"
