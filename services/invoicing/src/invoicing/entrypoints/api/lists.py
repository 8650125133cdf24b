"""Delinquency lists, and the ledger in sums."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Query, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from invoicing.application.books import read_books
from invoicing.domain.records import ListRow
from invoicing.entrypoints.api.schemas import BooksView, ListRowView

router = APIRouter(tags=["lists and books"])


@router.get(
    "/v1/delinquency-lists",
    operation_id="listDelinquent",
    summary="List a carrier's delinquent households",
    responses=refusals(NotFound),
)
async def list_delinquent(
    carrier: Id,
    on: PlainDate,
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
) -> Page[ListRowView]:
    """Return a carrier's list of a 1st (CAR-3). A carrier sees its own."""
    query.require_carrier(carrier)
    async with query.begin() as uow:
        rows = await uow.records(ListRow).select(
            carrier=carrier, on=on, household__gt=paging.after_id, limit=paging.limit + 1
        )
    return paging.page(rows, key=lambda row: row.household, view=ListRowView.of_row)


@router.get("/v1/books", operation_id="getBooks", summary="See the ledger in sums")
async def get_books(query: Annotated[Query, Depends(queries("operator"))]) -> BooksView:
    """Return the ledger in sums (INV-16): what is not applied must equal payments' own figure (PAY-9)."""
    async with query.begin() as uow:
        books = await read_books(uow)
    return BooksView(
        charged_cents=books.charged_cents,
        settled_cents=books.settled_cents,
        owed_cents=books.owed_cents,
        held_cents=books.held_cents,
        credit_cents=books.credit_cents,
        owed_back_cents=books.owed_back_cents,
        unapplied_cents=books.unapplied_cents,
        positions_agree=books.positions_agree,
    )
