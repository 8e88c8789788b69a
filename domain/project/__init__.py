"""A project, and what happens to it."""

from workledger.domain.project.project import Project as Project
