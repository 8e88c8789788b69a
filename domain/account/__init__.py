"""An account of a provider: its aggregate and its events."""

from workledger.domain.account.account import Account as Account
