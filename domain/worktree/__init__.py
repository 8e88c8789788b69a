"""A worktree, and what happens to it."""

from workledger.domain.worktree.worktree import Worktree as Worktree
