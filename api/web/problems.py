"""Problems: every refusal as an RFC 9457 answer with its stable code; this is the one table of what HTTP makes of them.

The statuses are those of DOMAIN.md 5.2, but for outcomes that are refusals here, and refusals are a 409.
DUPLICATE_REQUEST and AGENT_TURN_LIMIT_EXCEEDED stand there with 200, as outcomes of a workflow; the WORKTREE_…_FAILED
with 500, as what a call of git came to: here that is recorded, and what is asked next of such a worktree is refused.
"""

import logging
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from workledger.adapters.failures import refusal_of
from workledger.api.web.answers import Json
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput, Refused

STATUSES = {
    "VALIDATION_ERROR": 400,
    "INVALID_ID": 400,
    "INVALID_CURSOR": 400,
    "DATABASE_URL_INVALID": 400,
    "DEPENDENCY_SELF": 400,
    "PROJECT_HAS_NO_REPOSITORY": 400,
    "TASK_INVALID_TRANSITION": 400,
    "TASK_NOT_IN_COLUMN": 400,
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
    "SESSION_INVALID_PARTICIPANT": 403,
    "NOT_FOUND": 404,
    "AGENT_LOG_NOT_FOUND": 404,
    "AGENT_NOT_FOUND": 404,
    "AGENT_RUN_NOT_FOUND": 404,
    "COMMIT_NOT_FOUND": 404,
    "DEAD_LETTER_NOT_FOUND": 404,
    "IMPORT_SOURCE_NOT_FOUND": 404,
    "PROJECT_NOT_FOUND": 404,
    "SESSION_NOT_FOUND": 404,
    "SESSION_PROJECT_NOT_FOUND": 404,
    "STAGE_RUN_NOT_FOUND": 404,
    "TASK_NOT_FOUND": 404,
    "TOOL_CALL_NOT_FOUND": 404,
    "WORKSPACE_NOT_FOUND": 404,
    "WORKTREE_NOT_FOUND": 404,
    "WRITE_OPERATION_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "REFUSED": 409,
    "AGENT_ALREADY_RUNNING": 409,
    "AGENT_NOT_RESUMABLE": 409,
    "AGENT_TURN_LIMIT_EXCEEDED": 409,
    "CONCURRENCY_CONFLICT": 409,
    "DATABASE_FOREIGN": 409,
    "DATABASE_NEWER": 409,
    "DEPENDENCY_CYCLE": 409,
    "DUPLICATE_REQUEST": 409,
    "IDEMPOTENCY_KEY_REUSED": 409,
    "NAME_TAKEN": 409,
    "PROJECT_HAS_RUNNING_AGENTS": 409,
    "PROJECT_INVALID_TRANSITION": 409,
    "PROJECT_PATH_EXISTS": 409,
    "SESSION_ALREADY_ACTIVE": 409,
    "SESSION_PENDING_WRITES": 409,
    "STAGE_RUN_INVALID_TRANSITION": 409,
    "TASK_ALREADY_APPROVED": 409,
    "TASK_ALREADY_ASSIGNED": 409,
    "TASK_BLOCKED_BY_DEPENDENCY": 409,
    "TASK_POSITION_CONFLICT": 409,
    "TOOL_CALL_INVALID_TRANSITION": 409,
    "WORKTREE_BRANCH_EXISTS": 409,
    "WORKTREE_CREATION_FAILED": 409,
    "WORKTREE_ENV_COPY_FAILED": 409,
    "WORKTREE_INIT_SCRIPT_FAILED": 409,
    "WORKTREE_INVALID_TRANSITION": 409,
    "WORKTREE_MERGE_CONFLICT": 409,
    "WORKTREE_REMOVAL_FAILED": 409,
    "WRITE_OPERATION_INVALID_TRANSITION": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "CONCURRENCY_LIMIT_EXCEEDED": 429,
    "QUEUE_FULL": 429,
    "RATE_LIMITED": 429,
    "SESSION_PARTICIPANT_LIMIT": 429,
    "INTERNAL_ERROR": 500,
    "UNKNOWN_TOPIC": 500,
    "APPEND_OUTCOME_UNKNOWN": 503,
    "DATABASE_BUSY": 503,
    "DATABASE_FAILED": 503,
    "DATABASE_FORKED": 503,
    "DATABASE_FULL": 507,
    "DATABASE_NOT_FOUND": 503,
    "DATABASE_UNREACHABLE": 503,
    "READ_TABLES_BEHIND": 503,
    "READ_TABLE_MISSING": 503,
}

