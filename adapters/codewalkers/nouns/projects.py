"""Projects and accounts."""

from workledger.adapters.codewalkers.noun import Noun, Step
from workledger.adapters.codewalkers.rows import Row
from workledger.domain.account import Account
from workledger.domain.account.events import (
    AccountConfigChanged,
    AccountCredentialsRefreshed,
    AccountExhausted,
    AccountExhaustionCleared,
    AccountRegistered,
    AccountReordered,
    AccountUsed,
)
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.mapping import format_timestamp
from workledger.domain.kernel.refusals import Refused
from workledger.domain.project import Project
from workledger.domain.project.events import (
    ProjectCreated,
    ProjectDetailsChanged,
    ProjectFetched,
    ProjectRepositoryLinked,
)


def distinct(name: str, id: str) -> str:
    """A name that is taken, with the end of the row's id behind it."""
    return f"{name}-{id[-6:]}"


class Projects(Noun):
    """A project is a repository; its name and its URL are unique."""

    table, kind, what = "projects", Project, "projects"
    follows = frozenset(("name", "url", "default_branch", "last_fetched_at"))

    def created(self, row: Row) -> Event:
        return ProjectCreated(name=row["name"], repository_url=row["url"] or None, default_branch=row["default_branch"])

    def follow(self, step: Step) -> None:
        row = step.row
        if step.differs("name"):
            step.happen(ProjectDetailsChanged(name=row["name"]))
        changed = row.changed is not None and row.has_changed("url", "default_branch")
        if changed and row["url"]:
            step.happen(ProjectRepositoryLinked(repository_url=row["url"], default_branch=row["default_branch"]))
        if row.has_changed("last_fetched_at") and row["last_fetched_at"]:
            step.happen(ProjectFetched(), at=row["last_fetched_at"])

    def again(self, step: Step) -> Event:
        return ProjectDetailsChanged(name=step.state.name)

    def amended(self, row: Row, refused: Refused, ledger: Ledger) -> Row | None:
        key = str(refused.details.get("key"))
        if key.startswith("project_name:"):
            other = distinct(row["name"], row.key)
            return row.amended("projects.name: names that another project has (the id's end is added)", name=other)
        if key.startswith("project_url:"):
            return row.amended("projects.url: addresses that another project has (left out)", url="")
        return super().amended(row, refused, ledger)


class Accounts(Noun):
    """An account; of its settings and credentials there is a digest, and where they are."""

    table, kind, what = "accounts", Account, "accounts"
    follows = frozenset(("config_json", "credentials", "is_exhausted", "exhausted_until", "last_used_at", "sort_order"))

    def created(self, row: Row) -> Event:
        return AccountRegistered(email=row["email"], provider=row["provider"], sort_order=row["sort_order"])

    def follow(self, step: Step) -> None:
        row, account = step.row, step.state
        if step.differs("config_json", "config_fingerprint"):
            step.happen(AccountConfigChanged(secret_ref=_place(row, "config"), fingerprint=row["config_json"]))
        if step.differs("credentials", "credentials_fingerprint") and row["credentials"]:
            refreshed = AccountCredentialsRefreshed(
                secret_ref=_place(row, "credentials") or "", fingerprint=row["credentials"]
            )
            step.happen(refreshed)
        if row.has_changed("is_exhausted", "exhausted_until"):
            until = row["exhausted_until"] and format_timestamp(row["exhausted_until"])
            if row["is_exhausted"] and (account.is_exhausted, account.exhausted_until) != (True, until):
                step.happen(AccountExhausted(until=until))
            elif account.is_exhausted and not row["is_exhausted"]:
                step.happen(AccountExhaustionCleared(reason="manual"))
        if row.has_changed("last_used_at") and row["last_used_at"]:
            step.happen(AccountUsed(last_used_at=format_timestamp(row["last_used_at"])))
        if step.differs("sort_order"):
            step.happen(AccountReordered(sort_order=row["sort_order"]))

    def again(self, step: Step) -> Event:
        return AccountReordered(sort_order=step.state.sort_order)


def _place(row: Row, part: str) -> str | None:
    """Where the secret is; None when there is none."""
    there = row["config_json"] if part == "config" else row["credentials"]
    return f"codewalkers:accounts/{row.key}#{part}" if there else None
