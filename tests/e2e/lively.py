"""A board in the middle of a working day: something of everything that the page can show."""

from e2e.given import Project, answered, called, said

WAITING = (
    ("Redact e-mail addresses before an event is stored", "high", ("privacy",)),
    ("Show the waiting time of each column", "low", ("board",)),
    ("Benchmark: 16 writers on one task", "medium", ("bench",)),
    ("Keyset cursor carries the hash of its filter", "medium", ("api", "paging")),
    ("Retention of logs by age and size", "medium", ("logs",)),
    ("Skip session lines of more than 1 MB, and count them", "low", ("importer",)),
)
DONE = (
    ("Ranks: moving one card writes one event", "medium", ("domain",), (4, 131, 2)),
    ("Workspace and project aggregates", "high", ("domain",), (9, 622, 8)),
    ("Ids that sort by time", "low", ("kernel",), (2, 41, 5)),
    ("Contract for the four layers", "low", ("ci",), (1, 12, 1)),
    ("Git history through git log -z", "medium", ("importer", "git"), (3, 180, 4)),
)
COMMITS = (
    "Claims settle in the transaction of the append",
    "Feed: resume from Last-Event-ID",
    "Fold a batch in memory, so that a row is written once",
    "Why the log is the API",
    "Ranks of base 62",
)


CLAIMS = """A claim is taken where the event is stored.

- no look at a read table
- the **holder** is the stream
- `Vacancy` asks without taking"""


def fill(project: Project) -> dict[str, str]:
    """Tasks in every column, agents in every mood, a log, commits and a session; some of the ids by name."""
    ids = _agents(project)
    for title, priority, labels, lines in DONE:
        _done(project, title, priority, labels, lines, ids["Ken"])
    ids |= _at_work(project, ids)
    ids |= _in_review(project, ids)
    for title, priority, labels in WAITING:
        ids[title] = project.task(title, priority=priority, labels=labels)
    project.tell(ids[WAITING[0][0]], "queue")
    ids["waiting"] = project.task("Document how a rebuild swaps its tables", priority="low", labels=("docs",))
    project.tell(ids["waiting"], "add-dependency", depends_on_task_id=ids["working"])
    _log(project, ids["Ada"])
    project.commits([*(f"{subject} ({number})" for number in range(9, 0, -1) for subject in COMMITS), *COMMITS[::-1]])
    ids["session"] = _session(project, ids["Ada"], ids["working"])
    ids["phase"] = _plan(project)
    return ids


def _agents(project: Project) -> dict[str, str]:
    kinds = {"Ada": "task", "Grace": "task", "Barbara": "conversational", "Margaret": "background", "Ken": "task"}
    return {name: project.agent(name, type=kind) for name, kind in kinds.items()}


def _done(
    project: Project, title: str, priority: str, labels: tuple[str, ...], lines: tuple[int, int, int], agent: str
) -> None:
    task = project.task(title, priority=priority, labels=labels)
    run = project.start(task, agent)
    project.turns(run, 6)
    project.finish(task, run, agent, lines=lines)
    project.tell(task, "approve", approved_by="user:ann", feedback="Clean.")


def _at_work(project: Project, ids: dict[str, str]) -> dict[str, str]:
    working = project.task(
        "Claims settle in the transaction of the append", priority="high", labels=("store", "claims"), text=CLAIMS
    )
    run = project.start(working, ids["Ada"])
    project.turns(run, 23)
    project.tools(run, Bash=6, Read=4, Edit=3)
    feed = project.task("The feed resumes from Last-Event-ID without a gap", priority="high", labels=("api", "feed"))
    project.turns(project.start(feed, ids["Grace"]), 9)
    asking = project.task("Erasing log chunks leaves a record", labels=("logs",))
    asked = project.start(asking, ids["Barbara"])
    project.turns(asked, 14)
    project.service.post(f"agent-runs/{asked}/ask-user", questions=["Should a purge keep the totals in bytes?"])
    stuck = project.task("Merge of task/idempotent-writes", labels=("worktree",))
    broken = project.start(stuck, ids["Margaret"])
    project.turns(broken, 4)
    project.tell(stuck, "block", reason="merge_conflict", detail="api/tasks.py conflicts with main")
    project.service.post(f"agent-runs/{broken}/fail", cause="crash", error="The process ended with 137", exit_code=137)
    return {"working": working, "run": run, "stuck": stuck}


