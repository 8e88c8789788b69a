"""Commands over HTTP: an endpoint for each command of an aggregate, with its arguments as the body."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_origin, get_type_hints

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from workledger.api.web.answers import Json, tagged
from workledger.api.web.bodies import Body as Arguments
from workledger.api.web.bodies import model
from workledger.api.web.caller import Caller, TheBeginner, TheCaller
from workledger.api.web.documented import WRITES, Answers, Shape, answering, given_by
from workledger.api.web.ids import TheId
from workledger.api.web.rows import endpoint
from workledger.api.web.targets import encoded, segment
from workledger.domain.kernel.aggregate import Aggregate, New
from workledger.domain.kernel.refusals import CommandIdReused, EventsErased, NotFound
from workledger.domain.kernel.store import Receipt
from workledger.domain.kernel.unit import Unit

Begin = Callable[[Unit, dict[str, Any]], Any]
"""(unit, arguments): begins an aggregate in a unit of work."""

Step = Callable[[Caller, Unit, str, dict[str, Any]], Any]
"""(caller, unit, id, arguments): what a command does in a unit of work."""

Own = Mapping[str, tuple[Step, type[Arguments]]]
"""Commands that do more than call the method of the aggregate, each with its body."""

Shown = Callable[[Any, dict[str, Any]], Any]
"""(aggregate, arguments): what the answer to a command says of the aggregate as it is then."""


def whole(aggregate: Aggregate, arguments: dict[str, Any]) -> Any:
    """All its fields."""
    return aggregate.model_dump(mode="json")


def own_id(aggregate: Aggregate) -> str:
    """Its row has the same id."""
    return aggregate.id


HEADERS = ("X-Position", "ETag", "Idempotent-Replayed")


def receipt_shape(state: Shape) -> Shape:
    """What a command is answered with."""
    return {"id": str, "version": int, "position": int, "state": state}


def appended_shape(name: str) -> Answers:
    """What `appended` answers."""
    return Answers({name: int, "position": int}, 201, ["X-Position", "Idempotent-Replayed"], (*WRITES, 410))


def add_create(
    router: APIRouter,
    path: str,
    kind: type[Aggregate],
    begin: Begin,
    body: type[Arguments],
    row_id: Callable[[Any], str] = own_id,
) -> None:
    """Answer POST on a path by beginning an aggregate; `Location` leads to its row, whose id `row_id` gives."""

    def create(request: Request, caller: TheBeginner, arguments: Any) -> Response:
        with caller.unit() as unit:
            begin(unit, arguments.arguments())
        return _begun(caller, kind, unit, request.scope["path"], row_id)

    create.__doc__ = about(begin)
    answering(Answers(receipt_shape(kind), 201, [*HEADERS, "Location"], WRITES))(create)
    router.post(path, status_code=201, name=f"create {kind.CATEGORY}")(_taking(create, body))


def add(router: APIRouter, path: str, kind: type[Aggregate], own: Own, shown: Shown = whole) -> None:
    """Answer POST on `{path}/{command}` for every command of an aggregate, whose id is `{id}` in the path."""
    for name, method in kind.commands().items():
        step, body = own.get(name) or (step_of(kind, name), body_of(kind, name))
        beginning = get_origin(get_type_hints(method).get("return")) is New
        answered = _beginning(kind, step) if beginning else _command(kind, step, shown)
        answered.__doc__ = about(step) or about(method)
        address = f"{path}/{endpoint(name)}"
        status = 201 if beginning else 200
        said = receipt_shape(kind if shown is whole else given_by(shown))
        headers = [*HEADERS, "Location"] if beginning else HEADERS
        answering(Answers(said, status, headers, (*WRITES, 412)))(answered)
        router.post(address, status_code=status, name=f"{name} {kind.CATEGORY}")(_taking(answered, body))


def step_of(kind: type[Aggregate], name: str) -> Step:
    """The step that calls a method of the aggregate."""

    def step(caller: Caller, unit: Unit, id: str, arguments: dict[str, Any]) -> None:
        getattr(unit.edit(kind, id), name)(**arguments)

    return step


def body_of(kind: type[Aggregate], name: str, **extra: Any) -> type[Arguments]:
    """The body of a command: the arguments of its method, and what else is given as `create_model` takes it."""
    return model(kind.__name__ + name.title().replace("_", ""), getattr(kind, name), extra=extra)


def about(method: Callable[..., Any]) -> str:
    """What a command does, without how it is refused."""
    return (method.__doc__ or "").partition("Raises:")[0].strip()


def appended(caller: Caller, unit: Unit, name: str) -> Json:
    """The answer to an append that nobody decides about: its place in its stream, under that name.

    Raises:
        EventsErased: it is a repetition, and what was appended the first time has been erased since.
    """
    receipt = unit.receipt
    assert receipt is not None
    rows = caller.ledger.recorded_by(receipt)
    if not rows:
        raise EventsErased(position=receipt.position)
    return Json({name: rows[-1].version, "position": receipt.position}, 201, headers_of(receipt))


def told(caller: Caller, kind: type[Aggregate], id: str, unit: Unit) -> Json:
    """The answer to what a unit of work did to an aggregate that the caller has not named."""
    state = _after(caller, kind, id, unit)
    return _answer(unit, id, state, whole(state, {}))


def _command(kind: type[Aggregate], step: Step, shown: Shown) -> Callable[..., Response]:
    def command(id: TheId, caller: TheCaller, arguments: Any) -> Response:
        given = {} if arguments is None else arguments.arguments()
        with caller.unit() as unit:
            caller.expect(unit, kind, id)
            step(caller, unit, id, dict(given))
        state = _after(caller, kind, id, unit)
        return _answer(unit, id, state, shown(state, given))

    return command


def _beginning(kind: type[Aggregate], step: Step) -> Callable[..., Response]:
    """The endpoint of a command that begins another aggregate of its kind."""

    def command(id: TheId, request: Request, caller: TheCaller, arguments: Any) -> Response:
        with caller.unit() as unit:
            caller.expect(unit, kind, id)
            step(caller, unit, id, {} if arguments is None else arguments.arguments())
        return _begun(caller, kind, unit, request.scope["path"].rsplit("/", 2)[0])

    return command


def _taking(answered: Callable[..., Response], body: type[Arguments]) -> Callable[..., Response]:
    """An endpoint that takes that body; none need be sent when no field of it is required."""
    optional = not any(field.is_required() for field in body.model_fields.values())
    answered.__annotations__["arguments"] = Annotated[body | None, Body()] if optional else body
    answered.__defaults__ = (None,) if optional else None
    return answered


def _begun(caller: Caller, kind: type[Aggregate], unit: Unit, path: str, row_id: Callable[[Any], str] = own_id) -> Json:
    """The answer to what began an aggregate, whose row is found below that path."""
    assert unit.receipt is not None
    state = _after(caller, kind, caller.ledger.begun_by(kind, unit.receipt), unit)
    id = row_id(state)
    answer = _answer(unit, id, state, whole(state, {}), 201)
    answer.headers["Location"] = f"{encoded(path)}/{segment(id)}"
    return answer


def _after(caller: Caller, kind: type[Aggregate], id: str, unit: Unit) -> Aggregate:
    """The aggregate as it is now; as the command left it the first time, when it is repeated.

    Raises:
        CommandIdReused: the first time, it was another command.
    """
    receipt = unit.receipt
    assert receipt is not None
    if not receipt.repeated:
        try:
            state: Aggregate | None = unit.state(kind, id)
        except NotFound:
            state = caller.ledger.find_any(kind, id)
    else:
        versions = [row.version for row in caller.ledger.recorded_by(receipt) if row.stream_id == kind.stream(id)]
        if receipt.positions and not versions:
            raise CommandIdReused
        state = caller.ledger.find_any(kind, id, versions[-1] if versions else None)
    assert state is not None
    return state


def _answer(unit: Unit, id: str, state: Aggregate, shown: Any, status: int = 200) -> Json:
    receipt = unit.receipt
    assert receipt is not None
    body = {"id": id, "version": state.version, "position": receipt.position, "state": shown}
    return tagged(Json(body, status, headers_of(receipt)), state.version)


def headers_of(receipt: Receipt) -> dict[str, str]:
    """The headers that say what became of a command."""
    return {"X-Position": str(receipt.position)} | ({"Idempotent-Replayed": "true"} if receipt.repeated else {})
