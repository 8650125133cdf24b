"""What a service had to do on which day, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi import Query as Parameter
from pydantic import BaseModel

from bulkhead.duties.tables import DutyRecord, DutyState
from bulkhead.kernel.errors import InvalidValue
from bulkhead.web.commands import Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import LARGEST_PAGE

router = APIRouter(tags=["duties"])


class DutyView(BaseModel):
    """One duty of one date. ``attempts`` counts failed ones; ``failure`` is the type of the last error;
    ``waits_for`` is why it is postponed.
    """

    duty: str
    on: date
    state: DutyState
    attempts: int
    failure: str | None
    waits_for: str | None
    done_at: datetime | None

    @classmethod
    def of(cls, record: DutyRecord) -> DutyView:
        """Return the view of a duty's record."""
        return cls(
            duty=record.duty,
            on=record.on_date,
            state=record.state,
            attempts=record.attempts,
            failure=record.failure,
            waits_for=record.waits_for,
            done_at=record.done_at,
        )


class DutiesView(BaseModel):
    """Duties, the latest first."""

    items: list[DutyView]


@router.get(
    "/v1/duties",
    response_model=DutiesView,
    operation_id="listDuties",
    summary="List the duties and when each is done",
)
async def get_duties(
    request: Request,
    duty: Id | None = None,
    state: DutyState | None = None,
    limit: Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)] = 100,
    query: Query = Depends(queries("operator", "service")),
) -> DutiesView:
    """Return the duties of the latest dates that are begun, waiting, failing or done."""
    known = sorted(each.name for each in request.app.state.service.duties)
    if duty is not None and duty not in known:
        raise InvalidValue(field="query/duty", problem=f"is not one of {', '.join(known)}")
    conditions = {name: value for name, value in (("duty", duty), ("state", state)) if value is not None}
    async with query.begin() as uow:
        records = await uow.records(DutyRecord).select(
            order_by=["-on_date", "duty"], limit=limit, **conditions
        )
    return DutiesView(items=[DutyView.of(record) for record in records])
