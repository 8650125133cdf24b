"""Composes 820s of remittances that are whole, reads them again, and puts them into the drop-boxes (PAY-6, CAR-2)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from functools import partial

from bulkhead.files import Files
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from carrier_gateway.adapters.dropbox.boxes import DropBoxes, pieces_of
from carrier_gateway.application.carriers import profile_of
from carrier_gateway.application.ports import Parameters, RemittanceComposer
from carrier_gateway.application.send_transmissions import outbound_path
from carrier_gateway.application.waiting import REMITTANCES, carrier_lock
from carrier_gateway.application.write_remittances import (
    RemittanceKey,
    compose_more,
    mark_built,
    mark_remittance_written,
    next_remittances,
    numbered_remittance,
    open_remittances,
    piece_of,
    waits_for,
)
from carrier_gateway.domain.remittance_twin import twin_name
from carrier_gateway.domain.remittances import Remittance, RemittanceContent

PIECES_A_TURN = 20
"""So many pieces of a carrier's 820 are composed in one turn, each in a transaction of its own: others have theirs."""


class RemittancePoller:
    """One turn composes what can be of each carrier's next 820, reads again those that are composed, and writes those
    that were.
    """

    name = "remittances"

    def __init__(
        self,
        *,
        uows: UnitOfWorkFactory,
        files: Files,
        composer: RemittanceComposer,
        parameters: Parameters,
    ) -> None:
        self._uows = uows
        self._composer = composer
        self._parameters = parameters
        self._boxes = DropBoxes(uows=uows, files=files, side="outbound")

    async def turn(self, now: datetime) -> int:
        """Return how much was composed, read again or written. One that fails delays its own carrier alone."""
        async with self._uows.begin(now=now) as uow:
            waiting = await self._tried(uow, await next_remittances(uow))
        done = await self._each(waiting, now, self._compose)
        async with self._uows.begin(now=now) as uow:
            numbered = await self._tried(uow, await open_remittances(uow, state="numbered"))
        done += await self._each(numbered, now, self._check)
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            built = await self._tried(uow, await open_remittances(uow, state="built"))

        async def write(key: RemittanceKey, now: datetime) -> int:
            return 0 if key.carrier in away else await self._write(key, now, away)

        return done + await self._each(built, now, write)

    async def pending(self, now: datetime) -> int:
        """Return how many can be composed further, read again or written now; the others wait for what is not here."""
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            waiting = await self._tried(uow, await next_remittances(uow))
            ready = [key for key in waiting if await self._is_ready(uow, key)]
            numbered = await self._tried(uow, await open_remittances(uow, state="numbered"))
            built = await self._tried(uow, await open_remittances(uow, state="built"))
        return len(ready) + len(numbered) + sum(key.carrier not in away for key in built)

    async def _is_ready(self, uow: UnitOfWork, key: RemittanceKey) -> bool:
        found = await numbered_remittance(uow, key, state="waiting")
        return found is not None and not await waits_for(uow, found)

    async def _tried(self, uow: UnitOfWork, keys: list[RemittanceKey]) -> list[RemittanceKey]:
        resting = await REMITTANCES.resting(uow)
        return [key for key in keys if key.remittance not in resting]

    async def _each(
        self,
        keys: list[RemittanceKey],
        now: datetime,
        do: Callable[[RemittanceKey, datetime], Awaitable[int]],
    ) -> int:
        return await do_one_by_one(
            keys,
            retries=REMITTANCES,
            uows=self._uows,
            now=now,
            key=lambda key: key.remittance,
            do=lambda key: do(key, now),
        )

    async def _compose(self, key: RemittanceKey, now: datetime) -> int:
        for done in range(PIECES_A_TURN):
            async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
                await REMITTANCES.forget(uow, [key.remittance])
                if not await compose_more(uow, key, composer=self._composer, parameters=self._parameters):
                    return done
        return PIECES_A_TURN

    async def _check(self, key: RemittanceKey, now: datetime) -> int:
        async with self._uows.begin(now=now) as uow:
            if await numbered_remittance(uow, key, state="numbered") is None:
                return 0  # another replica was faster
            check = self._composer.check(await profile_of(uow, key.carrier))
        digest, size = hashlib.sha256(), 0
        async for data in self._pieces(key, now, _content):
            check.feed(data)
            digest.update(data)
            size += len(data)
        async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
            await REMITTANCES.forget(uow, [key.remittance])
            await mark_built(uow, key, sha256=digest.hexdigest(), size_bytes=size, problem=check.close())
        return 1

    async def _write(self, key: RemittanceKey, now: datetime, away: set[str]) -> int:
        async with self._uows.begin(now=now) as uow:
            built = await numbered_remittance(uow, key, state="built")
        if built is None or built.file is None:
            return 0  # another replica was faster
        put = self._put(key, built, now, built.file)
        if not await self._boxes.reached(key.carrier, put, away=away, now=now):
            return 0
        async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
            await REMITTANCES.forget(uow, [key.remittance])
            await mark_remittance_written(uow, key)
        return 1

    async def _put(self, key: RemittanceKey, built: Remittance, now: datetime, file: str) -> None:
        """Write the twin, then the 820: whoever finds that has both."""
        for name, part in ((twin_name(file), _twin), (file, _content)):
            path = outbound_path(carrier=built.carrier, file=name)
            await self._boxes.put_in_pieces(path, self._pieces(key, now, part))

    def _pieces(
        self, key: RemittanceKey, now: datetime, part: Callable[[RemittanceContent], bytes]
    ) -> AsyncIterator[bytes]:
        return pieces_of(self._uows, now, read=partial(piece_of, key=key), content=part)


def _content(piece: RemittanceContent) -> bytes:
    return piece.content.reveal().encode("ascii")


def _twin(piece: RemittanceContent) -> bytes:
    return piece.twin.encode()
