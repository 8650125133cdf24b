"""Asking that coverage which ended for non-payment stand again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, HouseholdPath, Query, commands_or_dry_runs, queries
from bulkhead.web.fields import Body, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.views import ReasonView
from invoicing.application.ask_reinstatement import AskReinstatement, ask_reinstatement
from invoicing.domain.asking import Answer
from invoicing.domain.records import ReinstatementRequest

router = APIRouter(tags=["reinstatements"])


class RequestBody(Body):
    """That a household asks; ``reason`` is why, in its words: it is kept and shown to operators only."""

    reason: WrittenLine | None = None


class RequestView(BaseModel):
    """A request: it waits for money that is received or postmarked by ``pay_by``, or what became of it."""

    state: Literal["waiting", "granted", "unpaid", "not-needed"]
    asked_at: datetime
    plan_year: int
    pay_by: date
    decided_on: date | None
    reason: str | None = None

    @classmethod
    def of(cls, request: ReinstatementRequest) -> RequestView:
        """Return the view of a request, for its household."""
        return cls(
            state=request.state,
            asked_at=request.asked_at,
            plan_year=request.plan_year,
            pay_by=request.pay_by,
            decided_on=request.decided_on,
        )

    @classmethod
    def with_reason(cls, request: ReinstatementRequest) -> RequestView:
        """Return the view of a request, for operators."""
        reason = None if request.reason is None else request.reason.reveal()
        return cls.of(request).model_copy(update={"reason": reason})


class AnswerView(RequestView):
    """What a request was answered: the policies it is about, and what of everything invoiced is still to be paid."""

    policies: list[str]
    lacking_cents: int
    reasons: list[ReasonView]

    @classmethod
    def answering(cls, answer: Answer) -> AnswerView:
        """Return the view of an answer."""
        return cls(
            **RequestView.of(answer.request).model_dump(),
            policies=list(answer.policies),
            lacking_cents=answer.lacking_cents,
            reasons=[ReasonView.of(answer.reason)],
        )


@router.post(
    "/v1/households/{household}/reinstatement-requests",
    status_code=201,
    response_model=AnswerView,
    operation_id="askReinstatement",
)
async def post_request(
    household: HouseholdPath,
    body: RequestBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "operator"))],
) -> Response:
    """Ask that coverage which ended for non-payment, without assistance, stand again without a gap (INV-13).

    It does at once where everything invoiced was paid in time, else when that is. A refusal says which limit
    fails, and what would do.
    """
    command.require_household(household)
    asked = AskReinstatement(household=household, reason=None if body.reason is None else Masked(body.reason))
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: ask_reinstatement(uow, asked, dependencies=command.dependencies),
        view=AnswerView.answering,
        status=201,
    )


@router.get("/v1/households/{household}/reinstatement-requests", operation_id="listReinstatementRequests")
async def list_requests(
    household: HouseholdPath,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
    paging: Paging,
) -> Page[RequestView]:
    """Return what the household asked for, and what became of it, the oldest first."""
    query.require_household(household)
    async with query.begin() as uow:
        rows = await uow.records(ReinstatementRequest).select(household=household, order_by=("asked_at",))
    view = RequestView.with_reason if "operator" in query.caller.roles else RequestView.of
    return paging.page_of(rows, key=lambda each: each.asked_at.isoformat(), view=view)
