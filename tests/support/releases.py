"""Another release, which declares tables differently and rebuilds them."""

import threading

import pytest

from workledger import Workledger
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.groups import GROUPS


def newer(*changed: str) -> list[Group]:
    """The groups of a release in which the tables of those that are named are declared differently."""
    groups = [Group(group.name, group.tables) for group in GROUPS]
    for group in groups:
        if group.name in changed:
            group.__dict__["fingerprint"] = "newer"
    return groups


def fingerprint(ledger: Workledger) -> str:
    return ledger.projector.checkpoints()[GROUPS[0]].fingerprint


class Held:
    """A rebuild that has begun and does not get on until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.go_on = threading.Event(), threading.Event()
        build = Rebuild.build

        def held(one: Rebuild, upto: int | None = None) -> object:
            if not one.suffix.endswith("scratch"):
                self.began.set()
                assert self.go_on.wait(60)
            return build(one, upto)

        monkeypatch.setattr(Rebuild, "build", held)
