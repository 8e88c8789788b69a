"""Dependencies of tasks on tasks, and of phases on phases: none on itself, and no cycle (domain.md 3.3, X14)."""

from typing import Protocol

from workledger.domain.kernel.aggregate import Aggregate, Peers
from workledger.domain.kernel.refusals import Refused


class DependencySelf(Refused):
    """A {kind} cannot depend on itself."""

    code = "DEPENDENCY_SELF"
    status = 400


class DependencyCycle(Refused):
    """The {kind} to depend on already depends on this one; a cycle could never start."""

    code = "DEPENDENCY_CYCLE"


class Dependent(Protocol):
    """What may depend on others of its kind."""

    @property
    def depends_on(self) -> tuple[str, ...]: ...


def check_not_itself(kind: type[Aggregate], id: str, depends_on_id: str) -> None:
    """
    Raises:
        DependencySelf: DEPENDENCY_SELF.
    """
    if depends_on_id == id:
        raise DependencySelf(kind=kind.CATEGORY, **{f"{kind.CATEGORY}_id": id})


def check_no_cycle(before: Aggregate, id: str, depends_on_id: str, peers: Peers) -> None:
    """Everything that is read is pinned: an edge that another writer adds there makes the append conflict.

    Raises:
        DependencyCycle: DEPENDENCY_CYCLE, the new dependency depends on it, directly or not.
    """
    kind = type(before)
    ahead, seen = [depends_on_id], set[str]()
    while ahead:
        one = ahead.pop()
        if one == id:
            about = {f"{kind.CATEGORY}_id": id, f"depends_on_{kind.CATEGORY}_id": depends_on_id}
            raise DependencyCycle(kind=kind.CATEGORY, **about)
        if one not in seen:
            seen.add(one)
            peer: Dependent | None = peers.find(kind, one)  # type: ignore[assignment]
            ahead.extend(peer.depends_on if peer else ())
