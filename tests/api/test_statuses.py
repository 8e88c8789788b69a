"""Statuses: each refusal is answered with the status that its class carries, an app's own too."""

import importlib
import pkgutil

import pytest
from fastapi import APIRouter, HTTPException

import workledger
from support.http_client import Doors
from workledger import Workledger
from workledger.api.app import create_app
from workledger.api.web.problems import StaleVersion, refusals
from workledger.domain.kernel.refusals import NotFound, Refused, Unavailable

STATUSES = {
    "VALIDATION_ERROR": 400,
    "INVALID_ID": 400,
    "INVALID_CURSOR": 400,
    "DATABASE_URL_INVALID": 400,
    "CHANGE_SET_EMPTY": 400,
    "CONVERSATION_WITH_ITSELF": 400,
    "DEPENDENCY_SELF": 400,
    "MESSAGE_IS_NO_RESPONSE": 400,
    "PROJECT_HAS_NO_REPOSITORY": 400,
    "TASK_INVALID_TRANSITION": 400,
    "TASK_NOT_WAITING_APPROVAL": 400,
    "TASK_NO_DIFF": 400,
    "AGENT_NOT_RUNNING": 400,
    "AGENT_NO_AVAILABLE_TASK": 400,
    "SESSION_CLOSED": 400,
    "SESSION_NOT_ACTIVE": 400,
    "SESSION_NOT_PAUSED": 400,
    "SESSION_NO_CONNECTIONS": 400,
    "WORKTREE_DIRTY": 400,
    "ADDRESS_NOT_ALLOWED": 403,
    "AGENT_TOOL_NOT_ALLOWED": 403,
    "HOST_NOT_ALLOWED": 403,
    "ORIGIN_NOT_ALLOWED": 403,
    "POSITION_UNKNOWN": 400,
    "TOPIC_UNKNOWN": 400,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "SESSION_INVALID_PARTICIPANT": 403,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "ACCOUNT_NOT_FOUND": 404,
    "AGENT_LOG_NOT_FOUND": 404,
    "AGENT_NOT_FOUND": 404,
    "AGENT_RUN_NOT_FOUND": 404,
    "CHANGE_SET_NOT_FOUND": 404,
    "CHAT_MESSAGE_NOT_FOUND": 404,
    "CHAT_SESSION_NOT_FOUND": 404,
    "COMMIT_NOT_FOUND": 404,
    "IMPORTED_ROWS_NOT_FOUND": 404,
    "CONVERSATION_NOT_FOUND": 404,
    "DEAD_LETTER_NOT_FOUND": 404,
    "ERRAND_NOT_FOUND": 404,
    "IMPORT_SOURCE_NOT_FOUND": 404,
    "INITIATIVE_NOT_FOUND": 404,
    "PHASE_NOT_FOUND": 404,
    "MESSAGE_NOT_FOUND": 404,
    "PAGE_NOT_FOUND": 404,
    "PROJECT_NOT_FOUND": 404,
    "PROPOSAL_NOT_FOUND": 404,
    "REVIEW_COMMENT_NOT_FOUND": 404,
    "SESSION_NOT_FOUND": 404,
    "SESSION_PROJECT_NOT_FOUND": 404,
    "STAGE_RUN_NOT_FOUND": 404,
    "TASK_NOT_FOUND": 404,
    "TOOL_CALL_NOT_FOUND": 404,
    "WORKSPACE_NOT_FOUND": 404,
    "WORKTREE_NOT_FOUND": 404,
    "WRITE_OPERATION_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "CHANGE_SET_INVALID_TRANSITION": 409,
    "CHANGE_SET_TARGETS_CHANGED": 409,
    "CHANGE_SET_TARGET_ELSEWHERE": 409,
    "CHANGE_SET_TARGET_IN_WORK": 409,
    "PAGE_CYCLE": 409,
    "PAGE_OF_ANOTHER_INITIATIVE": 409,
    "PAGE_ROOT_EXISTS": 409,
    "PROPOSAL_NOT_PENDING": 409,
    "REFUSED": 409,
    "ACCOUNT_EXHAUSTED": 409,
    "ACCOUNT_OF_ANOTHER_PROVIDER": 409,
    "DRAFT_READ_ONLY": 409,
    "INVALID_TRANSITION": 409,
    "AGENT_ALREADY_RUNNING": 409,
    "BACKUP_EXISTS": 409,
    "AGENT_NOT_RESUMABLE": 409,
    "AGENT_TURN_ALREADY_RECORDED": 409,
    "CHAT_MESSAGE_EXISTS": 409,
    "CHAT_SESSION_ALREADY_ACTIVE": 409,
    "CHAT_SESSION_CLOSED": 409,
    "CHAT_TARGET_OF_ANOTHER_INITIATIVE": 409,
    "CONVERSATION_ALREADY_ANSWERED": 409,
    "ERRAND_AGENT_NOT_READY": 409,
    "ERRAND_INVALID_TRANSITION": 409,
    "MESSAGE_INVALID_TRANSITION": 409,
    "IMPORTED_ALREADY": 409,
    "AGENT_TURN_LIMIT_EXCEEDED": 409,
    "COMMIT_OF_ANOTHER_OPERATION": 409,
    "CONCURRENCY_CONFLICT": 409,
    "DATABASE_FOREIGN": 409,
    "DATABASE_NEWER": 409,
    "DATABASE_OLDER": 409,
    "DATABASE_READ_ONLY": 409,
    "DEPENDENCY_CYCLE": 409,
    "DUPLICATE_REQUEST": 409,
    "IDEMPOTENCY_KEY_REUSED": 409,
    "EVENTS_ERASED": 410,
    "INITIATIVE_INVALID_TRANSITION": 409,
    "INITIATIVE_PHASES_OPEN": 409,
    "NAME_TAKEN": 409,
    "PHASE_DEPENDENCIES_UNMET": 409,
    "PHASE_INVALID_TRANSITION": 409,
    "PHASE_OF_ANOTHER_INITIATIVE": 409,
    "PHASE_REVIEW_REQUIRED": 409,
    "PHASE_TASKS_OPEN": 409,
    "PROJECT_HAS_RUNNING_AGENTS": 409,
    "PROJECT_INVALID_TRANSITION": 409,
    "PROJECT_PATH_EXISTS": 409,
    "REVIEW_TASK_OPEN": 409,
    "SESSION_ALREADY_ACTIVE": 409,
    "SESSION_PENDING_WRITES": 409,
    "STAGE_RUN_INVALID_TRANSITION": 409,
    "TASK_ALREADY_APPROVED": 409,
    "TASK_ALREADY_ASSIGNED": 409,
    "TASK_BLOCKED_BY_DEPENDENCY": 409,
    "TASK_OF_ANOTHER_PROJECT": 409,
    "TASK_POSITION_CONFLICT": 409,
    "TOOL_CALL_INVALID_TRANSITION": 409,
    "WORKTREE_BRANCH_EXISTS": 409,
    "WORKTREE_CREATION_FAILED": 409,
    "WORKTREE_ENV_COPY_FAILED": 409,
    "WORKTREE_INIT_SCRIPT_FAILED": 409,
    "WORKTREE_INVALID_TRANSITION": 409,
    "WORKTREE_MERGE_CONFLICT": 409,
    "WORKTREE_REMOVAL_FAILED": 409,
    "WRITE_OPERATION_COMMIT_NOT_RECORDED": 409,
    "WRITE_OPERATION_INVALID_TRANSITION": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "ACCOUNT_ALL_EXHAUSTED": 429,
    "CONCURRENCY_LIMIT_EXCEEDED": 429,
    "QUEUE_FULL": 429,
    "LIMIT_REACHED": 429,
    "RATE_LIMITED": 429,
    "SESSION_PARTICIPANT_LIMIT": 429,
    "INTERNAL_ERROR": 500,
    "EVENT_UNREADABLE": 500,
    "UNKNOWN_TOPIC": 500,
    "APPEND_OUTCOME_UNKNOWN": 503,
    "BACKUP_FAILED": 503,
    "UNAVAILABLE": 503,
    "DATABASE_BUSY": 503,
    "DATABASE_CLOSED": 503,
    "DATABASE_FAILED": 503,
    "DATABASE_FORKED": 503,
    "DATABASE_FULL": 507,
    "DATABASE_NOT_FOUND": 503,
    "DATABASE_UNREACHABLE": 503,
    "READ_TABLES_BEHIND": 503,
    "READ_TABLE_MISSING": 503,
    "REBUILD_CANCELLED": 409,
    "REBUILD_NOTHING_TO_UNDO": 409,
    "REBUILD_UNDER_WAY": 409,
}
"""The statuses of domain.md 5.2, but for outcomes that are refusals here, and refusals are a 409.

DUPLICATE_REQUEST and AGENT_TURN_LIMIT_EXCEEDED stand there with 200, as outcomes of a workflow; the WORKTREE_…_FAILED
with 500, as what a call of git came to: here that is recorded, and what is asked next of such a worktree is refused.
"""

