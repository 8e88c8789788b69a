"""A session: its aggregate, its events and its refusals."""

from workledger.domain.session.session import Session as Session
