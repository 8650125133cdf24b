"""Documents generated from a service's code."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path

from bulkhead.clock import WallClock
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import Cause, UnitOfWork
from bulkhead.service import Service
from bulkhead.web.app import create_app
from bulkhead.web.auth import FileKeys, TokenVerifier
from bulkhead.web.openapi import rendered


def openapi_of(service: Service) -> str:
    """Return the service's OpenAPI document as it is committed. Routes of the simulation are not in it."""
    verifier = TokenVerifier(keys=FileKeys(Path()), issuer="", audience="")
    return rendered(create_app(service=service, uows=_NoDatabase(), clock=WallClock(), verifier=verifier))


class _NoDatabase:
    """Nothing is asked of it: a document is made from declarations."""

    def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        raise Retryable("there is no database behind a document")

    begin_shared = begin
