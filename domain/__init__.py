"""The language of the ledger, one module for each aggregate; its stored events stand beside it in `X_events`.

Portfolio: workspace, project. Planning: task (a card on the board, dispatched to agents). Delivery: commit, stage_run,
write_operation. Execution: agent, agent_run, tool_calls, agent_log, session, session_feed, worktree.

What follows by itself: policy, policies, and the queue that tasks are dispatched from.

The words they are written in: kernel, claims, refusals, ids, ranks, recorded. How they are kept: ledger, unit, store,
mapping, retention.
"""
