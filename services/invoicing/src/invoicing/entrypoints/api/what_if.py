"""What would become of an account if money came, or if enrollment said something."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import InvalidValue
from bulkhead.service import Received
from bulkhead.web.commands import Command, HouseholdPath, trials
from bulkhead.web.dates import PlainDate
from bulkhead.web.dry_runs import DryRun
from bulkhead.web.fields import Body, Id
from bulkhead.web.suppositions import SupposedEvent, supposed
from invoicing.application import facts
from invoicing.application.routing import handler
from invoicing.application.suppose import Standing, Supposed, suppose
from invoicing.entrypoints.api.schemas import BalanceView, GraceView, MonthView

router = APIRouter(tags=["accounts"])

_LARGEST_CENTS = 100_000_000


class SupposedPayment(Body):
    """Money that is supposed to come: today, or a check received or postmarked before. ``selection`` or ``invoice`` is
    what its payer names, as with a real one (INV-5).
    """

    cents: Annotated[int, Field(gt=0, le=_LARGEST_CENTS)]
    method: Literal["card", "bank", "check", "cash", "phone"] = "bank"
    received_on: PlainDate | None = None
    postmarked_on: PlainDate | None = None
    selection: Id | None = None
    invoice: Id | None = None


class WhatIfBody(Body):
    """What is supposed: first the events, such as those of enrollment's dry run, then the payments, in their order."""

    events: Annotated[list[SupposedEvent], Field(max_length=50, default_factory=list[SupposedEvent])]
    payments: Annotated[list[SupposedPayment], Field(max_length=20, default_factory=list[SupposedPayment])]


class StandingView(BaseModel):
    """How an account stands: the balance, its coverage months, and grace."""

    balance: BalanceView
    months: list[MonthView]
    grace: GraceView

    @classmethod
    def of(cls, standing: Standing, *, today: date) -> StandingView:
        """Return the view of how an account stands."""
        return cls(
            balance=BalanceView.of(standing.position, as_of=today),
            months=[MonthView.of(each) for each in standing.months],
            grace=GraceView.of_grace(standing.grace),
        )


class WhatIfView(BaseModel):
    """How an account stands now, and how it would stand."""

    before: StandingView
    after: StandingView

    @classmethod
    def of(cls, found: Supposed, *, today: date) -> WhatIfView:
        """Return the view of both."""
        return cls(
            before=StandingView.of(found.before, today=today), after=StandingView.of(found.after, today=today)
        )


@router.post(
    "/v1/households/{household}/what-if", response_model=DryRun[WhatIfView], operation_id="supposeAccount"
)
async def post_what_if(
    household: HouseholdPath,
    body: WhatIfBody,
    command: Annotated[Command, Depends(trials("member", "assister", "operator"))],
) -> Response:
    """Say what would become of the household's account if this money came, or enrollment told this. Nothing is kept.

    What it settles, ends or reinstates at once is shown, with what the others would be told and why; what duties would
    do later (the invoice of the 5th, the list of the 1st) is not.
    """
    command.require_household(household)
    batch = supposed(body.events, household=household, command=command)
    batch += [
        _received(payment, number=number, household=household, now=command.now)
        for number, payment in enumerate(body.payments)
    ]
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: suppose(uow, household, batch, handle=handler(command.dependencies.parameters)),
        view=lambda found: WhatIfView.of(found, today=local_date(command.now)),
    )


def _received(payment: SupposedPayment, *, number: int, household: str, now: datetime) -> Received:
    today = local_date(now)
    received_on = payment.received_on or today
    for name, day in (("received_on", received_on), ("postmarked_on", payment.postmarked_on)):
        if day is not None and not today - timedelta(days=366) <= day <= today:
            raise InvalidValue(
                field=f"/payments/{number}/{name}",
                problem=f"must be within the year that ends today, {today}",
            )
    fact = facts.PaymentReceived(
        household=household,
        payment=f"supposed-{number}",
        cents=payment.cents,
        method=payment.method,
        received_on=received_on,
        postmarked_on=payment.postmarked_on,
        known_at=now,
        at_selection=False,
        selection=payment.selection,
        invoice=payment.invoice,
    )
    return Received(
        event_id=f"supposed-payment-{number}", household=household, occurred_at=now, fact=fact, partition=0
    )
