"""All events of the domain: importing this module registers every topic, so that the whole log can be decoded."""

from workledger.domain import (  # noqa: F401
    agent,
    agent_log,
    agent_run,
    command_log,
    commit,
    import_source,
    initiative,
    phase,
    project,
    redaction,
    review_comment,
    session,
    session_feed,
    stage_run,
    task,
    tool_calls,
    workspace,
    worktree,
    write_operation,
)
