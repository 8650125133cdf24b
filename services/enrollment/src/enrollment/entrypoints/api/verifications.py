"""Verifying a household's eligibility by documents, where the hub does not confirm what it attests."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, HouseholdPath, commands_or_dry_runs
from bulkhead.web.fields import Body
from bulkhead.web.refusals import refusals
from bulkhead.web.views import ReasonView
from enrollment.application.accept_documents import accept_documents
from enrollment.application.attest import attest
from enrollment.domain.determination import Attested
from enrollment.domain.eligibility import Decided, NothingToVerify, lacking_documents
from enrollment.domain.verification import Verification
from enrollment.entrypoints.api.fields import IncomeCents, View, reasons_of

router = APIRouter(tags=["verifications"])


class AttestationBody(Body):
    """What a household attests anew: the income it expects of a year, null where it states none."""

    income_cents: IncomeCents | None


class DocumentsBody(Body):
    """What of its attestation the household's documents show to be so."""

    confirmed: Annotated[list[Attested], Field(min_length=1, max_length=4)]


class VerifiedView(View):
    """How a household's verification stands, what is still to be shown, and why."""

    verification: Verification
    verification_until: date
    lacking: list[Attested]
    reasons: list[ReasonView]

    @classmethod
    def of(cls, decided: Decided) -> VerifiedView:
        """Return the view of a household after documents were accepted."""
        household = decided.household
        return cls(
            verification=household.verification,
            verification_until=household.verification_until,
            lacking=[] if household.verification == "verified" else [*lacking_documents(household)],
            reasons=reasons_of(decided.reasons),
        )


@router.post(
    "/v1/households/{household}/attestations",
    status_code=201,
    response_model=VerifiedView,
    operation_id="attestIncome",
    summary="Attest another income",
    responses=refusals(NotFound),
)
async def post_attestation(
    household: HouseholdPath,
    body: AttestationBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "assister", "operator"))],
) -> Response:
    """Attest another income: the hub is asked again, and all stays as it is until that answers (ENR-10)."""
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: attest(uow, household=household, income_cents=body.income_cents),
        view=VerifiedView.of,
        status=201,
    )


@router.post(
    "/v1/households/{household}/verifications",
    status_code=201,
    response_model=VerifiedView,
    operation_id="acceptDocuments",
    summary="Accept a household's documents",
    responses=refusals(NotFound, NothingToVerify),
)
async def post_verification(
    household: HouseholdPath,
    body: DocumentsBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("operator"))],
) -> Response:
    """Accept documents: with all that is wanted shown, the household is verified, with what it was granted (ENR-10)."""
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: accept_documents(
            uow,
            household=household,
            confirmed=body.confirmed,
            parameters=command.dependencies.parameters,
        ),
        view=VerifiedView.of,
        status=201,
    )
