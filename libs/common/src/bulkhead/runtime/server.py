"""The HTTP server inside our own event loop, which has its own mind about signals."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from bulkhead.runtime.bounded_http import BoundedHttp

SECONDS_KEPT_ALIVE = 120
"""How long a connection stays open on which nobody asks: longer than routers keep theirs (90 seconds at most: Traefik).

Were it shorter, a router could send a request just when the connection is closed here, and answer 502 for it.
"""


class _Quiet(uvicorn.Server):
    """Uvicorn without its signal handlers: the process decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield


class HttpServer:
    """Serves an app until it is stopped; requests under way are finished first."""

    def __init__(self, app: FastAPI, *, host: str, port: int, grace_seconds: int) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="off",
            http=BoundedHttp,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=SECONDS_KEPT_ALIVE,
            timeout_graceful_shutdown=grace_seconds,
        )
        self._server = _Quiet(config)

    async def serve(self) -> None:
        """Serve until stopped. Raises `OSError` where the address is taken."""
        try:
            await self._server.serve()
        except SystemExit as error:
            raise OSError(
                f"cannot listen on {self._server.config.host}:{self._server.config.port}"
            ) from error

    def stop(self) -> None:
        """Take no new request, finish those under way, and let `serve` return."""
        self._server.should_exit = True
