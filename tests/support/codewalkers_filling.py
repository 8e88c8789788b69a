"""A Codewalkers database of any size, in which nothing is wrong, with every value that its columns may have."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.codewalkers_database import Codewalkers

ADJECTIVES = ("brave", "calm", "eager", "gentle", "quiet")
ANIMALS = ("otter", "falcon", "lynx", "heron", "badger", "crane")
CATEGORIES = ("execute", "research", "discuss", "plan", "detail", "refine", "verify", "merge", "review")
PHASE_STATUSES = ("completed", "pending_review", "in_progress", "blocked", "approved", "pending")
AGENT_STATUSES = ("idle", "running", "waiting_for_input", "stopped", "crashed")
MODES = ("execute", "discuss", "plan", "detail", "refine")
ERRAND_STATUSES = ("active", "pending_review", "conflict", "merged", "abandoned")
RESULTS = ('{"summary": "Done", "files": ["src/ü.ts"]}', '["one", 2, null]', "plain words", '"text"', None)
DOCUMENT = {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Größe ✓"}]}]}


@dataclass(frozen=True)
class Size:
    """How many: initiatives, phases of each, tasks of each phase, log chunks of each task."""

    initiatives: int = 3
    phases: int = 6
    tasks: int = 9
    chunks: int = 2


def make(path: Path, size: Size = Size(), **options: Any) -> Codewalkers:
    """A database of that size, in which nothing is wrong, with every value that a column may have."""
    made = Codewalkers(path, **options).make()
    with made.connection() as connection:
        for table, rows in Filling(made, size).tables():
            made.insert_into(connection, table, rows)
    return made


class Filling:
    """The rows of a database. Whatever waits is as it was made; what went on was changed later."""

    def __init__(self, database: Codewalkers, size: Size) -> None:
        self.database, self.size = database, size
        self._clock = 0

    def tables(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        yield "projects", [self.project(n) for n in range(3)]
        yield "accounts", [self.account(n) for n in range(4)]
        for number in range(self.size.initiatives):
            yield from self.initiative(number)

    def now(self, later: int = 0) -> int:
        """The next time; each is seven seconds after the one before, and a few milliseconds."""
        self._clock += 1
        return self.database.time(self._clock * 7 + self._clock % 10 / 1000 + later)

    def stamps(self, *, changed: bool) -> dict[str, int]:
        made = self.now()
        return {"created_at": made, "updated_at": self.now(3600) if changed else made}

    def project(self, n: int) -> dict[str, Any]:
        fetched = {"last_fetched_at": self.now()} if n else {}
        url = f"https://git.example/shop-{n}.git"
        return {
            "id": f"prj{n}",
            "name": f"shop-{n}",
            "url": url,
            "default_branch": ("main", "trunk")[n % 2],
            **fetched,
            **self.stamps(changed=n == 1),
        }

    def account(self, n: int) -> dict[str, Any]:
        return {
            "id": f"acc{n}",
            "email": f"ann{n}@example.com",
            "provider": ("claude", "codex")[n // 3],
            "config_json": (None, '{"theme": "dark"}')[n % 2],
            "credentials": (None, f'{{"token": "t0p-{n}-s3cr3t"}}')[n % 2],
            "is_exhausted": n % 2,
            "exhausted_until": self.now() if n == 1 else None,
            "last_used_at": self.now() if n else None,
            "sort_order": n,
            **self.stamps(changed=n > 0),
        }

    def initiative(self, i: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        id, status = f"ini{i}", ("active", "completed", "pending_review", "archived")[i % 4]
        row = {"id": id, "name": f"User auth {i}", "status": status, "branch": (None, f"cw/user-auth-{i}")[i % 2]}
        yield "initiatives", [row | self.stamps(changed=i % 4 > 0)]
        yield (
            "initiative_projects",
            [{"initiative_id": id, "project_id": f"prj{n}", "created_at": self.now()} for n in range(i % 3)],
        )
        done = status in ("completed", "pending_review")
        for p in range(self.size.phases):
            yield from self.phase(id, i, p, "completed" if done else PHASE_STATUSES[p % len(PHASE_STATUSES)])
        if self.size.phases and self.size.tasks:
            yield from self.words(id, i)

    def phase(self, initiative: str, i: int, p: int, status: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        id = f"pha{i}-{p}"
        content = (json.dumps(DOCUMENT, ensure_ascii=False), None, "no JSON at all")[p % 3]
        row = {"id": id, "initiative_id": initiative, "name": f"Phase {p} ✓", "content": content, "status": status}
        merged = {"merge_base": f"{i:020x}{p:020x}"} if status == "completed" else {}
        yield "phases", [row | merged | self.stamps(changed=status != "pending")]
        done = status in ("completed", "pending_review")
        tasks = [self.task(initiative, id, t, done=done) for t in range(self.size.tasks)]
        yield "tasks", tasks
        edges = [(f"{id}-{t}", f"{id}-{t - 1}") for t in range(1, self.size.tasks)]
        yield "task_dependencies", [{"task_id": one, "depends_on_task_id": other} for one, other in edges]
        agents = [self.agent(initiative, f"{id}-{t}", i * 100_000 + p * 1000 + t) for t in range(0, self.size.tasks, 2)]
        yield "agents", agents
        for t, task in enumerate(tasks):
            agent = agents[t // 2]
            yield "agent_log_chunks", [self.chunk(agent, task["id"], n) for n in range(self.size.chunks)]
        if p:
            yield "phase_dependencies", [{"phase_id": id, "depends_on_phase_id": f"pha{i}-{p - 1}"}]
        yield "review_comments", [self.comment(id, n) for n in range(3)]

    def task(self, initiative: str, phase: str, t: int, *, done: bool) -> dict[str, Any]:
        category = CATEGORIES[t % len(CATEGORIES)]
        status = "completed" if done else ("pending", "blocked", "in_progress", "completed")[t % 4]
        return {
            "id": f"{phase}-{t}",
            "phase_id": phase,
            "initiative_id": initiative,
            "parent_task_id": f"{phase}-{t - 1}" if t % 4 == 1 else None,
            "name": f"Task {t} of {phase}",
            "description": (None, "Do it\nthoroughly", "")[t % 3],
            "category": category,
            "priority": ("low", "medium", "high")[t % 3],
            "status": status,
            "order": t - 2,
            "summary": f"Found {t} places" if status == "completed" and t % 3 == 0 else None,
            "retry_count": 2 if t % 5 == 3 else 0,
            **self.stamps(changed=status != "pending" or t % 5 == 3),
        }

    def agent(self, initiative: str, task: str, n: int) -> dict[str, Any]:
        status, which = AGENT_STATUSES[n // 2 % len(AGENT_STATUSES)], n // 2
        name = f"{ADJECTIVES[which % 5]}-{ANIMALS[which % 6]}-{n}"
        questions = '[{"id": "q1", "question": "Which one?"}]' if status == "waiting_for_input" and which % 3 else None
        return {
            "id": f"agt{n}",
            "name": name,
            "task_id": task if which % 7 else None,
            "initiative_id": initiative,
            "session_id": f"5e55-{n}" if which % 2 else None,
            "worktree_id": f"/srv/worktrees/{name}",
            "provider": ("claude", "codex")[which % 2],
            "account_id": f"acc{which % 4}" if which % 3 else None,
            "status": status,
            "mode": MODES[which % 5],
            "pid": 4000 + n if status == "running" else None,
            "exit_code": {"crashed": 1, "stopped": 0}.get(status),
            "prompt": f"Work on {task}." if which % 4 else None,
            "output_file_path": f"/srv/out/{name}.jsonl" if which % 2 else None,
            "result": RESULTS[which % 5] if status in ("idle", "running", "crashed") else None,
            "pending_questions": questions,
            "user_dismissed_at": self.now() if status == "stopped" else None,
            **self.stamps(changed=True),
        }

    def chunk(self, agent: dict[str, Any], task: str, n: int) -> dict[str, Any]:
        content = json.dumps({"type": "assistant", "text": f"{task}: step {n} ✓ " + "and so on " * (n % 7)})
        return {
            "id": f"chk-{task}-{n}",
            "agent_id": agent["id"],
            "agent_name": agent["name"],
            "session_number": 1 + n % 2,
            "content": content,
            "created_at": self.now(),
        }

    def comment(self, phase: str, n: int) -> dict[str, Any]:
        return {
            "id": f"rvc-{phase}-{n}",
            "phase_id": phase,
            "file_path": "src/ü.ts",
            "line_number": n,
            "line_type": ("added", "removed", "context")[n % 3],
            "body": "Why?",
            "author": ("you", "ann")[n % 2],
            "resolved": n % 2,
            **self.stamps(changed=n % 2 == 1),
        }

    def words(self, initiative: str, i: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """What is written and said about an initiative."""
        phase, first = f"pha{i}-0", f"agt{i * 100_000}"
        other = f"agt{i * 100_000 + 2}" if self.size.tasks > 2 else first
        pages = [
            {
                "id": f"pag{i}-{n}",
                "initiative_id": initiative,
                "parent_page_id": f"pag{i}-{(n - 1) // 2}" if n else None,
                "title": f"Page {n}",
                "content": (json.dumps(DOCUMENT), None, "words", "[1, 2]")[n % 4],
                "sort_order": n % 3,
                **self.stamps(changed=n % 2 == 1),
            }
            for n in range(5)
        ]
        yield "pages", pages
        proposals = [
            {
                "id": f"pro{i}-{n}",
                "agent_id": first,
                "initiative_id": initiative,
                "target_type": ("page", "phase", "task")[n % 3],
                "target_id": (None, phase)[n % 2],
                "title": f"Do {n}",
                "summary": (None, "in short")[n % 2],
                "content": (None, "# All of it")[n % 2],
                "metadata": (None, '{"files": [1, 2.5]}', "no JSON")[n % 3],
                "status": ("pending", "accepted", "dismissed")[n % 3],
                "sort_order": n,
                **self.stamps(changed=n % 3 > 0),
            }
            for n in range(6)
        ]
        yield "proposals", proposals
        yield from self.chats(initiative, i, first)
        yield "messages", self.messages(i, first)
        conversations = [
            {
                "id": f"cnv{i}-{n}",
                "from_agent_id": first,
                "to_agent_id": other,
                "initiative_id": (None, initiative)[n % 2],
                "phase_id": (phase, None)[n % 2],
                "task_id": (None, f"{phase}-0")[n % 2],
                "question": "Is it so?",
                "answer": "It is." if n % 2 else None,
                "status": ("pending", "answered")[n % 2],
                **self.stamps(changed=n % 2 == 1),
            }
            for n in range(4)
        ]
        yield "conversations", conversations
        errands = [
            {
                "id": f"errand {i}/{n}",
                "description": "Fix the typo",
                "branch": f"cw/errand-{n}",
                "base_branch": ("main", "trunk")[n % 2],
                "agent_id": (None, first)[n % 2],
                "project_id": (None, "prj0")[n % 2],
                "status": ERRAND_STATUSES[n],
                **self.stamps(changed=n > 0),
            }
            for n in range(5)
        ]
        yield "errands", errands

    def chats(self, initiative: str, i: int, agent: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        for n in range(4):
            type = ("phase", "task")[n % 2]
            chat = {
                "id": f"cht{i}-{n}",
                "target_type": type,
                "target_id": f"pha{i}-0" + ("", "-0")[n % 2],
                "initiative_id": initiative,
                "agent_id": (None, agent)[n // 2],
                "status": ("closed", "active")[n // 2],
                **self.stamps(changed=n != 3),
            }
            yield "chat_sessions", [chat]
            said = [
                {
                    "id": f"chm{i}-{n}-{m}",
                    "chat_session_id": chat["id"],
                    "role": ("user", "assistant", "system")[m],
                    "content": f"Word {m}",
                    "change_set_id": f"chs{i}-{n}" if m == 1 and n % 2 else None,
                    "created_at": self.now(),
                }
                for m in range(3)
            ]
            yield "chat_messages", said

    def messages(self, i: int, agent: str) -> list[dict[str, Any]]:
        def message(n: int, **fields: Any) -> dict[str, Any]:
            to_user = {"sender_type": "agent", "sender_id": agent, "recipient_type": "user"}
            changed = fields.get("status", "pending") != "pending"
            return {"id": f"msg{i}-{n}", **to_user, "content": "Say it", **fields, **self.stamps(changed=changed)}

        by_user = {"sender_type": "user", "sender_id": None, "recipient_type": "agent", "recipient_id": agent}
        return [
            message(0, type="question", requires_response=1, status="responded"),
            message(1, **by_user, type="response", parent_message_id=f"msg{i}-0"),
            message(2, type="info", status="read"),
            message(3, type="error", requires_response=1),
            message(4, type="info", parent_message_id=f"msg{i}-2"),
        ]
