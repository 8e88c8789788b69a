"""A client of the HTTP API without a server: what it wrote, it can read at once; refusals say their status and code.

It needs the packages of `workledger[testing]`.
"""

from types import TracebackType
from typing import Any, Self

from fastapi import FastAPI
from starlette.testclient import TestClient

from workledger.adapters.bootstrap import Workledger
from workledger.api.app import create_app

BASE = "http://127.0.0.1:8000"

OF_THE_SERVICE = ("health", "ready", "errors", "openapi.json")
"""What reads no tables, and waits for none."""


class Client:
    """A client of an app over a ledger; the app is at work inside its `with` block.

    Args:
        app: one that serves the ledger, or has mounted one that does; otherwise `create_app(ledger, **options)`.
        prefix: under which the API is.
        options: of `create_app`, such as `routers`.
    """

    def __init__(self, ledger: Workledger, app: FastAPI | None = None, *, prefix: str = "/api", **options: Any) -> None:
        self.ledger, self.prefix = ledger, prefix
        self.app = app or create_app(ledger, **options)
        self.client = TestClient(self.app, base_url=BASE, raise_server_exceptions=False)

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.__exit__(kind, error, trace)

    def request(self, method: str, path: str, **options: Any) -> Any:
        """The whole response, as httpx has it."""
        return self.client.request(method, f"{self.prefix}/{path}", **options)

    def post(self, path: str, headers: dict[str, str] | None = None, /, **body: Any) -> Any:
        """Write; the JSON of the answer.

        Raises:
            AssertionError: it is refused.
        """
        answer = self.request("POST", path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path: str, /, **query: Any) -> Any:
        """Read, once the read tables show all that was written; the JSON of the answer.

        Raises:
            AssertionError: it is refused.
        """
        waiting = {} if path.startswith(OF_THE_SERVICE) else {"min_position": self.ledger.head()}
        answer = self.request("GET", path, params={**waiting, **query})
        assert answer.is_success, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """The status and the code with which a request is refused.

        Raises:
            AssertionError: it is not refused, or not with a problem document.
        """
        answer = self.request(method, path, **options)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        problem = answer.json()
        assert problem["status"] == answer.status_code, problem
        return answer.status_code, problem["code"]