OF_COMMANDS = (
    *("workledger.api.commandline.", "workledger.api.benchmarks."),
    *("workledger.adapters.own_transaction.", "workledger.adapters.outbox", "workledger.adapters.declarations"),
    *("workledger.adapters.erasing.", "workledger.adapters.redaction.scanner", "workledger.domain.redaction"),
)
"""Where refusals are that no request meets."""


@pytest.fixture(scope="module")
def met() -> list[type[Refused]]:
    """The refusals of workledger that a request may meet."""
    for module in pkgutil.walk_packages(workledger.__path__, "workledger."):
        importlib.import_module(module.name)
    ours = [kind for kind in refusals() if kind.__module__.startswith("workledger.")]
    return [kind for kind in ours if not kind.__module__.startswith(OF_COMMANDS)]


def test_every_refusal_carries_the_status_of_its_code(met: list[type[Refused]]) -> None:
    carried = {(kind.code, kind.status) for kind in met if kind is not StaleVersion}
    assert carried == set(STATUSES.items())
    assert StaleVersion.status == 412, "If-Match asks for this one"


@pytest.mark.usefixtures("met")
def test_every_code_is_listed_with_its_status(doors: Doors) -> None:
    listed = {one["code"]: one["status"] for one in doors.answer("GET", "errors").json()["items"]}
    assert listed.items() >= STATUSES.items()


