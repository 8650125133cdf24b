"""Uvicorn's HTTP protocol with an end to what a caller may send before anybody looks at who it is."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024
"""How long a request's line and headers may be: eight times what routers let through (nginx, Traefik)."""

SECONDS_TO_SEND = 60.0
"""How long a request may take to be there as a whole, from its first byte on; and a connection to send one."""


class BoundedHttp(HttpToolsProtocol):
    """Answers 431 to a head that is too long and 408 to one that does not come, and closes the connection; where a body
    does not come it only closes. Uvicorn itself waits for ever, and keeps all that comes.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._head_bytes = 0
        self._in_head = True
        self._until: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, on which a request is to come."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; refuse a head that does not end."""
        super().data_received(data)
        if self.cycle is not None and self.cycle.response_complete:
            self._wait()  # what came begins no request
        if self._in_head and self._until is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    f"a request's line and headers have at most {MOST_HEAD_BYTES} bytes",
                )

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._wait()

    def on_headers_complete(self) -> None:
        """Go on to a request's body."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request, which is there as a whole."""
        self._wait_no_more()
        super().on_message_complete()

    def _wait(self) -> None:
        if self._until is None:
            self._until = self.loop.call_later(SECONDS_TO_SEND, self._give_up)

    def _wait_no_more(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None

    def _give_up(self) -> None:
        self._until = None
        if self._in_head:
            self._refuse(
                HTTPStatus.REQUEST_TIMEOUT,
                f"a request is to be there as a whole within {SECONDS_TO_SEND:.0f} seconds",
            )
        else:  # it may be half answered
            self.transport.close()

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
        body = json.dumps(problem).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
