"""Notices: a household's own, and all that are in one state."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Query as InQuery

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import HouseholdPath, Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from notifications.application.find_copies import find_copy, list_copies
from notifications.application.list_notices import list_household_notices, list_notices_in_state
from notifications.domain.notices import By, NoticeState
from notifications.entrypoints.api.schemas import NoticeView, SentCopyList, SentCopyView, WholeCopyView

router = APIRouter(tags=["notices"])


@router.get(
    "/v1/households/{household}/notices",
    operation_id="listHouseholdNotices",
    summary="List a household's notices",
    responses=refusals(NotFound),
)
async def get_household_notices(
    household: HouseholdPath,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
    paging: Paging,
) -> Page[NoticeView]:
    """Return the household's notices, sent or not, in the order of what they tell (NOT-1)."""
    query.require_household(household)
    async with query.begin() as uow:
        notices = await list_household_notices(uow, household=household)
    return paging.page_of(notices, key=lambda each: f"{each.number:012d}", view=NoticeView.of)


@router.get("/v1/notices", operation_id="listNotices", summary="List the notices in one state")
async def get_notices(
    state: Annotated[NoticeState, InQuery(description="How far they have come.")],
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
) -> Page[NoticeView]:
    """Return all notices in a state, by id: what waits, and what cannot be sent, whoever it is for."""
    async with query.begin() as uow:
        notices = await list_notices_in_state(uow, state=state, after=paging.after_id, limit=paging.limit + 1)
    return paging.page(notices, key=lambda each: each.notice, view=NoticeView.of)


@router.get(
    "/v1/households/{household}/notices/{notice}/copies",
    operation_id="listNoticeCopies",
    summary="List what left of a notice",
    responses=refusals(NotFound),
)
async def get_copies(
    household: HouseholdPath,
    notice: Id,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
) -> SentCopyList:
    """Return what left of a notice and is kept byte for byte: an e-mail, a letter, both where the e-mail came back."""
    query.require_household(household)
    async with query.begin() as uow:
        copies = await list_copies(uow, household=household, notice=notice)
    return SentCopyList(items=[SentCopyView.of(each) for each in copies])


@router.get(
    "/v1/households/{household}/notices/{notice}/copies/{by}",
    operation_id="getNoticeCopy",
    summary="Get what left of a notice, byte for byte",
    responses=refusals(NotFound),
)
async def get_copy(
    household: HouseholdPath,
    notice: Id,
    by: By,
    query: Annotated[Query, Depends(queries("member", "operator"))],
) -> WholeCopyView:
    """Return the bytes of a notice's e-mail or letter as they left, in base64, with their SHA-256.

    They name and address the reader: the household's member and operators are given them, nobody else.
    """
    query.require_household(household)
    async with query.begin() as uow:
        copy = await find_copy(uow, household=household, notice=notice, by=by)
    return WholeCopyView.whole(copy)