def _in_review(project: Project, ids: dict[str, str]) -> dict[str, str]:
    title = "Golden file of every event version ever written"
    review = project.task(title, priority="high", labels=("domain", "tests"))
    run = project.start(review, ids["Ken"])
    project.turns(run, 8)
    project.finish(review, run, ids["Ken"], lines=(12, 418, 37))
    again = project.task("Problem details for validation errors", priority="low", labels=("api",))
    run = project.start(again, ids["Ken"])
    project.turns(run, 3)
    project.finish(again, run, ids["Ken"], lines=(2, 40, 3))
    project.tell(again, "reject", reason="The pointer of a nested field is wrong.")
    project.tell(
        again, "finish-work", turn_count=5, summary="The pointer is right now.", files_changed=3, lines_added=64
    )
    fold = project.task("Fold a batch in memory, so that a row is written once", labels=("projections", "speed"))
    run = project.start(fold, ids["Ken"])
    project.turns(run, 5)
    project.finish(fold, run, ids["Ken"], lines=(5, 203, 88))
    return {"review": review, "rejected": again}


def _log(project: Project, agent: str) -> None:
    project.log(agent, said("Let claims settle in the transaction of the append.", role="user"))
    project.log(agent, said("The rule belongs to the store: `append` has to take the claims it is given."))
    project.log(agent, called("Bash", "t1", command="rg -n 'def append' adapters"))
    project.log(
        agent, answered("t1", "adapters/append.py:41:def append(self, rows):\nadapters/recorder.py:88:def append(")
    )
    edit = {
        "file_path": "adapters/append.py",
        "old_string": "insert(rows)",
        "new_string": "settle(claims)\ninsert(rows)",
    }
    project.log(agent, called("Edit", "t2", **edit) + answered("t2", "The file has been updated."))
    project.log(agent, called("Bash", "t3", command="pytest -q tests/ledger"))
    project.log(agent, answered("t3", "E   AssertionError: a claim was taken twice\n1 failed, 40 passed", failed=True))
    project.log(agent, "plain output, which is no JSON at all\n")


def _session(project: Project, agent: str, task: str) -> str:
    body = {"project_id": project.id, "title": "Pairing on claims", "agent_id": agent, "task_id": task}
    session = str(project.service.post("sessions", **body)["id"])
    project.service.post(f"sessions/{session}/activate")
    project.service.post(f"sessions/{session}/join", user_id="user:ann", role="owner")
    entry = {"channel": "chunks", "type": "chunk", "data": {"text": "Who holds a claim once its run has ended?"}}
    project.service.post(f"sessions/{session}/feed", **entry)
    return session


def _plan(project: Project) -> str:
    """An initiative of two phases: one in progress, with tasks and a comment, and one that comes after it."""
    post = project.service.post
    initiative = post("initiatives", name="A log that nobody can change", project_ids=[project.id])["id"]
    text = "# Goal\n\nWhat was said stays said.\n\n- an `UPDATE` is refused\n- so is a **delete**"
    first, second = (
        str(post("phases", initiative_id=initiative, name=name, content=text)["id"])
        for name in ("Refuse changes", "Prove it to a visitor")
    )
    post(f"phases/{second}/add-dependency", depends_on_phase_id=first)
    for command in ("approve", "start"):
        post(f"phases/{first}/{command}")
    tasks = [
        post("tasks", project_id=project.id, title=title, phase_id=first, plan_order=place)["id"]
        for place, title in enumerate(("A trigger for each table", "A test that tries"))
    ]
    project.tell(tasks[1], "add-dependency", depends_on_task_id=tasks[0])
    comment = {"phase_id": first, "file_path": "adapters/append.py", "line_number": 41, "line_type": "added"}
    post("review-comments", body="Why is this one left out?", author="Barbara", **comment)
    return first
