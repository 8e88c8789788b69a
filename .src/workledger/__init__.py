"""The event-sourced record of what AI coding agents do: `with workledger.open("sqlite:///work.db") as ledger: …`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workledger.adapters.bootstrap import Workledger, open  # noqa: A004
    from workledger.domain.kernel.refusals import Refused

__all__ = ["Refused", "Workledger", "open"]


def __getattr__(name: str) -> Any:
    """These are imported when they are asked for, so that the command line begins, and may be interrupted, at once."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workledger.adapters import bootstrap
    from workledger.domain.kernel import refusals

    return getattr(refusals if name == "Refused" else bootstrap, name)
