"""Whether money can be paid online just now."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends

from bulkhead.web.commands import Visit, visits
from payments.domain.trials import OnlineTrial
from payments.entrypoints.api.intake import Intake
from payments.entrypoints.api.schemas import OnlinePaymentView

router = APIRouter(tags=["payments"])


@router.get(
    "/v1/online-payment",
    operation_id="tryOnlinePayment",
    summary="Ask whether money can be paid online",
)
async def get_online_payment(visit: Annotated[Visit, Depends(visits)]) -> OnlinePaymentView:
    """Return whether a card or bank account could be charged just now, found out by trying all but the money (OPS-3).

    Anybody may ask, without a token; within five seconds all get one answer. Before a payment page is shown, and for
    whatever watches it. In a maintenance window the answer is no, and nothing is tried (OPS-2).
    """
    if await visit.window() is not None:
        return OnlinePaymentView.of(OnlineTrial(door="online", tried_at=visit.now, outcome="maintenance"))
    trials = cast(Intake, visit.dependencies).trials
    return OnlinePaymentView.of(await trials.latest(visit.uows, now=visit.now))
