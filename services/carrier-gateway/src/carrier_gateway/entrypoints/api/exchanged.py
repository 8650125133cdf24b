"""Files by HTTPS, for carriers that neither fetch nor bring them by SFTP (CAR-1)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import PlainTextResponse

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Like
from bulkhead.web.refusals import refusals
from carrier_gateway.application.carriers import profile_of
from carrier_gateway.application.inbound_files import store_file
from carrier_gateway.application.outbound_files import outbound_file
from carrier_gateway.application.take_books import keep_whole_book
from carrier_gateway.application.waiting import carrier_lock
from carrier_gateway.domain.books import is_book
from carrier_gateway.domain.records import InboundFile
from carrier_gateway.entrypoints.api.schemas import InboundFileBody, InboundFileView

router = APIRouter(tags=["files"])

FileName = Annotated[
    str,
    Like(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$",
        "must be 1 to 200 letters, digits, '.', '_' or '-', the first a letter or digit",
    ),
]


@router.get(
    "/v1/outbound-files/{file}",
    operation_id="fetchOutboundFile",
    summary="Fetch a file that was sent",
    response_class=PlainTextResponse,
    responses=refusals(NotFound),
)
async def fetch_outbound_file(
    file: Annotated[FileName, Path(description="The file's name, as transmissions and lists have it.")],
    query: Annotated[Query, Depends(queries("carrier"))],
) -> str:
    """Return a file byte for byte as it lies in the caller's drop-box, or lay there (CAR-1): an 834, a TA1 or a 999, a
    delinquency list. 820s, audits and answers to books, which may be long, are fetched by SFTP alone.

    It may be fetched as often as somebody likes. Only the carrier it is for gets it: it names people.
    """
    async with query.begin() as uow:
        return await outbound_file(uow, carrier=query.caller.own_carrier(), name=file)


@router.put(
    "/v1/inbound-files/{name}",
    status_code=202,
    response_model=InboundFileView,
    operation_id="bringInboundFile",
    summary="Bring a file",
    responses=refusals(NotFound),
)
async def bring_inbound_file(
    name: Annotated[FileName, Path(description="What it is called in the list of files.")],
    body: InboundFileBody,
    command: Annotated[Command, Depends(commands("carrier"))],
) -> Response:
    """Keep a file as if it had been brought into the caller's drop-box; it is judged within seconds (CAR-1, CAR-5).

    It is whole, whatever its name ends in. The same bytes again are the same file, and have no effect. Larger files,
    whose request would be too long, are brought by SFTP.
    """
    carrier = command.caller.own_carrier()

    async def keep(uow: UnitOfWork) -> InboundFile:
        await profile_of(uow, carrier)  # without one nobody would read it
        if is_book(name):
            return await keep_whole_book(uow, carrier=carrier, name=name, data=body.data)
        return await store_file(uow, carrier=carrier, name=name, data=body.data, lies_in_box=False)

    return await command.run(
        households=[carrier_lock(carrier)],
        body=body,
        use_case=keep,
        view=InboundFileView.of,
        status=202,
        idempotency="none",
    )
