"""Every event there is: once this is imported, whatever the log holds can be read."""

from workledger.domain import (  # noqa: F401
    agent_events,
    agent_log_events,
    agent_run_events,
    card_events,
    commit_events,
    import_source_events,
    project_events,
    session_events,
    session_feed_events,
    stage_run_events,
    task_events,
    tool_calls_events,
    workspace_events,
    worktree_events,
    write_operation_events,
)
