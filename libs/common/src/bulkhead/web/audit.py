"""Each request of staff leaves an entry in the audit log: an act in its own transaction, all else before its answer."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi import Query as Parameter
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bulkhead.audit.chain import entries_wanted
from bulkhead.audit.entries import AuditEntry, AuditOutcome
from bulkhead.kernel.errors import Retryable
from bulkhead.observability.logging import describe
from bulkhead.web.asked import Asked, asked_in
from bulkhead.web.commands import REPLAYED_HEADER, Edge, Query, edge_of, queries
from bulkhead.web.dates import PlainDate, from_to
from bulkhead.web.fields import HouseholdId, Line
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.problems import away_response, note_why

router = APIRouter(tags=["audit"])

_LOOKING: Final = frozenset({"GET", "HEAD"})


class Audited:
    """Lets no answer to staff leave whose entry is not kept: where it cannot be, they are told to try again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        withheld = False

        async def send_once_kept(message: Message) -> None:
            nonlocal withheld
            if withheld:
                return
            asked = asked_in(scope) if message["type"] == "http.response.start" else None
            if asked is not None and not asked.kept:
                outcome = _outcome(asked, scope["method"], message)
                try:
                    await _keep(scope, asked, outcome)
                except Retryable as error:
                    # Of what failed anyway nobody has learned anything: it is told as it is.
                    if message["status"] < HTTPStatus.INTERNAL_SERVER_ERROR:
                        withheld = True
                        note_why(scope, kind="temporarily-unavailable", **describe(error))
                        await away_response(Headers(scope=scope))(scope, receive, send)
                        return
            await send(message)

        try:
            await self._app(scope, receive, send_once_kept)
        except Exception:
            if (asked := asked_in(scope)) is not None and not asked.kept:
                with suppress(Retryable):
                    await _keep(scope, asked, "failed")
            raise


async def _keep(scope: Scope, asked: Asked, outcome: AuditOutcome) -> None:
    edge: Edge = scope["app"].state.edge
    await edge.audit.keep(asked.with_outcome(outcome))
    asked.kept = True


def _outcome(asked: Asked, method: str, answer: Message) -> AuditOutcome:
    """Return what came of a request that did nothing, by its answer."""
    if answer["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "failed"
    if REPLAYED_HEADER in Headers(raw=answer.get("headers", [])):
        return "repeated"
    if answer["status"] >= HTTPStatus.BAD_REQUEST:
        return "refused"
    if asked.trial:
        return "tried"
    return "read" if method in _LOOKING else "done"


class AuditView(BaseModel):
    """One thing that somebody asked of this service. ``outcome``: ``read``; ``done``; ``begun`` of an act in several
    parts, whose records say what it came to; ``tried`` of one that was only supposed; ``repeated`` where an earlier
    answer was given again; ``refused``; ``failed`` where nothing is known. ``named`` has the other ids in its address.
    ``number`` is its place in the chain and ``chained`` its hash there.
    """

    number: int
    at: datetime
    actor: str
    roles: list[str]
    operation: str
    outcome: AuditOutcome
    household: str | None
    named: dict[str, str]
    chained: str

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditView:
        """Return the view of an entry that is in the chain."""
        return cls(
            number=entry.number or 0,
            at=entry.at,
            actor=entry.actor,
            roles=entry.roles.split(),
            operation=entry.operation,
            outcome=entry.outcome,
            household=entry.household,
            named=entry.named,
            chained=entry.chained or "",
        )


@router.get(
    "/v1/audit",
    response_model=Page[AuditView],
    operation_id="listAudit",
    summary="Look at who did what to whom",
)
async def get_audit(
    request: Request,
    paging: Paging,
    *,
    household: HouseholdId | None = None,
    actor: Line | None = None,
    since: Annotated[
        Annotated[PlainDate, from_to(date(1900, 1, 1), date(9999, 12, 30))] | None,
        Parameter(alias="from", description="Of this date and later, by the exchange's clocks."),
    ] = None,
    query: Query = Depends(queries("operator")),
) -> Page[AuditView]:
    """Return what staff asked of this service, in the chain's order: about a household, by somebody, from a date on."""
    await edge_of(request).audit.chain(query.now)  # all that was kept before this is among it
    async with query.begin() as uow:
        wanted = await entries_wanted(
            uow, household=household, actor=actor, since=since, after=paging.after_long_number
        )
        rows = await uow.records(AuditEntry).select(order_by=("number",), limit=paging.limit + 1, **wanted)
    return paging.page(rows, key=lambda row: str(row.number), view=AuditView.of)
