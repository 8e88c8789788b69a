"""The caller of a write: who it is, under which command id, and at which version they have seen what they change."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request
from pydantic import AfterValidator

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.deps import the_ledger
from workledger.api.web.problems import StaleVersion
from workledger.api.web.targets import below, encoded
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.envelope import ACTOR_KINDS
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput
from workledger.domain.kernel.request import digest
from workledger.domain.kernel.unit import Unit

LONGEST = 200

PRINTED = r"[^\x00-\x1f\x7f-\x9f]"
"""No control character, which a terminal that shows the log might obey."""

ACTOR = rf"^({'|'.join(ACTOR_KINDS)})(:{PRINTED}+)?$"
COMMAND_ID = rf"^{PRINTED}+$"
ETAG = r'^"[0-9]{1,18}(-[0-9a-f]{1,32})?"$'


def decoded(value: str) -> str:
    """A header as it was meant: its bytes are Latin-1 to a server, and UTF-8 to most clients."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _checked(pattern: str, expected: str) -> AfterValidator:
    """The text of a header, refused in plain words where it does not fit."""

    def checked(value: str | None) -> str | None:
        if value is None:
            return None
        text = decoded(value).strip()
        if len(text) > LONGEST or not re.fullmatch(pattern, text):
            raise ValueError(f"{expected}, of at most {LONGEST} characters")
        return text

    return AfterValidator(checked)


def _header(pattern: str, description: str, **said: Any) -> Any:
    return Header(description=description, json_schema_extra={"pattern": pattern, **said})


NAMED = f"one of {', '.join(ACTOR_KINDS)}, with a name where there is one, such as user:ann, without control characters"
Actor = Annotated[str, _checked(ACTOR, NAMED), _header(ACTOR, "on whose behalf, such as user:ann", maxLength=LONGEST)]
CommandId = Annotated[
    str | None,
    _checked(COMMAND_ID, "a text without control characters"),
    _header(COMMAND_ID, "the command's id: once seen, it is not repeated", maxLength=LONGEST),
]
IfMatch = Annotated[
    str | None,
    _checked(rf"\*|(W/)?{ETAG.strip('^$')}", 'an ETag of here or a version in quotes, such as "3"'),
    _header(ETAG, "the ETag of what was looked at, or its version in quotes"),
]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes, under which command id, and at which version they have seen what they change.

    Attributes:
        digest: of what is asked for, when there is a command id.
    """

    ledger: Workledger
    actor: str
    command_id: str | None
    expected_version: int | None
    digest: str | None = None

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """A unit of work on the caller's behalf.

        Raises:
            StaleVersion: CONCURRENCY_CONFLICT, what was expected was not there any more.
            CommandIdReused: IDEMPOTENCY_KEY_REUSED, something else was asked for under the command id.
        """
        try:
            with self.ledger.acting_as(self.actor), self.ledger.unit(self.command_id, digest=self.digest) as unit:
                yield unit
        except ConcurrencyConflict as conflict:
            if self.expected_version is None:
                raise
            raise StaleVersion(**conflict.details) from None

    def expect(self, unit: Unit, kind: type[Aggregate], id: str) -> None:
        """Go on only if it is at the version that the caller has seen."""
        if self.expected_version is not None:
            unit.edit(kind, id, expected_version=self.expected_version)


async def the_caller(
    request: Request,
    x_actor: Actor = "user:local",
    idempotency_key: CommandId = None,
    if_match: IfMatch = None,
) -> Caller:
    """Who changes something that is there."""
    ledger = await the_ledger(request)
    digest = await _digest(request) if idempotency_key else None
    return Caller(ledger, x_actor, idempotency_key, _version(if_match), digest)


async def the_beginner(request: Request, x_actor: Actor = "user:local", idempotency_key: CommandId = None) -> Caller:
    """Who begins something, or adds to what has no version to be looked at.

    Raises:
        InvalidInput: there is an If-Match, which nothing can match.
    """
    if "if-match" in request.headers:
        raise InvalidInput(summary="If-Match: nothing is changed here that could be at a version")
    return await the_caller(request, x_actor, idempotency_key)


TheCaller = Annotated[Caller, Depends(the_caller)]
TheBeginner = Annotated[Caller, Depends(the_beginner)]


def _version(if_match: str | None) -> int | None:
    found = re.search(r"\d+", if_match or "")
    return int(found[0]) if found else None


async def _digest(request: Request) -> str:
    """The same for the same command with the same arguments, however their JSON is written."""
    body = await request.body()
    try:
        arguments = orjson.loads(body or b"{}")
    except ValueError:  # refused as no JSON, or the business of an endpoint that reads something else
        arguments = body.decode("latin-1")
    return digest(request.method, encoded(below(request.scope)), arguments)
