"""Work that waits for its next try: what it is, why it waits, and how an operator has it tried at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry, checked_kind, try_now
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Body, Id
from bulkhead.web.pagination import Page, Paging, read_page

router = APIRouter(tags=["retries"])


class RetryView(BaseModel):
    """One item that failed, or has to wait. ``reason`` is why, in our own words or as an error's type; ``stuck`` says
    that it failed so often that somebody was alarmed; it is still tried, at ``retry_at``.
    """

    kind: str
    item: str
    household: str | None
    failures: int
    reason: str
    since: datetime
    retry_at: datetime
    stuck: bool

    @classmethod
    def of(cls, retry: Retry) -> RetryView:
        """Return the view of an item that waits."""
        return cls(
            kind=retry.kind,
            item=retry.item,
            household=retry.household,
            failures=retry.failures,
            reason=retry.reason,
            since=retry.since,
            retry_at=retry.retry_at,
            stuck=retry.stuck,
        )


class TryNowBody(Body):
    """Which items are to be tried at once: one of a kind, or all of the kind without ``item``."""

    kind: Id = Field(examples=["refunds"])
    item: str | None = Field(default=None, min_length=1, max_length=2000)


class TriedView(BaseModel):
    """How many items are tried when their kind is looked after next, within seconds."""

    items: int

    @classmethod
    def of(cls, items: int) -> TriedView:
        """Return the view of a number of items."""
        return cls(items=items)


@router.get(
    "/v1/retries",
    response_model=Page[RetryView],
    operation_id="listRetries",
    summary="List work that waits to be tried again",
)
async def get_retries(
    request: Request,
    paging: Paging,
    *,
    kind: Id | None = None,
    stuck: bool | None = None,
    query: Query = Depends(queries("operator", "service")),
) -> Page[RetryView]:
    """Return what failed and waits for its next try, by kind and item."""
    wanted: dict[str, Any] = {} if stuck is None else {"stuck": stuck}
    if kind is not None:
        wanted["kind"] = checked_kind(kind, request.app.state.service.kinds_of_retries, field="query/kind")
    async with query.begin() as uow:
        rows = await read_page(uow.records(Retry), paging, key=("kind", "item"), **wanted)
    return paging.page(rows, key=lambda row: (row.kind, row.item), view=RetryView.of)


@router.post(
    "/v1/retries/tries", response_model=TriedView, operation_id="tryNow", summary="Try waiting work at once"
)
async def post_try(
    body: TryNowBody, request: Request, command: Command = Depends(commands("operator"))
) -> Response:
    """Let one item of a kind, or all of them, be tried at once."""
    kind = checked_kind(body.kind, request.app.state.service.kinds_of_retries, field="/kind")

    async def let_them(uow: UnitOfWork) -> int:
        return await try_now(uow, kind=kind, item=body.item)

    return await command.run(body=body, use_case=let_them, view=TriedView.of)
