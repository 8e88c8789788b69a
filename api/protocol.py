"""The protocol of a connection: uvicorn's, which gives up half a request, and says nothing of web sockets."""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

REQUEST_SECONDS = 30.0
"""From the first byte of a request to its last, and from the beginning of a connection to that of a request."""


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Closes a connection whose request does not come to an end in time.

    What has come whole is answered for as long as that takes, and between requests uvicorn's own limit holds.
    """

    _timer: asyncio.TimerHandle | None = None
    _answered: Any = None
    """The last request that has come whole."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_whole():
            self._answered = self.cycle
            self._stop()
        elif self._timer is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _is_whole(self) -> bool:
        """Whether a request that had not been seen whole is so now."""
        return self.cycle is not None and self.cycle is not self._answered and not self.cycle.more_body

    def _wait(self) -> None:
        self._timer = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self._is_whole():
            self._answered = self.cycle
        elif self._answered is not None and not self._answered.response_complete:
            self._wait()  # the next request waits until this one is answered
        else:
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """The request is answered as if it had not asked: there are no web sockets here, and that is no fault."""
