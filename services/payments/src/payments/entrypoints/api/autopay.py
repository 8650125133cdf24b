"""Autopay: agreed to, looked at, ended (PAY-8)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, HouseholdPath, Query, commands, queries
from bulkhead.web.fields import Body
from bulkhead.web.refusals import refusals
from payments.application.autopay import Autopay, AutopayOrder, autopay_of, begin_autopay, end_autopay
from payments.domain.attempts import OnlinePaymentNotOpen
from payments.domain.autopay import Draw, NoAutopay, NothingBecause
from payments.domain.bank_accounts import AccountClosed, NoAccountsKept
from payments.domain.consents import CONSENTS, ConsentLanguage, ConsentWording
from payments.domain.declines import DeclineReason
from payments.domain.events import OnlineMethod
from payments.domain.passings import PaidThere
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.intake import Intake

router = APIRouter(tags=["autopay"], dependencies=[Depends(require_no_card_number)])


class AutopayBody(Body):
    """What a member agrees to: which card or bank account, and in the words of which wording."""

    method: OnlineMethod = Field(description="What the token is of.")
    token: str = Field(
        max_length=200,
        description="The processor's token of the card or bank account, or the `account` of one kept here; never its"
        " number (PAY-1).",
    )
    consent: ConsentWording = Field(
        description="The wording that the member was shown and agreed to: `GET /v1/autopay/consents/{consent}`."
    )
    language: ConsentLanguage = Field(description="The language in which it was shown.")


class DrawView(BaseModel):
    """One invoice that autopay pays: when it is tried, or was tried last, and how much that is.

    Of a draw that is still to come ``amount_cents`` is what is not paid of its invoice as of now. Where that is nothing
    ``nothing_because`` says why: it is ``paid``, it is ``not-asked`` any more as coverage ended or changed, a
    ``later-invoice`` asks for all, or it is ``void``. ``decline`` says why the last try was declined.
    """

    invoice: str
    on: date
    amount_cents: int
    state: Literal["planned", "drawing", "drawn", "nothing-due", "declined"]
    nothing_because: NothingBecause | None
    decline: DeclineReason | None
    payment: str | None


class AutopayView(BaseModel):
    """How a household's autopay stands: ``on`` or not, since when, and what it draws next and drew last (PAY-8).

    ``corrected_at`` is when the processor had what the bank corrected of the account.
    """

    on: bool
    method: OnlineMethod | None
    consent: ConsentWording | None
    language: ConsentLanguage | None
    agreed_at: datetime | None
    corrected_at: datetime | None
    next_draw: DrawView | None
    last_draw: DrawView | None

    @classmethod
    def of(cls, autopay: Autopay) -> AutopayView:
        """Return the view of how it stands."""
        mandate = autopay.mandate
        return cls(
            on=mandate is not None,
            method=mandate and mandate.method,
            consent=mandate and mandate.consent,
            language=mandate and mandate.language,
            agreed_at=mandate and mandate.agreed_at,
            corrected_at=mandate and mandate.corrected_at,
            next_draw=autopay.next_draw
            and autopay.next_left
            and _view_of(
                autopay.next_draw,
                cents=autopay.next_left.cents,
                nothing_because=autopay.next_left.nothing_because,
            ),
            last_draw=autopay.last_draw
            and _view_of(
                autopay.last_draw,
                cents=autopay.last_draw.amount_cents or 0,
                nothing_because=autopay.last_draw.nothing_because,
            ),
        )


class ConsentView(BaseModel):
    """What a member agrees to, word for word."""

    consent: ConsentWording
    language: ConsentLanguage
    text: str


def _view_of(draw: Draw, *, cents: int, nothing_because: NothingBecause | None) -> DrawView:
    if draw.state == "withdrawn":
        raise ValueError("a draw that was called off is not shown")
    return DrawView(
        invoice=draw.invoice,
        on=draw.next_on,
        amount_cents=cents,
        state=draw.state,
        nothing_because=nothing_because,
        decline=draw.decline,
        payment=draw.payment if draw.state == "drawn" else None,
    )


@router.post(
    "/v1/households/{household}/autopay",
    status_code=201,
    response_model=AutopayView,
    operation_id="beginAutopay",
    summary="Agree to autopay",
    responses=refusals(AccountClosed, NoAccountsKept, NotFound, OnlinePaymentNotOpen, PaidThere),
)
async def post_autopay(
    household: HouseholdPath,
    body: AutopayBody,
    command: Annotated[Command, Depends(commands("member", "assister", "operator"))],
) -> Response:
    """Have each monthly invoice be paid by this card or bank account on the day it is due, in the place of any that was
    agreed to before (PAY-8).

    An invoice that is due today or later is drawn too: `next_draw` says when, and how much. 409 where paying online
    has not been opened yet (OPS-4), or the bank account kept here is closed, or none are kept here.
    """
    command.require_household(household)
    key = await command.key()
    order = AutopayOrder(
        mandate=derived_id("mandate", key.scope, key.key),
        household=household,
        method=body.method,
        token=Masked(body.token),
        consent=body.consent,
        language=body.language,
        agreed_by=command.caller.subject,
    )
    intake = cast(Intake, command.dependencies)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: begin_autopay(
            uow, order, keys=intake.account_keys, parameters=intake.parameters
        ),
        view=AutopayView.of,
        status=201,
    )


@router.get(
    "/v1/households/{household}/autopay",
    operation_id="getAutopay",
    summary="Look at a household's autopay",
    responses=refusals(NotFound),
)
async def get_autopay(
    household: HouseholdPath,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
) -> AutopayView:
    """Return whether autopay is on, what it draws next and what it drew last."""
    query.require_household(household)
    async with query.begin() as uow:
        return AutopayView.of(await autopay_of(uow, household))


@router.post(
    "/v1/households/{household}/autopay/ends",
    response_model=AutopayView,
    operation_id="endAutopay",
    summary="End autopay",
    responses=refusals(NotFound, NoAutopay),
)
async def post_autopay_end(
    household: HouseholdPath,
    command: Annotated[Command, Depends(commands("member", "assister", "operator"))],
) -> Response:
    """End a household's autopay: nothing more is drawn but what is being drawn at this moment. 409 where it is off."""
    command.require_household(household)
    return await command.run(
        households=[household], use_case=lambda uow: end_autopay(uow, household), view=AutopayView.of
    )


@router.get(
    "/v1/autopay/consents/{consent}",
    operation_id="getAutopayConsent",
    summary="Read what is agreed to",
)
async def get_consent(
    consent: ConsentWording,
    _query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
    language: ConsentLanguage = "en",
) -> ConsentView:
    """Return a wording of the consent to autopay, to be shown to who agrees to it."""
    return ConsentView(consent=consent, language=language, text=CONSENTS[consent][language])
