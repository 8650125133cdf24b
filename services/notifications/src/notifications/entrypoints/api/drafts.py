"""Drafts: a notice as it would leave now, shown to staff or mailed to them."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.kernel.ids import derived_id
from bulkhead.web.commands import Command, commands, trials
from bulkhead.web.refusals import refusals
from notifications.application.drafts import (
    Draft,
    Drafting,
    Proof,
    check_proof_address,
    find_content,
    send_proofs,
    write_drafts,
)
from notifications.entrypoints.api.dependencies import Dependencies
from notifications.entrypoints.api.schemas import (
    DraftView,
    NoticePreviewBody,
    NoticePreviewView,
    NoticeProofBody,
    NoticeProofView,
)

router = APIRouter(tags=["notices"])


@router.post(
    "/v1/notice-previews",
    operation_id="previewNotice",
    summary="Show a notice as it would leave now",
    responses=refusals(NotFound),
)
async def post_preview(
    body: NoticePreviewBody, command: Annotated[Command, Depends(trials("operator"))]
) -> NoticePreviewView:
    """Return a notice of a type in each language, as HTML, text and PDF: the newest that a household has, written as
    things are now, or a sample that is of nobody. Nothing is kept and nothing is sent (NOT-1).
    """
    drafting = cast(Dependencies, command.dependencies).drafting
    drafts = await _drafts(command, body, drafting=drafting)
    return NoticePreviewView(items=[DraftView.of(each) for each in drafts])


@router.post(
    "/v1/notice-proofs",
    response_model=NoticeProofView,
    operation_id="proofNotice",
    summary="Mail a notice to staff as a proof",
    responses=refusals(NotFound, InvalidValue),
)
async def post_proof(
    body: NoticeProofBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Mail what the preview shows to one address of staff that NOTIFICATIONS_PROOF_ADDRESSES names: an e-mail a
    language, its PDF attached, its subject beginning with PROOF (NOT-1). It is no notice: its household sees nothing of
    it. Where the mail server goes away before it took all, the same request mails all again, with the same Message-IDs.
    """
    drafting = cast(Dependencies, command.dependencies).drafting
    key = await command.key()

    async def work() -> list[Proof]:
        to = check_proof_address(body.to, drafting=drafting)
        drafts = await _drafts(command, body, drafting=drafting)
        proof = derived_id("notice-proof", *key.scope, key.key)
        return await send_proofs(drafts, proof=proof, to=to, drafting=drafting, now=command.now)

    return await command.run_in_parts(work=work, view=NoticeProofView.of)


async def _drafts(command: Command, body: NoticePreviewBody, *, drafting: Drafting) -> list[Draft]:
    async with command.begin() as uow:
        contents = await find_content(uow, notice_type=body.type, household=body.household, drafting=drafting)
    return write_drafts(contents, drafting=drafting, now=command.now)
