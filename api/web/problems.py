"""Problems: every refusal as an answer of RFC 9457 with its stable code, and the status that its class carries."""

import logging
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from workledger.adapters.failures import refusal_of
from workledger.api.web.answers import Json, encode
from workledger.api.web.invalid import invalid, with_pointer
from workledger.api.web.methods import allowed
from workledger.api.web.targets import encoded
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.kernel.refusals import (
    ConcurrencyConflict,
    Forbidden,
    InvalidInput,
    LimitReached,
    NotFound,
    PayloadTooLarge,
    Refused,
    Unavailable,
)

OWN = ("type", "title", "status", "detail", "code", "instance")
"""Members of a problem that no refusal's details replace."""

LATER = (429, 503)
"""Statuses of what may be asked again, after RETRY_SECONDS."""

RETRY_SECONDS = 1

FILE_METHODS = ("GET", "HEAD")

NONE: Mapping[str, Any] = {}

logger = logging.getLogger(__name__)


class StaleVersion(ConcurrencyConflict):
    """{stream} is at version {actual}, not at {expected} as If-Match says."""

    status = 412


class MethodNotAllowed(Refused):
    """There is no such method here; the header Allow names those there are."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class InternalError(Refused):
    """Something went wrong here; the log of the service says what."""

    code = "INTERNAL_ERROR"
    status = 500


OF_HTTP = {
    kind.status: kind
    for kind in (
        InvalidInput,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Refused,
        PayloadTooLarge,
        LimitReached,
        InternalError,
        Unavailable,
    )
}
"""What an error of HTTP itself is, by its status."""


def refusals(base: type[Refused] = Refused) -> Iterator[type[Refused]]:
    """All refusals that are known here, an app's own among them; bases come before what derives from them."""
    yield base
    for kind in base.__subclasses__():
        yield from refusals(kind)


def codes() -> dict[str, type[Refused]]:
    """The refusals that are known here, by code. Where several have the same code, the first says what it means."""
    found: dict[str, type[Refused]] = {}
    for kind in refusals():
        found.setdefault(kind.code, kind)
    return found


def problem(request: Request, code: str, status: int, detail: str, details: Mapping[str, Any] = NONE) -> Json:
    """The answer that says what was refused, and why."""
    body = {
        **{name: value for name, value in details.items() if name not in OWN},
        "type": f"{_root(request)}/api/errors/{code}",
        "title": title(code),
        "status": status,
        "detail": detail.encode("utf-8", "replace").decode(),
        "code": code,
    }
    headers = {"Cache-Control": "no-store"}
    if status in LATER:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return Json(body, status, headers, "application/problem+json")


def _root(request: Request) -> str:
    """Where the app is, as the client calls it."""
    scope = request.scope
    return f"{scope['scheme']}://{request.headers.get('host', 'localhost')}{encoded(scope.get('root_path', ''))}"


def title(code: str) -> str:
    """TASK_NOT_FOUND as people read it."""
    return code.replace("_", " ").capitalize()


def meaning(kind: type[Refused]) -> str:
    """What a refusal says, on one line."""
    return " ".join((kind.__doc__ or "").split())


def refused(request: Request, error: Refused) -> Json:
    """The answer to what the ledger refused."""
    details = {name: value for name, value in error.details.items() if _is_json(value)}
    if isinstance(error, InvalidInput):
        details = {"errors": [with_pointer(one) for one in error.details.get("errors", ())]}
    answer = problem(request, error.code, error.status, str(error), details)
    if error.status in LATER and "retry_at" in details:
        _retry_at(answer, details["retry_at"])
    return answer


def _retry_at(answer: Json, at: str | None) -> None:
    """The header Retry-After says when; nothing when that is not known."""
    del answer.headers["Retry-After"]
    if at is not None:
        seconds = (parse_timestamp(at) - datetime.now(UTC)).total_seconds()
        answer.headers["Retry-After"] = str(max(RETRY_SECONDS, math.ceil(seconds)))


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem; an unforeseen one says nothing of itself."""

    def on_refusal(request: Request, error: Exception) -> Json:
        assert isinstance(error, Refused)
        return refused(request, error)

    def on_validation(request: Request, error: Exception) -> Json:
        assert isinstance(error, RequestValidationError)
        return refused(request, invalid(error))

    def on_http(request: Request, error: Exception) -> Json:
        assert isinstance(error, HTTPException)
        kind = OF_HTTP.get(error.status_code, InvalidInput if error.status_code < 500 else InternalError)
        answer = problem(request, kind.code, error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        if error.status_code == MethodNotAllowed.status:
            # Of several routes with that path, the error names the methods of one.
            answer.headers["Allow"] = ", ".join(allowed(app.router.routes, request.scope) or FILE_METHODS)
        return answer

    def on_failure(request: Request, error: Exception) -> Json:
        assert isinstance(error, sa.exc.SQLAlchemyError)
        refusal = refusal_of(error)
        if refusal is None:
            return on_error(request, error)
        logger.error("%s %s: %s", request.method, encoded(request.scope["path"]), refusal)
        return refused(request, refusal)

    def on_error(request: Request, error: Exception) -> Json:
        logger.error("%s %s failed", request.method, encoded(request.scope["path"]), exc_info=error)
        return refused(request, InternalError())

    app.add_exception_handler(Refused, on_refusal)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(sa.exc.SQLAlchemyError, on_failure)
    app.add_exception_handler(Exception, on_error)


def _is_json(value: Any) -> bool:
    try:
        encode(value)
    except TypeError:  # also of a number or a text that JSON cannot hold
        return False
    return True
