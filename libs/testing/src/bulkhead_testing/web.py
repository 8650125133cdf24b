"""An HTTP client that talks to an app in this process."""

from __future__ import annotations

import httpx2
from fastapi import FastAPI


def client_of(app: FastAPI) -> httpx2.AsyncClient:
    """Return a client of the app; errors of the app come back as answers, as they would over a network."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://service.test")
