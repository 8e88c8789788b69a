"""The HTTP doors as tests use them: what is written can be seen at once, and refusals say their code."""

from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from workledger import Workledger
from workledger.api.app import create_app
from workledger.api.web.service import Service

BASE = "http://127.0.0.1:8000"

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


class Doors:
    """A client of an app over a ledger."""

    def __init__(self, ledger: Workledger, app: FastAPI | None = None, prefix: str = "/api", **options: Any) -> None:
        self.ledger = ledger
        self.app = app or (create_app(ledger, **options) if options else app_over(ledger))
        self._reusable = app is None and not options
        self.client = TestClient(self.app, base_url=BASE, raise_server_exceptions=False)
        self.prefix = prefix

    def __enter__(self) -> "Doors":
        self.client.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.client.__exit__(*error)
        if self._reusable:
            _idle.append(self.app)

    def answer(self, method: str, path: str, **options: Any) -> Any:
        """The whole response."""
        return self.client.request(method, f"{self.prefix}/{path}", **options)

    def do(self, path: str, headers: dict[str, str] | None = None, /, **body: Any) -> Any:
        """Write, and get what the answer says."""
        answer = self.answer("POST", path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def see(self, path: str, /, **query: Any) -> Any:
        """Read, once everything that was written can be seen."""
        answer = self.answer("GET", path, params={"min_position": self.ledger.head(), **query})
        assert answer.is_success, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """The status and the code of a refusal."""
        answer = self.answer(method, path, **options)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        problem = answer.json()
        assert problem["status"] == answer.status_code
        return answer.status_code, problem["code"]

    def refuses(self, path: str, headers: dict[str, str] | None = None, /, **body: Any) -> tuple[int, str]:
        """The status and the code with which a write is refused."""
        return self.refused("POST", path, json=body, headers=headers)
