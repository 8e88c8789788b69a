"""Claude Code: the JSONL of its sessions becomes sessions, agents, runs, turns, tool calls and logs."""
