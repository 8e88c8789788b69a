"""A worktree: its aggregate, its events and its refusals."""

from workledger.domain.worktree.worktree import Worktree as Worktree