class NoteNotFound(NotFound):
    """There is no note {id}."""

    code = "MEMO_NOT_FOUND"


class NotesClosed(Unavailable):
    """Notes are not taken just now."""


def test_the_refusals_of_an_app_are_answered_as_their_bases_are(memory: Workledger) -> None:
    app = create_app(memory)
    notes = APIRouter(prefix="/api/notes")

    @notes.get("/closed")
    def closed() -> None:
        raise NotesClosed

    @notes.get("/{id}")
    def note(id: str) -> None:
        raise NoteNotFound(id=id)

    app.router.routes[:0] = notes.routes
    with Doors(memory, app) as doors:
        assert doors.refused("GET", "notes/n_1") == (404, "MEMO_NOT_FOUND")
        said = doors.client.get(doors.answer("GET", "notes/n_1").json()["type"]).json()
        assert said == {
            "code": "MEMO_NOT_FOUND",
            "title": "Memo not found",
            "status": 404,
            "meaning": "There is no note {id}.",
        }
        assert said in doors.answer("GET", "errors").json()["items"]
        answer = doors.answer("GET", "notes/closed")
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "UNAVAILABLE", "1")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (409, "REFUSED"),
        (418, "VALIDATION_ERROR"),
        (429, "LIMIT_REACHED"),
        (503, "UNAVAILABLE"),
        (502, "INTERNAL_ERROR"),
    ],
)
def test_an_error_of_http_itself_has_the_code_of_its_kind(memory: Workledger, status: int, code: str) -> None:
    app = create_app(memory)
    notes = APIRouter(prefix="/api")

    @notes.get("/note")
    def note() -> None:
        raise HTTPException(status, "Not now.")

    app.router.routes[:0] = notes.routes
    with Doors(memory, app) as doors:
        assert doors.refused("GET", "note") == (status, code)
