"""A task: its aggregate, the card it is on the board, its dispatch to agents, and its events."""

from workledger.domain.task.task import Task as Task
