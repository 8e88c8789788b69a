"""Owners of dead letters: groups of read tables and policies, by the name that their letters are kept under."""

from dataclasses import dataclass

import typer

from workledger import Workledger
from workledger.api.commandline.react import policies
from workledger.domain.kernel.refusals import Refused
from workledger.domain.policies import Policy
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow import replay
from workledger.projections.engine.follow.replay import DeadLetterNotFound, Replayed
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.subscription import checkpoint_name
from workledger.projections.engine.rebuild.shadow import OLD, SCRATCH, SHADOW
from workledger.projections.engine.state import dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter


class OwnerUnknown(Refused):
    """{name} is no group or policy of this ledger; name the app that has it with --app."""

    code = "DEAD_LETTER_OWNER_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Owners:
    """The groups and policies of a ledger. Dead letters may also belong to those of an app that was not named."""

    ledger: Workledger

    def letters(self) -> list[DeadLetter]:
        """All dead letters in the order of the log, but those of tables that are not read: the previous ones, and
        those that a rebuild is making."""
        with self.ledger.tables.engine.connect() as connection:
            found = dead_letters.find(connection)
        return [letter for letter in found if not letter.name.endswith((OLD, SHADOW, SCRATCH))]

    def letter(self, name: str, position: int) -> DeadLetter:
        """
        Raises:
            DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
        """
        with self.ledger.tables.engine.connect() as connection:
            for letter in dead_letters.find(connection, name):
                if letter.position == position:
                    return letter
        raise DeadLetterNotFound(name=name, position=position)

    def known(self) -> dict[str, Group | Policy]:
        """Those whose dead letters can be retried here, by name."""
        groups: dict[str, Group | Policy] = {group.name: group for group in self.ledger.groups}
        return groups | {checkpoint_name(policy): policy for policy in policies(self.ledger, dispatch=True)}

    def retry(self, name: str, position: int | None = None) -> Replayed:
        """Retry the dead letters of one owner: all, or those of the stream of the event at a position.

        Raises:
            DeadLetterNotFound: DEAD_LETTER_NOT_FOUND, there is none at that position.
            OwnerUnknown: DEAD_LETTER_OWNER_UNKNOWN, they belong to a group or policy of an app that was not named.
            typer.BadParameter: there is no such owner.
        """
        owner = self._find(name, position)
        if isinstance(owner, Policy):
            return Reactor(self.ledger, self.ledger.tables, [owner]).retry(owner, position=position)
        return replay.retry(self.ledger.store, self.ledger.tables, owner, position=position)

    def drop(self, name: str, position: int) -> Replayed:
        """Drop a dead letter, and process those that wait behind it.

        Raises:
            DeadLetterNotFound: DEAD_LETTER_NOT_FOUND, there is none at that position.
            OwnerUnknown: DEAD_LETTER_OWNER_UNKNOWN, it belongs to a group or policy of an app that was not named.
        """
        owner = self._find(name, position)
        if isinstance(owner, Policy):
            return Reactor(self.ledger, self.ledger.tables, [owner]).drop(owner, position)
        return replay.drop(self.ledger.store, self.ledger.tables, owner, position)

    def _find(self, name: str, position: int | None) -> Group | Policy:
        known = self.known()
        if name in known:
            return known[name]
        if position is not None:
            self.letter(name, position)
        if any(letter.name == name for letter in self.letters()):
            raise OwnerUnknown(name=name)
        raise typer.BadParameter(
            f"Unknown group {name}; the groups and policies are {', '.join(known)}", param_hint="GROUP"
        )
