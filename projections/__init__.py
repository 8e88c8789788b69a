"""The read tables, in groups that agree, and what keeps them up with the log.

board: workspaces, projects, tasks and their edges and counts, agents, runs, sessions, worktrees, stage runs,
write operations, commits. tool_calls, agent_logs and session_feed stand alone: they are large, and nothing on the
board waits for them.
"""
