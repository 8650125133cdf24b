"""What is overdue, for the person who is alarmed (I9)."""

from __future__ import annotations

from datetime import date
from typing import cast

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from bulkhead.overdue import Overdue
from bulkhead.service import Service
from bulkhead.web.commands import Query, queries

router = APIRouter(tags=["overdue"])


class OverdueView(BaseModel):
    """One thing past its deadline that has not come to an end, and why as far as is known."""

    kind: str
    id: str
    household: str | None
    deadline: date
    says: str

    @classmethod
    def of(cls, overdue: Overdue) -> OverdueView:
        """Return the view of something overdue."""
        return cls(
            kind=overdue.kind,
            id=overdue.id,
            household=overdue.household,
            deadline=overdue.deadline,
            says=overdue.says,
        )


class OverdueList(BaseModel):
    """Everything overdue, a thousand of each kind at most."""

    items: list[OverdueView]


@router.get(
    "/v1/overdue", response_model=OverdueList, operation_id="listOverdue", summary="List what is overdue"
)
async def get_overdue(
    request: Request, query: Query = Depends(queries("operator", "service"))
) -> OverdueList:
    """Return what should have come to an end by now and has not."""
    service = cast(Service, request.app.state.service)
    if service.overdue is None:
        return OverdueList(items=[])
    async with query.begin() as uow:
        found = await service.overdue(uow)
    return OverdueList(items=[OverdueView.of(each) for each in found])
