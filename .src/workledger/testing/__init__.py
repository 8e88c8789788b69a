"""Tests of an app: given what happened, when a command comes, then this happens, is refused, or shows in a table.

`given` needs pytest only for how failures are shown. `workledger.testing.http` has a client of the HTTP API, and
`workledger.testing.fixtures` is a plugin of pytest with a `ledger`. Install them with `workledger[testing]`.
"""

from workledger.testing.given import given

__all__ = ["given"]
