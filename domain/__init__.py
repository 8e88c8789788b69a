"""The domain: a module or folder for each aggregate, with its events and refusals.

Portfolio: workspace, project. Planning: task (a card on the board, dispatched to agents). Delivery: commit, stage_run,
write_operation. Execution: agent, agent_run, tool_calls, agent_log, session, session_feed, worktree.
Importers: import_source.

`kernel` has what aggregates are written with and stored by, `services` the decisions that span several of them,
`policies` the commands that follow from events.
"""
