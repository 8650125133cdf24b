"""Puts TA1s and 999s that are made into the drop-boxes (CAR-5)."""

from __future__ import annotations

from datetime import datetime

from bulkhead.files import Files
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from carrier_gateway.adapters.dropbox.boxes import DropBoxes
from carrier_gateway.application.send_transmissions import outbound_path
from carrier_gateway.application.waiting import ACKNOWLEDGEMENTS, carrier_lock
from carrier_gateway.application.write_acknowledgements import (
    made_acknowledgements,
    mark_acknowledgement_written,
)
from carrier_gateway.domain.records import WrittenAcknowledgement


class AcknowledgementPoller:
    """One turn writes what is made, each carrier's in the order of its numbers; a box that is away delays its own."""

    name = "acknowledgements"

    def __init__(self, *, uows: UnitOfWorkFactory, files: Files) -> None:
        self._uows = uows
        self._boxes = DropBoxes(uows=uows, files=files, side="outbound")

    async def turn(self, now: datetime) -> int:
        """Return how many were written."""
        away = await self._boxes.resting(now)

        async def put(made: WrittenAcknowledgement) -> int:
            return 0 if made.carrier in away else await self._write(made, now, away)

        return await do_one_by_one(
            await self._made(now, away),
            retries=ACKNOWLEDGEMENTS,
            uows=self._uows,
            now=now,
            key=_item,
            do=put,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many can be written now."""
        return len(await self._made(now, await self._boxes.resting(now)))

    async def _made(self, now: datetime, away: set[str]) -> list[WrittenAcknowledgement]:
        async with self._uows.begin(now=now) as uow:
            resting = await ACKNOWLEDGEMENTS.resting(uow)
            made = await made_acknowledgements(uow, leave=away)
        return [each for each in made if _item(each) not in resting]

    async def _write(self, made: WrittenAcknowledgement, now: datetime, away: set[str]) -> int:
        path = outbound_path(carrier=made.carrier, file=made.name)
        put = self._boxes.put(path, made.content.encode("ascii"))
        if not await self._boxes.reached(made.carrier, put, away=away, now=now):
            return 0
        async with self._uows.begin(now=now, households=[carrier_lock(made.carrier)]) as uow:
            await ACKNOWLEDGEMENTS.forget(uow, [_item(made)])
            await mark_acknowledgement_written(uow, made)
        return 1


def _item(made: WrittenAcknowledgement) -> str:
    return f"{made.carrier}/{made.control_number:09d}"
