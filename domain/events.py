"""Every event there is: once this is imported, whatever the log holds can be read."""

from workledger.domain import (  # noqa: F401
    agent,
    agent_log,
    agent_run,
    commit,
    import_source,
    project,
    session,
    session_feed,
    stage_run,
    task,
    tool_calls,
    workspace,
    worktree,
    write_operation,
)
