"""Builds the sets that wait and puts those that are built into the drop-boxes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from bulkhead.files import Files
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import MOST_FAILING_IN_A_ROW, do_together
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
from carrier_gateway.application.waiting import (
    TRANSMISSIONS,
    building,
    carrier_lock,
    forget_done,
    households_in,
    sending,
)

BUILT_AT_ONCE = 50
"""Households whose sets are composed in one transaction: a few milliseconds each, and nobody else's turn."""

SENT_AT_ONCE = 200


class TransmissionPoller:
    """One turn builds a batch for each carrier and sends a batch to each; none waits for another, nor does a household
    for another's.
    """

    name = "transmissions"

    def __init__(
        self, *, uows: UnitOfWorkFactory, files: Files, composer: Composer, parameters: Parameters
    ) -> None:
        self._uows = uows
        self._composer = composer
        self._parameters = parameters
        self._boxes = DropBoxes(uows=uows, files=files, side="outbound")

    async def turn(self, now: datetime) -> int:
        """Return how many sets were built or sent. What fails delays its household alone, or a box its carrier."""
        built = sum(
            [
                await self._build(carrier, now, leave)
                for carrier, leave in (await self._buildable(now)).items()
            ]
        )
        return built + sum(
            [await self._send(carrier, now, leave) for carrier, leave in (await self._sendable(now)).items()]
        )

    async def pending(self, now: datetime) -> int:
        """Return how many sets can be built or sent now, not those that wait for a profile, a drop-box or a time."""
        buildable, sendable = await self._buildable(now), await self._sendable(now)
        async with self._uows.begin(now=now) as uow:
            return await count_pending(uow, buildable=buildable, sendable=sendable)

    async def _buildable(self, now: datetime) -> dict[str, set[str]]:
        """Return the carriers for which something waits, each with the households to be left alone."""
        async with self._uows.begin(now=now) as uow:
            failed, resting = await TRANSMISSIONS.waiting_and_resting(uow)
            await forget_done(uow, failed)
            carriers = await buildable_carriers(uow)
        return {each: households_in(resting, each, building) for each in carriers}

    async def _sendable(self, now: datetime) -> dict[str, set[str]]:
        """Return the carriers to which something can be sent, each with the households to be left alone."""
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            resting = await TRANSMISSIONS.resting(uow)
            carriers = await built_carriers(uow)
        return {each: households_in(resting, each, sending) for each in carriers if each not in away}

    async def _build(self, carrier: str, now: datetime, leave: Collection[str]) -> int:
        async with self._uows.begin(now=now) as uow:
            households = await waiting_households(uow, carrier=carrier, limit=BUILT_AT_ONCE, leave=leave)
        return await self._build_for(carrier, households, now) if households else 0

    async def _build_for(self, carrier: str, households: list[str], now: datetime) -> int:
        """Build these households' sets: together, or one by one where that fails."""

        async def build(together: Sequence[str]) -> int:
            async with self._uows.begin(now=now, households=[*together, carrier_lock(carrier)]) as uow:
                await TRANSMISSIONS.forget(uow, [building(carrier, each) for each in together])
                return await build_transmissions(
                    uow,
                    carrier=carrier,
                    households=together,
                    composer=self._composer,
                    parameters=self._parameters,
                )

        async def put_off(household: str, error: Exception) -> int:
            return await self._put_off(building(carrier, household), household, now, because=error)

        return sum(await do_together(households, do=build, put_off=put_off))

    async def _send(self, carrier: str, now: datetime, leave: Collection[str]) -> int:
        async with self._uows.begin(now=now) as uow:
            parcels = await parcels_for(uow, carrier=carrier, limit=SENT_AT_ONCE, leave=leave)
        arrived: list[Parcel] = []
        failed: dict[str, Exception] = {}
        away: DropBoxAway | None = None
        in_a_row = 0
        for parcel in parcels:
            if parcel.household in failed:
                continue  # a household's sets arrive in order
            try:
                await self._boxes.put(parcel.path, parcel.data)
            except DropBoxAway as error:
                in_a_row += 1
                if in_a_row > MOST_FAILING_IN_A_ROW or not await self._boxes.answers(parcel.path):
                    away = error
                    break
                failed[parcel.household] = error
            except Exception as error:  # noqa: BLE001 - a bug about one file holds no other back
                failed[parcel.household] = error
            else:
                in_a_row = 0
                arrived.append(parcel)
        # What arrived is noted first: it stays so, whatever becomes of the rest.
        sent = await self._note(carrier, arrived, now) if arrived else 0
        for household, error in failed.items():
            await self._put_off(sending(carrier, household), household, now, because=error)
        if away is None:
            await self._boxes.answered(carrier, now)
        else:
            await self._boxes.failed(carrier, away, now)
        return sent

    async def _note(self, carrier: str, arrived: list[Parcel], now: datetime) -> int:
        """Note that sets have arrived: together, or household by household where that fails."""

        async def note(together: Sequence[str]) -> int:
            sent = [each.transmission for each in arrived if each.household in together]
            async with self._uows.begin(now=now, households=together) as uow:
                await TRANSMISSIONS.forget(uow, [sending(carrier, each) for each in together])
                return await mark_sent(uow, transmissions=sent)

        async def put_off(household: str, error: Exception) -> int:
            return await self._put_off(sending(carrier, household), household, now, because=error)

        households = sorted({each.household for each in arrived})
        return sum(await do_together(households, do=note, put_off=put_off))

    async def _put_off(self, item: str, household: str, now: datetime, *, because: Exception) -> int:
        async with self._uows.begin(now=now, households=[TRANSMISSIONS.lock_of(item)]) as uow:
            await TRANSMISSIONS.put_off(uow, item, because=because, household=household)
        return 0
