"""How a worktree refuses a command (AgentPane, domain.md 2.4 and 5.2)."""

from workledger.domain.kernel.refusals import InvalidTransition, NameTaken, NotFound, Refused


class WorktreeNotFound(NotFound):
    """There is no such worktree."""

    code = "WORKTREE_NOT_FOUND"


class WorktreeBranchExists(Refused):
    """Another worktree has the branch {branch}."""

    code = "WORKTREE_BRANCH_EXISTS"


class WorktreePathTaken(NameTaken):
    """Another worktree is at {path}."""


class WorktreeInUse(Refused):
    """The task of this worktree has a live run; stop it first."""

    code = "AGENT_ALREADY_RUNNING"


class WorktreeInvalidTransition(InvalidTransition):
    """A worktree that is {state} does not accept {command}."""

    code = "WORKTREE_INVALID_TRANSITION"


class WorktreeDirty(Refused):
    """This worktree has uncommitted changes."""

    code = "WORKTREE_DIRTY"
    status = 400


class WorktreeMergeConflict(Refused):
    """The merge of this worktree has conflicts; resolve them or abort it."""

    code = "WORKTREE_MERGE_CONFLICT"


class WorktreeCreationFailed(Refused):
    """This worktree could not be created: {error}"""

    code = "WORKTREE_CREATION_FAILED"


class WorktreeEnvCopyFailed(Refused):
    """The environment of this worktree could not be copied: {error}"""

    code = "WORKTREE_ENV_COPY_FAILED"


class WorktreeInitScriptFailed(Refused):
    """The setup script of this worktree failed: {error}"""

    code = "WORKTREE_INIT_SCRIPT_FAILED"


class WorktreeRemovalFailed(Refused):
    """This worktree could not be removed: {error}"""

    code = "WORKTREE_REMOVAL_FAILED"
