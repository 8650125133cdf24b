"""How a processor is asked over HTTP, whatever it speaks, and what it means that no answer came."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

import httpx2

from payments.application.ports import ProcessorMisunderstood, ProcessorSilent, ProcessorUnreachable

CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 10.0
"""So long it may say nothing at all."""

TOTAL_SECONDS: Final = 15.0
"""So long one call may take from beginning to end, however its answer drips in."""

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class ProcessorCalls:
    """Calls of a processor at an address. Who is at an ``https`` address must show a certificate of its name."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        # No connection is kept: one that the other side has closed meanwhile would turn "certainly never
        # sent" into "not known". So there is nothing to close in the end either.
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers=headers,
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_keepalive_connections=0),
            transport=transport,
        )
        self._total_seconds = total_seconds

    async def ask(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        """Return the answer to one call.

        Raises `ProcessorUnreachable` where it was certainly not received, and `ProcessorSilent` where that is not
        known, or where the answer is that of a server which failed or is asked too much.
        """
        try:
            async with asyncio.timeout(self._total_seconds):
                answer = await self._client.request(method, path, **sent)
        except _NEVER_SENT as error:
            raise ProcessorUnreachable("the processor cannot be reached") from error
        except TimeoutError as error:
            raise ProcessorSilent("the processor did not finish its answer") from error
        except httpx2.HTTPError as error:
            raise ProcessorSilent("the processor did not answer") from error
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise ProcessorSilent(f"the processor answered {answer.status_code}")
        return answer


def body_of(answer: httpx2.Response) -> Mapping[str, Any]:
    """Return the JSON object that an answer has; raises `ProcessorMisunderstood`, which quotes nothing of it."""
    try:
        body = answer.json()
    except ValueError:
        # Its text would quote the answer.
        raise ProcessorMisunderstood(f"the processor answered {answer.status_code} without JSON") from None
    if not isinstance(body, dict):
        raise ProcessorMisunderstood(f"the processor answered {answer.status_code} without an object")
    return cast(Mapping[str, Any], body)
