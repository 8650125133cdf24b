"""Bounces: what mail servers report of the e-mails of notices, later than at once."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.web.commands import Command, commands
from bulkhead.web.refusals import refusals
from notifications.application.take_bounces import find_bounced, take_bounce
from notifications.domain.bounces import Bounce
from notifications.entrypoints.api.reports import read_report
from notifications.entrypoints.api.schemas import BounceBody, BounceView

router = APIRouter(tags=["notices"])


@router.post(
    "/v1/bounces",
    response_model=BounceView,
    operation_id="reportBounce",
    summary="Report that the e-mail of a notice came back",
    responses=refusals(NotFound),
)
async def post_bounce(
    body: BounceBody, command: Annotated[Command, Depends(commands("operator", "service"))]
) -> Response:
    """Take a mail server's report about the e-mail of a notice (RFC 3464), as it came, in base64 (NOT-4).

    It is tied to its notice by the Message-ID of the mail that it returns. Where that failed for good, a letter on
    paper follows, written as things are then; where it is only delayed, nothing does. The same report again changes
    nothing.
    """
    bounce = _read(body.report)
    async with command.begin() as uow:
        notice = await find_bounced(uow, bounce)
    return await command.run(
        households=[notice.household],
        body=body,
        use_case=lambda uow: take_bounce(uow, bounce),
        view=BounceView.of,
    )


def _read(report: str) -> Bounce:
    """Return what is reported; raises `InvalidValue`, which repeats nothing of it."""
    try:
        raw = base64.b64decode(report, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    bounce = read_report(raw)
    if bounce is None:
        raise InvalidValue(
            field="/report",
            problem="must be a delivery status notification in base64, with the mail it is about or its headers",
            reasons=(Reason(rule="NOT-4", says="a report says which e-mail did not arrive"),),
        )
    return bounce
