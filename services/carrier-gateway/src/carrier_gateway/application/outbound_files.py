"""What carriers are sent, for those that fetch it by HTTPS instead of out of their drop-boxes (CAR-1)."""

from __future__ import annotations

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.records import (
    DelinquencyList,
    Transmission,
    TransmissionContent,
    WrittenAcknowledgement,
)


async def outbound_file(uow: UnitOfWork, *, carrier: str, name: str) -> str:
    """Return the text of a file that was put into a carrier's drop-box, or is about to be; raises `NotFound`."""
    sets = await uow.records(Transmission).select(carrier=carrier, file=name, state=["built", "sent"])
    if sets:
        content = await uow.records(TransmissionContent).get(transmission=sets[0].transmission)
        if content is not None:
            return content.content.reveal()
    lists = await uow.records(DelinquencyList).select(carrier=carrier, file=name)
    if lists and lists[0].content is not None:
        return lists[0].content
    answers = await uow.records(WrittenAcknowledgement).select(carrier=carrier, name=name)
    if answers:
        return answers[0].content
    raise NotFound("there is no file of this name for this carrier")
