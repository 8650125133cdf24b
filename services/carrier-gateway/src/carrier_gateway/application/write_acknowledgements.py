"""TA1s and 999s that are made become files in the carriers' drop-boxes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.records import WrittenAcknowledgement

AT_ONCE = 200
"""How many are written in one turn: the others follow in the next."""


async def made_acknowledgements(
    uow: UnitOfWork, *, leave: Collection[str] = ()
) -> list[WrittenAcknowledgement]:
    """Return what is made and not written, by number, at most `AT_ONCE` of each carrier but those in ``leave``."""
    carriers = await uow.records(WrittenAcknowledgement).distinct("carrier", state="built")
    found: list[WrittenAcknowledgement] = []
    for carrier in sorted(set(carriers) - set(leave)):
        found += await uow.records(WrittenAcknowledgement).select(
            carrier=carrier, state="built", order_by=("control_number",), limit=AT_ONCE
        )
    return found


async def mark_acknowledgement_written(uow: UnitOfWork, made: WrittenAcknowledgement) -> None:
    """Note that one is whole in the drop-box. The caller holds the carrier's lock."""
    known = await uow.records(WrittenAcknowledgement).get(
        carrier=made.carrier, control_number=made.control_number, state="built"
    )
    if known is not None:
        await uow.records(WrittenAcknowledgement).put([replace(known, state="written", written_on=uow.today)])
