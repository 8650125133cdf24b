"""A fence around a PostgreSQL database: its service's role may read it and not write to it (ADR 0024)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlencode, urlsplit

from bulkhead.kernel.errors import Conflict
from bulkhead.persistence.connections import connect
from bulkhead.persistence.faults import translated

_STATEMENT = """
SELECT format('ALTER ROLE CURRENT_USER IN DATABASE %I %s default_transaction_read_only', current_database(), $1::text)
"""

# Sessions keep what they began with, so they are ended: each process connects again, and finds the fence as it is then.
_END_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    AND application_name NOT LIKE 'bulkhead % rejoin%'
"""

# A session's advisory lock: it is given back when the connection ends, however that happens.
_ONE_REJOIN: Final = 0x62756C6C


class PostgresFence:
    """The fence of the database at ``url``: PostgreSQL itself refuses every write of the service's role there, whatever
    the process. Who says so in the URL (`past_the_fence`) may write all the same.
    """

    def __init__(self, *, url: str, name: str) -> None:
        self._url = past_the_fence(url)
        self._name = name

    async def put_up(self) -> None:
        """Let nobody write, and end every session but those that come past the fence anew. Raises `Retryable`."""
        await self._run("SET", " = on", then=_END_THE_OTHERS)

    async def take_down(self) -> None:
        """Let everybody write, and end the sessions that could not. Raises `Retryable`."""
        await self._run("RESET", "", then=_END_THE_OTHERS)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Be the only one who lets the database catch up, as long as this lasts. Raises `Conflict` where another does,
        and `Retryable`.
        """
        with translated():
            connection = await connect(url=self._url, name=f"{self._name} rejoin alone")
        try:
            with translated():
                if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ONE_REJOIN):
                    raise Conflict("another `rejoin` is at work on this database: wait for its end")
            yield
        finally:
            await connection.close(timeout=2)

    async def _run(self, verb: str, value: str, *, then: str) -> None:
        with translated():
            connection = await connect(url=self._url, name=f"{self._name} fence")
            try:
                await connection.execute(str(await connection.fetchval(_STATEMENT, verb)) + value)
                await connection.execute(then)
            finally:
                await connection.close(timeout=2)


def past_the_fence(url: str) -> str:
    """Return the URL for whoever must write though there is a fence."""
    more = urlencode({"default_transaction_read_only": "off"})
    return f"{url}{'&' if urlsplit(url).query else '?'}{more}"
