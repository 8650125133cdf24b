"""The payment processor over HTTP.

``POST /charges`` {token, amount_cents, method, reference, of a bank account identification: the individual
identification number of its entry, under which a return comes back, and where autopay draws initiator: autopay} and
``GET /charges/{reference}`` answer {charge, status: approved|declined|to-confirm, decline: a word of
`payments.domain.declines`, confirm_at: where the card's owner confirms it}; ``POST /refunds`` {charge, amount_cents,
reference}; ``POST /verifications`` {token} answers {status: approved|declined} and takes nothing, as an
authorization of 0 does; ``POST /changes`` {token, code: that of a bank's notification of change, corrected: what
stands beside it} answers {status: approved, token} with the token to charge from now on, or {status: declined};
``GET /health``. Each has our key as its bearer token; to any other the processor answers 401 and does nothing.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

import httpx2

from bulkhead.kernel.personal import Masked
from payments.adapters.processor.calls import TOTAL_SECONDS, ProcessorCalls, body_of
from payments.application.ports import (
    Charge,
    Initiator,
    OwnerToConfirm,
    ProcessorMisunderstood,
    ProcessorSilent,
    ProcessorUnreachable,
    RefundImpossible,
)
from payments.domain.declines import decline_reason
from payments.domain.events import OnlineMethod
from payments.domain.identification import identification_of


class HttpProcessor:
    """A processor at an address."""

    def __init__(
        self,
        url: str,
        *,
        key: Masked,
        transport: httpx2.AsyncBaseTransport | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._calls = ProcessorCalls(
            url,
            headers={"Authorization": f"Bearer {key.reveal()}"},
            transport=transport,
            total_seconds=total_seconds,
        )

    async def charge(
        self,
        *,
        token: str,
        amount_cents: int,
        method: OnlineMethod,
        reference: str,
        initiator: Initiator = "member",
    ) -> Charge:
        """Take the money, once for the reference; return what was decided the first time."""
        body = {"token": token, "amount_cents": amount_cents, "method": method, "reference": reference}
        if method == "bank":
            body["identification"] = identification_of(reference)
        if initiator == "autopay":
            body["initiator"] = initiator
        return _charge(await self._calls.ask("POST", "/charges", json=body))

    async def find(self, *, reference: str) -> Charge | None:
        """Return what was decided about a reference, or None when it was never received."""
        answer = await self._calls.ask("GET", f"/charges/{reference}")
        return None if answer.status_code == HTTPStatus.NOT_FOUND else _charge(answer)

    async def refund(self, *, charge: str, amount_cents: int, reference: str) -> None:
        """Give money of a charge back, once for the reference; raises `RefundImpossible`."""
        body = {"charge": charge, "amount_cents": amount_cents, "reference": reference}
        answer = await self._calls.ask("POST", "/refunds", json=body)
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
            raise RefundImpossible("the processor will not pay this back")
        if not answer.is_success:
            raise ProcessorMisunderstood(f"the processor answered a refund with {answer.status_code}")

    async def verify(self, *, token: str) -> bool:
        """Return whether it would take money by this token now; it takes none."""
        return _status(await self._calls.ask("POST", "/verifications", json={"token": token})) == "approved"

    async def correct(self, *, token: str, code: str, corrected: Masked) -> Masked | None:
        """Pass on what a bank corrects; return the token to charge from now on, None where there is none."""
        body = {"token": token, "code": code, "corrected": corrected.reveal()}
        answer = await self._calls.ask("POST", "/changes", json=body)
        if _status(answer) == "declined":
            return None
        found = body_of(answer).get("token")
        if not isinstance(found, str) or not found:
            raise ProcessorMisunderstood("the processor answered a change without a token")
        return Masked(found)

    async def is_reachable(self) -> bool:
        """Whether the processor answers now. Raises nothing."""
        try:
            return (await self._calls.ask("GET", "/health")).is_success
        except (ProcessorUnreachable, ProcessorSilent):
            return False


def _charge(answer: httpx2.Response) -> Charge:
    body = body_of(answer)
    if answer.is_success and body.get("status") == "to-confirm":
        at = body.get("confirm_at")
        raise OwnerToConfirm(confirm_at=at if isinstance(at, str) else None)
    status = _status(answer)
    charge = body.get("charge")
    if not isinstance(charge, str):
        raise ProcessorMisunderstood(f"the processor answered {answer.status_code} without a charge")
    decline = decline_reason(body.get("decline")) if status == "declined" else None
    return Charge(charge=charge, status=status, decline=decline)


def _status(answer: httpx2.Response) -> Literal["approved", "declined"]:
    status = body_of(answer).get("status")
    if not answer.is_success or status not in ("approved", "declined"):
        raise ProcessorMisunderstood(f"the processor answered {answer.status_code} with no decision")
    return status
