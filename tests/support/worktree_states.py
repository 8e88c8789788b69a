"""A life of a worktree up to each of its ten states (domain.md 2.4)."""

from datetime import UTC, datetime
from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.worktree.events import (
    WorktreeChanged,
    WorktreeCheckedOut,
    WorktreeCommitStarted,
    WorktreeCommitted,
    WorktreeCreated,
    WorktreeFailed,
    WorktreeInitialized,
    WorktreeMergeConflicted,
    WorktreeMerged,
    WorktreeMergeStarted,
    WorktreeRemoved,
    WorktreeSetupStepCompleted,
)

created = WorktreeCreated(project_id="p", branch="feature/parser", path=".worktrees/parser")
checked_out = WorktreeCheckedOut()
env_copied = WorktreeSetupStepCompleted(step="env_copied")
initialized = WorktreeInitialized()
changed = WorktreeChanged(files=("parser.py",))
commit_started = WorktreeCommitStarted(message="Parse it.")
committed = WorktreeCommitted(sha="c0ffee", message="Parse it.")
merge_started = WorktreeMergeStarted(target="main", strategy="merge", merge_base="ba5e")
conflicted = WorktreeMergeConflicted(files=("parser.py",))
merged = WorktreeMerged(merge_sha="5ea1ed")
removed = WorktreeRemoved(branch_pruned=False, reason="merged")
failed = WorktreeFailed(operation="commit", error="The hook said no.", recoverable=True)

DIRTY = (created, checked_out, env_copied, initialized, changed)
MERGING = (*DIRTY, commit_started, committed, merge_started)

LIVES: dict[str, tuple[Event, ...]] = {
    "creating": (created,),
    "initializing": (created, checked_out, env_copied),
    "active": (*DIRTY, commit_started, committed),
    "dirty": DIRTY,
    "committing": (*DIRTY, commit_started),
    "merging": MERGING,
    "conflict": (*MERGING, conflicted),
    "removing": (*MERGING, merged),
    "removed": (*MERGING, merged, removed),
    "error": (*DIRTY, commit_started, failed),
}

OTHERS: dict[str, tuple[tuple[Event, ...], ...]] = {
    "error": tuple((*LIVES[state], failed) for state in ("creating", "initializing", "active", "removing")),
}
"""Failures of other operations, which are taken up elsewhere."""

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "check_out": ({},),
    "complete_setup_step": ({"step": "deps_installed"},),
    "initialize": ({},),
    "report_change": ({"files": ("lexer.py",)},),
    "start_commit": ({"message": "Lex it."},),
    "complete_commit": ({"sha": "deed"},),
    "start_merge": ({"merge_base": "f00d"},),
    "complete_merge": ({"merge_sha": "feed"},),
    "report_conflict": ({"files": ("lexer.py",)},),
    "resolve_conflict": ({"resolution": "ours"},),
    "abort_merge": ({},),
    "remove": ({}, {"force": True}),
    "complete_removal": ({},),
    "fail": ({"operation": "work", "error": "The disk is full."},),
    "retry": ({},),
    "mark_stale": ({"last_activity": datetime(2026, 11, 1, 6, tzinfo=UTC)},),
}
"""Arguments for each of its commands; changes that are not committed keep it, unless its removal is forced."""
