"""Apps: what an app that embeds workledger adds to it, and how commands find that: --app, or an entry point."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import workledger
from workledger.domain.kernel.refusals import Refused

if TYPE_CHECKING:
    from fastapi import APIRouter

    from workledger.domain.kernel.policy import Policy
    from workledger.projections.engine.fold.group import Group

ENTRY_POINTS = "workledger.apps"
"""The group of entry points by which installed packages name their App."""


class AppNotFound(Refused):
    """The app {name} cannot be loaded: {reason}."""

    code = "APP_NOT_FOUND"


@dataclass(frozen=True)
class App:
    """What an app adds to workledger, as a value that commands can load: `workledger status --app shop.ledger:APP`.

    Attributes:
        groups: of read tables, as `workledger.open` takes them: with ours, unless it does without.
        policies: as `workledger.open` takes them.
        routers: as `create_app` takes them.
    """

    groups: "Sequence[Group]" = field(default_factory=lambda: workledger.GROUPS)
    policies: "Sequence[Policy]" = field(default_factory=lambda: workledger.POLICIES)
    routers: Sequence["APIRouter"] = ()


def find_app(name: str | None) -> App | None:
    """The app of that name, or what all installed packages name as theirs; None when there is none.

    Args:
        name: `module:object`; the module may also lie in the current folder.

    Raises:
        AppNotFound: APP_NOT_FOUND, it cannot be imported, or is no App.
    """
    if name:
        return _checked(name, _imported(name))
    apps = [_checked(entry.value, _imported(entry.value)) for entry in entry_points(group=ENTRY_POINTS)]
    if not apps:
        return None
    return App(
        groups=tuple(dict.fromkeys(group for app in apps for group in app.groups)),
        policies=tuple(dict.fromkeys(policy for app in apps for policy in app.policies)),
        routers=[router for app in apps for router in app.routers],
    )


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    if not (module and attribute):
        raise AppNotFound(name=name, reason="give it as module:object, such as shop.ledger:APP")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return attrgetter(attribute)(import_module(module))
    except Exception as error:
        reason = (str(error).strip().splitlines() or [""])[0].rstrip(".")
        raise AppNotFound(name=name, reason=f"{type(error).__name__}: {reason}") from error


def _checked(name: str, found: Any) -> App:
    if not isinstance(found, App):
        raise AppNotFound(name=name, reason="it is not a workledger.App")
    return found
