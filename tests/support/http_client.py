"""The client of workledger.testing as our own tests use it."""

from typing import Any

from fastapi import FastAPI

from workledger import Workledger
from workledger.testing.http import BASE, Client

__all__ = ["BASE", "Doors"]


class Doors(Client):
    """A client of an app over a ledger."""

    def __init__(self, ledger: Workledger, app: FastAPI | None = None, prefix: str = "/api", **options: Any) -> None:
        super().__init__(ledger, app, prefix=prefix, **options)

    answer, do, see = Client.request, Client.post, Client.get

    def refuses(self, path: str, headers: dict[str, str] | None = None, /, **body: Any) -> tuple[int, str]:
        """The status and the code with which a write is refused."""
        return self.refused("POST", path, json=body, headers=headers)
