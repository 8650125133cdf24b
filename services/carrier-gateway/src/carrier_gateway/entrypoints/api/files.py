"""Files from carriers: every one that came, every record's verdict, what waits for somebody (CAR-5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Protocol, TypeVar

from fastapi import APIRouter, Depends
from fastapi import Query as Parameter

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from carrier_gateway.domain.records import (
    InboundFile,
    InboundRecord,
    ReceivedAcknowledgement,
    WrittenAcknowledgement,
)
from carrier_gateway.entrypoints.api.conditions import seen_by
from carrier_gateway.entrypoints.api.schemas import InboundFileView

router = APIRouter(tags=["inbound files"])


@router.get(
    "/v1/inbound-files",
    operation_id="listInboundFiles",
    summary="List the files that carriers sent",
    responses=refusals(NotFound),
)
async def list_inbound_files(
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
    carrier: Id | None = None,
    state: Annotated[Literal["stored", "processed", "refused"] | None, Parameter()] = None,
) -> Page[InboundFileView]:
    """Return the files that carriers dropped, with the verdict on every record and its reasons (CAR-5).

    A carrier sees its own.
    """
    async with query.begin() as uow:
        found = await uow.records(InboundFile).select(
            file__gt=paging.after_id, limit=paging.limit + 1, **seen_by(query, carrier=carrier, state=state)
        )
        records = await uow.records(InboundRecord).select(file=[each.file for each in found[: paging.limit]])
        ids = [each.file for each in found[: paging.limit]]
        received = await uow.records(ReceivedAcknowledgement).select(file=ids, order_by=("file", "number"))
        written = await uow.records(WrittenAcknowledgement).select(
            file=ids, order_by=("file", "control_number")
        )
    by_file = _by_file(records)
    received_by_file, written_by_file = _by_file(received), _by_file(written)
    return paging.page(
        found,
        key=lambda each: each.file,
        view=lambda each: InboundFileView.of(
            each,
            records=by_file.get(each.file, []),
            received=received_by_file.get(each.file, []),
            written=written_by_file.get(each.file, []),
        ),
    )


class _OfFile(Protocol):
    @property
    def file(self) -> str: ...


Found = TypeVar("Found", bound=_OfFile)


def _by_file(rows: Iterable[Found]) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for each in rows:
        found.setdefault(each.file, []).append(each)
    return found
