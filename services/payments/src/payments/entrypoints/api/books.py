"""The books (PAY-9)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from bulkhead.web.commands import Query, queries
from payments.application.report_books import report_books
from payments.entrypoints.api.schemas import BooksView

router = APIRouter(tags=["books"])


@router.get("/v1/books", operation_id="getBooks", summary="See where every cent is")
async def get_books(query: Annotated[Query, Depends(queries("operator"))]) -> BooksView:
    """Return where every cent is, whether it adds up, and how old the unremitted ones are (PAY-9).

    ``balanced`` is exact when no money is moving at this moment.
    """
    async with query.begin() as uow:
        report = await report_books(uow)
    return BooksView.of(report)
