"""A project: its aggregate, its events and its refusals."""

from workledger.domain.project.project import Project as Project
