"""Whether files are exchanged with carriers, as anybody may ask."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from bulkhead.web.commands import Visit, visits
from carrier_gateway.application.look_at_exchange import ExchangeLook, ExchangeOutcome, look_at_exchange

router = APIRouter(tags=["carriers"])


class CarrierExchangeView(BaseModel):
    """Whether files are exchanged with carriers, and how many of them cannot be reached."""

    delivers: bool
    outcome: ExchangeOutcome = Field(
        description="`ok`, or `no-carrier-reached`: of no carrier the drop-box could be reached the last time."
    )
    carriers: int
    away: int = Field(description="Of how many the drop-box could not be reached the last time.")
    tried_at: datetime

    @classmethod
    def of(cls, look: ExchangeLook, now: datetime) -> CarrierExchangeView:
        """Return a look as the API shows it: no carrier is named to anybody."""
        return cls(
            delivers=look.delivers,
            outcome=look.outcome,
            carriers=look.carriers,
            away=len(look.away),
            tried_at=now,
        )


@router.get(
    "/v1/carrier-exchange",
    operation_id="tryCarrierExchange",
    summary="Ask whether files are exchanged with carriers",
)
async def get_carrier_exchange(visit: Annotated[Visit, Depends(visits)]) -> CarrierExchangeView:
    """Return whether carriers' drop-boxes are reached, by the last look into each (OPS-3). Anybody may ask."""
    async with visit.begin() as uow:
        return CarrierExchangeView.of(await look_at_exchange(uow), visit.now)
