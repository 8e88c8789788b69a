"""Processes: what is measured runs in processes of its own, which begin with everything imported."""

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from workledger.domain.kernel.refusals import Refused

P = ParamSpec("P")
R = TypeVar("R")

METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
CONTEXT: Any = multiprocessing.get_context(METHOD)
CONTEXT.set_forkserver_preload(["workledger.adapters.bootstrap", "workledger.adapters.simulation.workload"])


PATIENCE = 900.0
"""Seconds in which a process says something, unless it hangs."""


class MeasuringFailed(Refused):
    """A process of the benchmark failed: {reason}"""

    code = "BENCHMARK_FAILED"


class Part:
    """A function that runs in a process of its own, which ends with the block; it talks over its first argument."""

    def __init__(self, function: Callable[..., None], *arguments: Any) -> None:
        self._pipe, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_play, args=(theirs, function, arguments))
        _begin()
        self._process.start()
        theirs.close()

    def say(self, what: Any) -> None:
        self._pipe.send(what)

    def hear(self) -> Any:
        """What it says next.

        Raises:
            MeasuringFailed: it failed.
        """
        if not self._pipe.poll(PATIENCE):
            raise MeasuringFailed(reason="it hangs")
        try:
            well, said = self._pipe.recv()
        except EOFError:
            raise MeasuringFailed(reason="it ended") from None
        if not well:
            raise MeasuringFailed(reason=said)
        return said

    def end(self) -> None:
        self._pipe.close()
        self._process.terminate()
        self._process.join()


def _begin() -> None:
    """Ctrl-C is for this process, not for those that it starts."""
    if METHOD == "forkserver":
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            forkserver.ensure_running()
        finally:
            signal.signal(signal.SIGINT, before)


class Line:
    """How a part talks to who started it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def say(self, what: Any) -> None:
        self._pipe.send((True, what))

    def hear(self) -> Any:
        return self._pipe.recv()

    def waiting(self) -> bool:
        """Whether something was said that has not been heard."""
        return self._pipe.poll()


def _play(pipe: Connection, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    try:
        function(Line(pipe), *arguments)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        """Nobody listens any more."""
    except Exception as error:
        reason = (str(error).strip().splitlines() or [""])[0]
        pipe.send((False, f"{type(error).__name__}: {reason}"))


def apart(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the function returns, run in a process of its own.

    Raises:
        MeasuringFailed: it failed.
    """
    part = Part(_answer, function, args, kwargs)
    try:
        return part.hear()  # type: ignore[no-any-return]
    finally:
        part.end()


def _answer(line: Line, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    line.say(function(*args, **kwargs))


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
