"""The payment processor over HTTP.

``POST /charges`` {token, amount_cents, method, reference, and of a bank account identification: the individual
identification number of its entry, under which a return comes back} and ``GET /charges/{reference}`` answer {charge,
status: approved|declined, decline: a word of `payments.domain.declines`}; ``POST /refunds`` {charge, amount_cents,
reference}; ``POST /verifications`` {token} answers {status: approved|declined} and takes nothing, as an
authorization of 0 does; ``POST /changes`` {token, code: that of a bank's notification of change, corrected: what
stands beside it} answers {status: approved, token} with the token to charge from now on, or {status: declined};
``GET /health``.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, Literal, cast

import httpx2

from bulkhead.kernel.personal import Masked
from payments.application.ports import (
    Charge,
    ProcessorMisunderstood,
    ProcessorSilent,
    ProcessorUnreachable,
    RefundImpossible,
)
from payments.domain.declines import decline_reason
from payments.domain.events import OnlineMethod
from payments.domain.identification import identification_of

CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 10.0

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class HttpProcessor:
    """A processor at an address."""

    def __init__(self, url: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        # No connection is kept: one that the other side has closed meanwhile would turn "certainly never
        # sent" into "not known". So there is nothing to close in the end either.
        self._client = httpx2.AsyncClient(
            base_url=url,
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_keepalive_connections=0),
            transport=transport,
        )

    async def charge(self, *, token: str, amount_cents: int, method: OnlineMethod, reference: str) -> Charge:
        """Take the money, once for the reference; return what was decided the first time."""
        body = {"token": token, "amount_cents": amount_cents, "method": method, "reference": reference}
        if method == "bank":
            body["identification"] = identification_of(reference)
        return _charge(await self._ask("POST", "/charges", json=body))

    async def find(self, *, reference: str) -> Charge | None:
        """Return what was decided about a reference, or None when it was never received."""
        answer = await self._ask("GET", f"/charges/{reference}")
        return None if answer.status_code == HTTPStatus.NOT_FOUND else _charge(answer)

    async def refund(self, *, charge: str, amount_cents: int, reference: str) -> None:
        """Give money of a charge back, once for the reference; raises `RefundImpossible`."""
        body = {"charge": charge, "amount_cents": amount_cents, "reference": reference}
        answer = await self._ask("POST", "/refunds", json=body)
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
            raise RefundImpossible("the processor will not pay this back")
        if not answer.is_success:
            raise ProcessorMisunderstood(f"the processor answered a refund with {answer.status_code}")

    async def verify(self, *, token: str) -> bool:
        """Return whether it would take money by this token now; it takes none."""
        return _status(await self._ask("POST", "/verifications", json={"token": token})) == "approved"

    async def correct(self, *, token: str, code: str, corrected: Masked) -> Masked | None:
        """Pass on what a bank corrects; return the token to charge from now on, None where there is none."""
        body = {"token": token, "code": code, "corrected": corrected.reveal()}
        answer = await self._ask("POST", "/changes", json=body)
        if _status(answer) == "declined":
            return None
        found = _body(answer).get("token")
        if not isinstance(found, str) or not found:
            raise ProcessorMisunderstood("the processor answered a change without a token")
        return Masked(found)

    async def is_reachable(self) -> bool:
        """Whether the processor answers now. Raises nothing."""
        try:
            return (await self._ask("GET", "/health")).is_success
        except (ProcessorUnreachable, ProcessorSilent):
            return False

    async def _ask(self, method: str, path: str, *, json: dict[str, Any] | None = None) -> httpx2.Response:
        try:
            answer = await self._client.request(method, path, json=json)
        except _NEVER_SENT as error:
            raise ProcessorUnreachable("the processor cannot be reached") from error
        except httpx2.HTTPError as error:
            raise ProcessorSilent("the processor did not answer") from error
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise ProcessorSilent(f"the processor answered {answer.status_code}")
        return answer


def _charge(answer: httpx2.Response) -> Charge:
    body, status = _body(answer), _status(answer)
    charge = body.get("charge")
    if not isinstance(charge, str):
        raise ProcessorMisunderstood(f"the processor answered {answer.status_code} without a charge")
    decline = decline_reason(body.get("decline")) if status == "declined" else None
    return Charge(charge=charge, status=status, decline=decline)


def _status(answer: httpx2.Response) -> Literal["approved", "declined"]:
    status = _body(answer).get("status")
    if not answer.is_success or status not in ("approved", "declined"):
        raise ProcessorMisunderstood(f"the processor answered {answer.status_code} with no decision")
    return status


def _body(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError as error:
        raise ProcessorMisunderstood(f"the processor answered {answer.status_code} without JSON") from error
    if not isinstance(body, dict):
        raise ProcessorMisunderstood(f"the processor answered {answer.status_code} without an object")
    return cast(Mapping[str, Any], body)
