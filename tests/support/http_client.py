"""The client of workledger.testing as our own tests use it."""

from types import TracebackType
from typing import Any

from fastapi import FastAPI

from workledger import Workledger
from workledger.api.app import create_app
from workledger.api.web.service import Service
from workledger.testing.http import BASE, Client

__all__ = ["BASE", "Doors"]

_idle: list[FastAPI] = []
"""Apps whose clients have ended. All that ties one to a ledger is its service; making its routes anew for each test
took longer than the tests."""


def app_over(ledger: Workledger) -> FastAPI:
    """An app as `create_app` makes it without options: one that is idle, or a new one."""
    if not _idle:
        return create_app(ledger)
    app = _idle.pop()
    app.state.service = Service(ledger)
    return app


class Doors(Client):
    """A client of an app over a ledger."""

    def __init__(self, ledger: Workledger, app: FastAPI | None = None, prefix: str = "/api", **options: Any) -> None:
        self._reusable = app is None and not options
        super().__init__(ledger, app_over(ledger) if self._reusable else app, prefix=prefix, **options)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._reusable:
            _idle.append(self.app)

    answer, do, see = Client.request, Client.post, Client.get

    def refuses(self, path: str, headers: dict[str, str] | None = None, /, **body: Any) -> tuple[int, str]:
        """The status and the code with which a write is refused."""
        return self.refused("POST", path, json=body, headers=headers)