OWN = ("type", "title", "status", "detail", "code", "instance")
"""Members of a problem that no refusal's details replace."""

RETRY_SECONDS = 1

NONE: Mapping[str, Any] = {}

logger = logging.getLogger(__name__)


class StaleVersion(ConcurrencyConflict):
    """{stream} is at version {actual}, not at {expected} as If-Match says."""


class InvalidId(InvalidInput):
    """That is no id: {summary}"""

    code = "INVALID_ID"


def problem(
    request: Request, code: str, detail: str, status: int | None = None, details: Mapping[str, Any] = NONE
) -> Json:
    """The answer that says what was refused, and why."""
    status = status or STATUSES.get(code, 409)
    body = {
        **{name: value for name, value in details.items() if name not in OWN},
        "type": f"{_root(request)}/api/errors/{code}",
        "title": title(code),
        "status": status,
        "detail": detail,
        "code": code,
    }
    headers = {"Cache-Control": "no-store"}
    if status in (429, 503):
        headers["Retry-After"] = str(RETRY_SECONDS)
    return Json(body, status, headers, "application/problem+json")


def _root(request: Request) -> str:
    """Where the app is, as the client calls it."""
    scope = request.scope
    return f"{scope['scheme']}://{request.headers.get('host', 'localhost')}{scope.get('root_path', '')}"


def title(code: str) -> str:
    """TASK_NOT_FOUND as people read it."""
    return code.replace("_", " ").capitalize()


def meanings(kind: type[Refused] = Refused) -> dict[str, str]:
    """What each code that a refusal has says."""
    found = {kind.code: " ".join((kind.__doc__ or "").split())}
    for one in kind.__subclasses__():
        found = meanings(one) | found
    return found


def refused(request: Request, error: Refused) -> Json:
    """The answer to what the ledger refused."""
    status = 412 if isinstance(error, StaleVersion) else None
    details = {name: value for name, value in error.details.items() if _is_json(value)}
    if isinstance(error, InvalidInput):
        details = {"errors": [_with_pointer(one) for one in error.details.get("errors", ())]}
    return problem(request, error.code, str(error), status, details)


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem; an unforeseen one says nothing of itself."""

    def on_refusal(request: Request, error: Exception) -> Json:
        assert isinstance(error, Refused)
        return refused(request, error)

    def on_validation(request: Request, error: Exception) -> Json:
        assert isinstance(error, RequestValidationError)
        return refused(request, _invalid(error))

    def on_http(request: Request, error: Exception) -> Json:
        assert isinstance(error, HTTPException)
        code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "PAYLOAD_TOO_LARGE"}.get(error.status_code)
        answer = problem(request, code or "VALIDATION_ERROR", str(error.detail), error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    def on_failure(request: Request, error: Exception) -> Json:
        assert isinstance(error, sa.exc.SQLAlchemyError)
        refusal = refusal_of(error)
        if refusal is None:
            return on_error(request, error)
        logger.error("%s %s: %s", request.method, request.url.path, refusal)
        return refused(request, refusal)

    def on_error(request: Request, error: Exception) -> Json:
        logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(request, "INTERNAL_ERROR", "Something went wrong here; the log of the service says what.")

    app.add_exception_handler(Refused, on_refusal)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(sa.exc.SQLAlchemyError, on_failure)
    app.add_exception_handler(Exception, on_error)


def _invalid(error: RequestValidationError) -> InvalidInput:
    """What FastAPI found wrong, as the domain says such things: where it is, and what; values are left out."""
    found = error.errors()
    errors = [
        {"loc": [] if one["type"] == "json_invalid" else list(one["loc"][1:]), "msg": one["msg"]} for one in found
    ]
    summary = "; ".join(": ".join(filter(None, [".".join(map(str, one["loc"])), one["msg"]])) for one in errors)
    kind = InvalidId if all(one["loc"][0] == "path" for one in found) else InvalidInput
    return kind(summary=summary, errors=errors)


def _with_pointer(error: dict[str, Any]) -> dict[str, Any]:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in error["loc"])
    return {**error, "pointer": "#/" + "/".join(parts)}


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict | tuple)
