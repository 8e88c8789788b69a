"""The steps of a unit of work: each is taken whole or not at all, and on a conflict all are taken again."""

from collections.abc import Callable
from typing import Any, TypeVar

from workledger.domain.kernel.envelope import Context, current, within
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.working_set import WorkingSet

S = TypeVar("S")
Step = Callable[[], S]


class Steps:
    """Takes steps on a working set.

    Attributes:
        stepping: a step is being taken.
    """

    def __init__(self, working: WorkingSet) -> None:
        self.stepping = False
        self._working = working
        self._taken: list[tuple[Step[Any], Context]] = []

    def take(self, step: Step[S]) -> S:
        """Take a step. A step inside a step is part of it: only the outer one is noted."""
        if self.stepping:
            return step()
        self.stepping = True
        try:
            outcome = self._on_current_state(step)
        finally:
            self.stepping = False
        self._taken.append((step, current()))  # taken again under the actor and ids that it was first taken with
        return outcome

    def take_again(self) -> None:
        """Take every step again, on states that are loaded anew."""
        self._working.distrust()
        self._working.clear()
        inside, self.stepping = self.stepping, True
        try:
            for step, context in self._taken:
                with within(context):
                    step()
        finally:
            self.stepping = inside

    def _on_current_state(self, step: Step[S]) -> S:
        """What a step records is checked by the append. That it is refused or changes nothing is checked here."""
        recorded = len(self._working.recorded)
        try:
            outcome = self._whole(step)
            if len(self._working.recorded) > recorded or not self._working.outdated():
                return outcome
        except Refused:
            if not self._working.outdated():
                raise
        self.take_again()
        return self._whole(step)

    def _whole(self, step: Step[S]) -> S:
        mark = self._working.mark()
        try:
            return step()
        except BaseException:
            self._working.undo(mark)
            raise
