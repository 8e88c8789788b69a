"""Commands: methods of an aggregate that check their arguments, then its state, and then return events."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

from pydantic import ConfigDict, ValidationError, validate_call

from workledger.domain.kernel.new import New
from workledger.domain.kernel.refusals import InvalidInput, Refused

P = ParamSpec("P")
R = TypeVar("R")

ANY = ("*",)
"""All states."""


class Command(Protocol):
    """What can be read from a command: the states it is declared for."""

    is_command: bool
    when: tuple[str, ...]
    unless: tuple[str, ...]
    repeat: tuple[str, ...]


@overload
def command(method: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def command(
    *, when: str | tuple[str, ...] = ANY, unless: str | tuple[str, ...] = (), repeat: str | tuple[str, ...] = ()
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def command(
    method: Callable[P, R] | None = None,
    /,
    *,
    when: str | tuple[str, ...] = ANY,
    unless: str | tuple[str, ...] = (),
    repeat: str | tuple[str, ...] = (),
) -> Any:
    """A method whose arguments are checked against its annotations, and whose aggregate's state is checked before it
    decides. In any other state than those declared it is refused with the aggregate's `refusal`.

    Args:
        when: the states in which it may be called.
        unless: the states in which it has already taken effect: it records nothing.
        repeat: the states in which the same call may be repeated with the same arguments: it records nothing, and is
            refused when the method returns an event.

    Raises:
        InvalidInput: VALIDATION_ERROR, with one entry for each invalid argument.
    """
    if method is None:
        return lambda method: _command(method, _states(when), _states(unless), _states(repeat))
    return _command(method, ANY, (), ())


def _command(
    method: Callable[P, R], when: tuple[str, ...], unless: tuple[str, ...], repeat: tuple[str, ...]
) -> Callable[P, R]:
    guarded = method if when == ANY and not unless else _guarded(method, when, unless, repeat)
    checked = validate_call(config=ConfigDict(defer_build=True))(guarded)

    @wraps(method)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            decided = checked(*args, **kwargs)
        except ValidationError as error:
            raise InvalidInput.from_pydantic(error) from None
        if isinstance(decided, New):
            decided.asked = (method.__name__, args[1:], kwargs)
        return decided

    vars(run).update(is_command=True, when=when, unless=unless, repeat=repeat)
    return cast(Callable[P, R], run)


def _guarded(
    method: Callable[P, R], when: tuple[str, ...], unless: tuple[str, ...], repeat: tuple[str, ...]
) -> Callable[P, R]:
    name = method.__name__

    @wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        aggregate: Any = args[0]
        state = aggregate.machine_state()
        if state in unless:
            return cast(R, [])
        if when == ANY or state in when:
            return method(*args, **kwargs)
        refused: Refused = aggregate.refusal(name)
        if repeat != ANY and state not in repeat:
            raise refused
        if events := method(*args, **kwargs):
            raise refused
        return events

    return guarded


def _states(named: str | tuple[str, ...]) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else tuple(named)
