"""A session, and what happens to it."""

from workledger.domain.session.session import Session as Session
