"""A phase: its aggregate, its events and its refusals."""

from workledger.domain.phase.phase import Phase as Phase
