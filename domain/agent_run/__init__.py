"""A run of an agent, and what happens to it."""

from workledger.domain.agent_run.agent_run import AgentRun as AgentRun
