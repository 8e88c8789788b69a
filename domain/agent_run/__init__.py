"""A run of an agent: its aggregate and its events."""

from workledger.domain.agent_run.agent_run import AgentRun as AgentRun
