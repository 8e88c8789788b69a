"""The event-sourced record of what AI coding agents do: `with workledger.open("sqlite:///work.db") as ledger: …`."""

from workledger.adapters.bootstrap import Workledger, open  # noqa: A004
from workledger.domain.refusals import Refused

__all__ = ["Refused", "Workledger", "open"]
