"""Lives of aggregates: any command in any order, and what must hold whatever is asked."""

from contextlib import suppress
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.claims import Release, Take
from workledger.domain.kernel.refusals import Refused

Commands = tuple[tuple[str, dict[str, Any]], ...]


class Life(RuleBasedStateMachine):
    """An aggregate that commands are tried on, and all that has come of them."""

    edges: set[tuple[str, str]]
    state: Any

    def where(self, state: Any) -> str:
        """The state of its machine."""
        return str(state.status)

    def begin(self, state: Aggregate, events: list[Event]) -> None:
        self.state, self.history, self.held = state, list(events), set[str]()
        before = None
        for event in events:
            self.settle(event, before)
            before = type(state).fold(state.id, [event], before)

    def lead(self, status: str, commands: Commands) -> None:
        """Lead the life to that status."""
        for command, arguments in commands:
            assert self.attempt(command, once=False, **arguments), command
        assert self.where(self.state) == status

    def settle(self, event: Event, before: Any) -> None:
        for claim in event.claims(before, self.state.id):
            match claim:
                case Take(key=key):
                    self.held.add(key)
                case Release(key=key):
                    self.held.discard(key)

    def attempt(self, command: str, *, once: bool = True, **arguments: Any) -> list[Event] | None:
        """The events of a command that was accepted. Asked again at once, it has nothing new to say."""
        try:
            events: list[Event] = getattr(self.state, command)(**arguments)
        except Refused:
            return None
        for event in events:
            before = self.state
            self.settle(event, before)
            self.state = before.after(event)
            self.history.append(event)
            step = self.where(before), self.where(self.state)
            assert step[0] == step[1] or step in self.edges or self.state.deleted
        if once:
            with suppress(Refused):
                assert getattr(self.state, command)(**arguments) == []
        return events

    @invariant()
    def what_is_stored_gives_the_same_state(self) -> None:
        stored = [(type(event), event.payload()) for event in self.history]
        loaded = [kind.load(payload, kind.VERSION) for kind, payload in stored]
        assert type(self.state).fold(self.state.id, loaded) == self.state

    @invariant()
    def a_snapshot_gives_the_same_state(self) -> None:
        assert type(self.state).model_validate(self.state.model_dump(mode="json")) == self.state
