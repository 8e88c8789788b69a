"""Claude Code: the JSONL of its sessions becomes sessions, agents, runs, turns, tool calls and logs."""

from workledger.adapters.claude_code.importer import import_claude_code

__all__ = ["import_claude_code"]
