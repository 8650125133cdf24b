"""What the page answers. Nobody who asks has anything looked at, or written, that was not anyway."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from status_page.adapters import pages
from status_page.adapters.ways import Ways
from status_page.application.watch import Watch
from status_page.domain.doings import Report

CACHED_SECONDS: Final = 3
"""For so long whoever stands between may keep an answer. It adds to what it takes until a change is known."""

METHODS: Final = ["GET", "HEAD"]


def _headers() -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(pages.style().encode()).digest()).decode("ascii")
    return {
        "Cache-Control": f"public, max-age={CACHED_SECONDS}",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


class Written:
    """What was written of the last round, so that a thousand readers cost what one does."""

    def __init__(self, watch: Watch, *, ways: Callable[[], Ways]) -> None:
        self._watch, self._ways = watch, ways
        self._of: tuple[int, bool] | None = None
        self._texts: dict[str, str] = {}

    def page(self, language: str) -> str:
        """Return the page in a language there are texts in."""
        return self._text(language, lambda report: pages.html(report, ways=self._ways(), language=language))

    def machine(self) -> dict[str, Any]:
        """Return the same for machines."""
        return machine(self._watch.report(), exchange=self._ways().exchange)

    def _text(self, name: str, write: Callable[[Report], str]) -> str:
        of = (self._watch.rounds, self._watch.is_current)
        if of != self._of:
            self._of, self._texts = of, {}
        if name not in self._texts:
            self._texts[name] = write(self._watch.report())
        return self._texts[name]


def app_of(watch: Watch, *, ways: Callable[[], Ways]) -> FastAPI:
    """Return the page as an application. It answers 200 whatever does not work."""
    app = FastAPI(title="Status", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    written, headers = Written(watch, ways=ways), _headers()

    @app.api_route("/", methods=METHODS)
    async def get_page(request: Request) -> Response:
        language = pages.chosen(request.query_params.get("lang"), request.headers.get("Accept-Language", ""))
        more = {"Content-Language": language, "Vary": "Accept-Language"}
        return HTMLResponse(written.page(language), headers=headers | more)

    @app.api_route("/status.json", methods=METHODS)
    async def get_status() -> Response:
        return JSONResponse(written.machine(), headers=headers | {"Access-Control-Allow-Origin": "*"})

    @app.get("/livez")
    @app.get("/startupz")
    async def get_livez() -> Response:
        return JSONResponse({"status": "alive"})

    @app.get("/readyz")
    async def get_readyz() -> Response:
        ready = watch.is_ready
        return JSONResponse(
            {"status": "ready" if ready else "has not looked yet"}, status_code=200 if ready else 503
        )

    @app.exception_handler(HTTPException)
    async def refuse(_request: Request, problem: Exception) -> Response:
        status = problem.status_code if isinstance(problem, HTTPException) else 500
        return PlainTextResponse(f"{status}\n", status_code=status, headers=headers)

    return app


def machine(report: Report, *, exchange: str) -> dict[str, Any]:
    """Return a report as JSON has it: instants by RFC 3339, null where nobody knows."""
    return {
        "exchange": exchange,
        "as_of": _said(report.as_of),
        "doings": [
            {
                "doing": each.doing,
                "state": each.state,
                "since": _said(each.since),
                "until": _said(each.until),
            }
            for each in report.statuses
        ],
        "ways_to_pay": list(report.open_doors),
        "maintenance": [
            {
                "service": each.service,
                "begins_at": each.begins_at.isoformat(),
                "ends_at": each.ends_at.isoformat(),
            }
            for each in report.windows
        ],
        "maintenance_unknown": list(report.windows_unknown),
        "outages": [
            {
                "doing": each.doing,
                "began_at": each.began_at.isoformat(),
                "ended_at": _said(each.ended_at),
            }
            for each in report.outages
        ],
        "outages_known_at": _said(report.outages_known_at),
    }


def _said(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
