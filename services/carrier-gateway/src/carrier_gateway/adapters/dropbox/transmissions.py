"""Builds the sets that wait and puts those that are built into the drop-boxes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from bulkhead.files import Files
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from carrier_gateway.adapters.dropbox.boxes import DropBoxAway, DropBoxes
from carrier_gateway.application.build_transmissions import (
    build_transmissions,
    buildable_carriers,
    waiting_households,
)
from carrier_gateway.application.ports import Composer, Parameters
from carrier_gateway.application.send_transmissions import (
    Parcel,
    built_carriers,
    count_pending,
    mark_sent,
    parcels_for,
)
from carrier_gateway.application.waiting import TRANSMISSIONS, building, carrier_lock, sending

BUILT_AT_ONCE = 50
"""Households whose sets are composed in one transaction: a few milliseconds each, and nobody else's turn."""

SENT_AT_ONCE = 200


class TransmissionPoller:
    """One turn builds a batch for each carrier and sends a batch to each; none waits for another."""

    name = "transmissions"

    def __init__(
        self, *, uows: UnitOfWorkFactory, files: Files, composer: Composer, parameters: Parameters
    ) -> None:
        self._uows = uows
        self._composer = composer
        self._parameters = parameters
        self._boxes = DropBoxes(uows=uows, files=files, side="outbound")

    async def turn(self, now: datetime) -> int:
        """Return how many sets were built or sent. A carrier about whom something fails delays itself alone."""
        built = await self._each(await self._buildable(now), now, self._build, key=building)
        return built + await self._each(await self._sendable(now), now, self._send, key=sending)

    async def pending(self, now: datetime) -> int:
        """Return how many sets can be built or sent now, not those that wait for a profile or a drop-box."""
        buildable, sendable = await self._buildable(now), await self._sendable(now)
        async with self._uows.begin(now=now) as uow:
            return await count_pending(uow, buildable=buildable, sendable=sendable)

    async def _each(
        self,
        carriers: list[str],
        now: datetime,
        do: Callable[[str, datetime], Awaitable[int]],
        *,
        key: Callable[[str], str],
    ) -> int:
        return await do_one_by_one(
            carriers, retries=TRANSMISSIONS, uows=self._uows, now=now, key=key, do=lambda each: do(each, now)
        )

    async def _buildable(self, now: datetime) -> list[str]:
        async with self._uows.begin(now=now) as uow:
            resting = await TRANSMISSIONS.resting(uow)
            return [each for each in await buildable_carriers(uow) if building(each) not in resting]

    async def _sendable(self, now: datetime) -> list[str]:
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            resting = await TRANSMISSIONS.resting(uow)
            carriers = await built_carriers(uow)
        return [each for each in carriers if each not in away and sending(each) not in resting]

    async def _build(self, carrier: str, now: datetime) -> int:
        async with self._uows.begin(now=now) as uow:
            households = await waiting_households(uow, carrier=carrier, limit=BUILT_AT_ONCE)
        if not households:
            return 0
        async with self._uows.begin(now=now, households=[*households, carrier_lock(carrier)]) as uow:
            await TRANSMISSIONS.forget(uow, [building(carrier)])
            return await build_transmissions(
                uow,
                carrier=carrier,
                households=households,
                composer=self._composer,
                parameters=self._parameters,
            )

    async def _send(self, carrier: str, now: datetime) -> int:
        async with self._uows.begin(now=now) as uow:
            parcels = await parcels_for(uow, carrier=carrier, limit=SENT_AT_ONCE)
        arrived: list[Parcel] = []
        away: DropBoxAway | None = None
        for parcel in parcels:
            try:
                await self._boxes.put(parcel.path, parcel.data)
            except DropBoxAway as error:
                away = error
                break
            arrived.append(parcel)
        # What arrived is noted first: it stays so, whatever becomes of the rest.
        sent = await self._note(carrier, arrived, now) if arrived else 0
        if away is None:
            await self._boxes.answered(carrier, now)
        else:
            await self._boxes.failed(carrier, away, now)
        return sent

    async def _note(self, carrier: str, arrived: list[Parcel], now: datetime) -> int:
        async with self._uows.begin(now=now, households=[each.household for each in arrived]) as uow:
            await TRANSMISSIONS.forget(uow, [sending(carrier)])
            return await mark_sent(uow, transmissions=[each.transmission for each in arrived])
