"""A task: its aggregate, the card it is on the board, its dispatch to agents, its events and its refusals."""

from workledger.domain.task.task import Task as Task
