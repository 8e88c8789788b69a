"""The event-sourced record of what AI coding agents do: `with workledger.open("sqlite:///work.db") as ledger: …`.

What is exported here, and by the modules `columns`, `fields`, `http` and `testing` beside it, is stable: it changes
with a new major version only. So do the aggregates `workledger.domain.project.Project` and their like, and the query
functions of `workledger.projections`. All else may move.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workledger.adapters.aio.ledger import AsyncLedger, aopen
    from workledger.adapters.aio.unit import AsyncUnit
    from workledger.adapters.bootstrap import Workledger, open  # noqa: A004
    from workledger.api.commandline.apps import App
    from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, command
    from workledger.domain.kernel.claims import Claim, Limit, Release, Require, Take, Vacancy, key_of, releases
    from workledger.domain.kernel.envelope import Recorded
    from workledger.domain.kernel.policy import Policy, Reaction
    from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused
    from workledger.domain.kernel.unit import Unit
    from workledger.domain.policies import POLICIES
    from workledger.projections.engine.fold.group import Group
    from workledger.projections.engine.table import Table
    from workledger.projections.groups import GROUPS

__all__ = [
    "GROUPS",
    "POLICIES",
    "Aggregate",
    "App",
    "AsyncLedger",
    "AsyncUnit",
    "Claim",
    "Created",
    "Deleted",
    "Event",
    "Group",
    "InvalidTransition",
    "Limit",
    "New",
    "NotFound",
    "Policy",
    "Reaction",
    "Recorded",
    "Refused",
    "Release",
    "Require",
    "Table",
    "Take",
    "Unit",
    "Vacancy",
    "Workledger",
    "aopen",
    "command",
    "key_of",
    "open",
    "releases",
]

_MODULES = {
    "adapters.aio.ledger": ("AsyncLedger", "aopen"),
    "adapters.aio.unit": ("AsyncUnit",),
    "adapters.bootstrap": ("Workledger", "open"),
    "api.commandline.apps": ("App",),
    "domain.kernel.aggregate": ("Aggregate", "Created", "Deleted", "Event", "New", "command"),
    "domain.kernel.claims": ("Claim", "Limit", "Release", "Require", "Take", "Vacancy", "key_of", "releases"),
    "domain.kernel.envelope": ("Recorded",),
    "domain.kernel.policy": ("Policy", "Reaction"),
    "domain.kernel.refusals": ("InvalidTransition", "NotFound", "Refused"),
    "domain.kernel.unit": ("Unit",),
    "domain.policies": ("POLICIES",),
    "projections.engine.fold.group": ("Group",),
    "projections.engine.table": ("Table",),
    "projections.groups": ("GROUPS",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Names are imported when they are asked for: `import workledger` itself loads nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
