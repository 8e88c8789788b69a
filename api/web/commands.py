"""Commands over HTTP: an endpoint for each command of an aggregate, with its arguments as the body."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from workledger.api.web.answers import Json
from workledger.api.web.bodies import Body as Arguments
from workledger.api.web.bodies import model
from workledger.api.web.deps import Caller, TheCaller, TheId
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.refusals import CommandIdReused, NotFound
from workledger.domain.kernel.unit import Unit

Step = Callable[[Caller, Unit, str, dict[str, Any]], Any]
"""(caller, unit, id, arguments): what a command does in a unit of work."""


def add(router: APIRouter, kind: type[Aggregate], **own: tuple[Step, type[Arguments]]) -> None:
    """Answer POST on `/{id}/{command}` for every command of an aggregate.

    Args:
        own: commands that take more than the aggregate, each with its body.
    """
    for name, method in kind.commands().items():
        step, body = own.get(name) or (_step(kind, name), model(_title(kind, name), method))
        _add_command(router, kind, name, step, body)


def add_create(
    router: APIRouter, kind: type[Aggregate], begin: Callable[[Unit, dict[str, Any]], Any], body: type[Arguments]
) -> None:
    """Answer POST on the router's own path by beginning an aggregate, which `begin` returns."""

    @router.post("", status_code=201, name=f"create {kind.CATEGORY}")
    def create(request: Request, caller: TheCaller, arguments: body) -> Response:  # type: ignore[valid-type]
        id = ""
        with caller.unit() as unit:
            id = begin(unit, arguments.arguments()).id  # type: ignore[attr-defined]
        assert unit.receipt is not None
        if unit.receipt.repeated:
            id = caller.ledger.begun_by(kind, unit.receipt)
        answer = _answer(caller, kind, id, unit, status=201)
        answer.headers["Location"] = f"{request.url.path}/{id}"
        return answer


def _add_command(router: APIRouter, kind: type[Aggregate], name: str, step: Step, body: type[Arguments]) -> None:
    optional = not any(field.is_required() for field in body.model_fields.values())

    def command(id: TheId, caller: TheCaller, arguments: Any) -> Response:
        with caller.unit() as unit:
            caller.expect(unit, kind, id)
            step(caller, unit, id, {} if arguments is None else arguments.arguments())
        return _answer(caller, kind, id, unit)

    given = Annotated[body | None, Body()] if optional else body
    command.__annotations__["arguments"] = given
    command.__defaults__ = (None,) if optional else None
    command.__doc__ = (kind.commands()[name].__doc__ or "").partition("Raises:")[0].strip()
    path = f"/{{id}}/{name.replace('_', '-')}"
    router.post(path, name=f"{name} {kind.CATEGORY}")(command)


def _step(kind: type[Aggregate], name: str) -> Step:
    def step(caller: Caller, unit: Unit, id: str, arguments: dict[str, Any]) -> None:
        getattr(unit.edit(kind, id), name)(**arguments)

    return step


def _answer(caller: Caller, kind: type[Aggregate], id: str, unit: Unit, status: int = 200) -> Json:
    """How the aggregate is now; as the command left it the first time, when it is repeated."""
    receipt = unit.receipt
    assert receipt is not None
    headers = {"X-Position": str(receipt.position)}
    if not receipt.repeated:
        state = _state(caller, kind, id, unit)
    else:
        headers["Idempotent-Replayed"] = "true"
        versions = [row.version for row in caller.ledger.recorded_by(receipt) if row.stream_id == kind.stream(id)]
        if receipt.positions and not versions:
            raise CommandIdReused
        state = caller.ledger.find_any(kind, id, versions[-1] if versions else None)
    assert state is not None
    headers["ETag"] = f'"{state.version}"'
    body = {
        "id": id,
        "version": state.version,
        "position": receipt.position,
        "state": state.model_dump(mode="json"),
    }
    return Json(body, status, headers)


def _state(caller: Caller, kind: type[Aggregate], id: str, unit: Unit) -> Aggregate | None:
    try:
        return unit.state(kind, id)
    except NotFound:
        return caller.ledger.find_any(kind, id)


def _title(kind: type[Aggregate], name: str) -> str:
    return kind.__name__ + name.title().replace("_", "")


def appended(caller: Caller, unit: Unit, name: str) -> Json:
    """The answer to an append that nobody decides about: its place in its stream, under that name."""
    receipt = unit.receipt
    assert receipt is not None
    [row] = caller.ledger.read(receipt.position - 1, 1)
    headers = {"X-Position": str(receipt.position)} | ({"Idempotent-Replayed": "true"} if receipt.repeated else {})
    return Json({name: row.version, "position": receipt.position}, 201, headers)
