"""A life of a project up to each of its statuses (domain.md 2.5), and arguments for each of its commands."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.project.events import ProjectCreated, ProjectCredentialAttached, ProjectStatusChanged
from workledger.domain.project.project import NEXT_STATUS

created = ProjectCreated(
    name="Apollo", repository_path="~/git/apollo", github_owner="acme", github_repo="apollo", stage="inbox"
)
credential_attached = ProjectCredentialAttached(credential_id="crd_1")

LIVES: dict[str, tuple[Event, ...]] = {
    status: (created, credential_attached, ProjectStatusChanged(previous="active", status=status))
    for status in NEXT_STATUS
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "change_details": ({"name": "Artemis"},),
    "change_config": ({"patch": {"max_turns": 7}},),
    "change_concurrency_limit": ({"limit": 1},),
    "link_repository": ({"url": "https://example.org/apollo.git"},),
    "link_github": ({"owner": "acme", "repo": "artemis"},),
    "unlink_github": ({},),
    "attach_credential": ({"credential_id": "crd_2"},),
    "detach_credential": ({},),
    "report_fetch": ({"head_sha": "c0ffee"},),
    "change_stage": ({"stage": "prd"},),
    "change_status": tuple({"status": status} for status in NEXT_STATUS),
    "delete": ({},),
}
"""Arguments for each of its commands."""
