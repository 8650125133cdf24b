"""Mail events: what a provider of e-mail says by itself of the e-mails of notices (NOT-4)."""

from __future__ import annotations

from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Request

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.webhooks import NotSigned
from bulkhead.observability.tracing import current_cause
from bulkhead.web.commands import Visit, visits_with_unread_body
from bulkhead.web.refusals import refusals
from bulkhead.web.webhooks import believed_body, body_as, json_of, signed
from notifications.application.take_bounces import find_bounced, take_bounce
from notifications.domain.bounces import Bounce
from notifications.entrypoints.api.dependencies import Dependencies
from notifications.entrypoints.api.reports import addresses_in, notice_named
from notifications.entrypoints.api.schemas import MailEventBody, MailEventKind, MailEventTakenView

router = APIRouter(tags=["notices"])

BOUNCED: Final = "email.bounced"
KNOWN: Final = frozenset({BOUNCED, "email.complained", "email.delivery_delayed", "email.delivered"})


@router.post(
    "/v1/mail-events",
    status_code=202,
    operation_id="receiveMailEvent",
    summary="Tell what became of an e-mail, as the provider that delivers it",
    responses=refusals(NotSigned, NotFound),
    openapi_extra=signed(MailEventBody),
)
async def post_mail_event(
    request: Request, visit: Annotated[Visit, Depends(visits_with_unread_body)]
) -> MailEventTakenView:
    """Take what the provider of e-mail says by itself, signed as Standard Webhooks says; no token of ours is needed.

    An e-mail that bounced is followed by a letter as by `POST /v1/bounces`; where the address is refused for good, or
    its reader complained, nothing more is mailed there until the household has another. An event that came before, late
    or after another changes nothing more and is answered with 202; one of an e-mail that never left here is refused.
    """
    events = cast(Dependencies, visit.dependencies)
    body = await believed_body(request, events.webhooks, now_seconds=events.wall_seconds())
    content = json_of(body)
    if body_as(content, MailEventKind).type.casefold() not in KNOWN:
        return MailEventTakenView(followed="passed-over", address_refused=False)
    bounce = _read(body_as(content, MailEventBody))
    async with visit.begin() as uow:
        notice = await find_bounced(uow, bounce)
    async with visit.uows.begin(now=visit.now, households=[notice.household], cause=current_cause()) as uow:
        taken = await take_bounce(uow, bounce)
    return MailEventTakenView(followed=taken.followed, address_refused=taken.address_refused)


def _read(event: MailEventBody) -> Bounce:
    """Return what is reported; raises `NotFound` where it is not of a Message-ID of ours."""
    notice = notice_named(event.data.message_id)
    if notice is None:
        raise NotFound("no notice has such a Message-ID")
    said = event.type.casefold()
    failed = said == BOUNCED
    permanent = event.data.bounce is not None and event.data.bounce.type.casefold() == "permanent"
    return Bounce(
        notice=notice,
        failed=failed,
        delayed=said == "email.delivery_delayed",
        hard=failed and permanent,
        complained=said == "email.complained",
        addresses=tuple(addresses_in(event.data.to)),
    )
