"""Puts delinquency lists that are whole into the drop-boxes (CAR-3)."""

from __future__ import annotations

from datetime import datetime

from bulkhead.files import Files
from bulkhead.persistence.ports import UnitOfWorkFactory
from carrier_gateway.adapters.dropbox.boxes import DropBoxAway, DropBoxes
from carrier_gateway.application.reach import carrier_lock
from carrier_gateway.application.send_transmissions import outbound_path
from carrier_gateway.application.write_lists import (
    ListKey,
    build_list,
    built_list,
    is_whole,
    mark_written,
    open_lists,
)


class ListPoller:
    """One turn makes every list that has become whole, and writes every one that is made."""

    name = "delinquency-lists"

    def __init__(self, *, uows: UnitOfWorkFactory, files: Files) -> None:
        self._uows = uows
        self._boxes = DropBoxes(uows=uows, files=files, side="outbound")

    async def turn(self, now: datetime) -> int:
        """Return how many lists were made or written."""
        return await self._build(now) + await self._write(now)

    async def pending(self, now: datetime) -> int:
        """Return how many lists can be made or written now; one that lacks rows waits for others."""
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            whole = [key for key in await open_lists(uow, state="waiting") if await is_whole(uow, key)]
            made = [key for key in await open_lists(uow, state="built") if key.carrier not in away]
        return len(whole) + len(made)

    async def _build(self, now: datetime) -> int:
        async with self._uows.begin(now=now) as uow:
            waiting = await open_lists(uow, state="waiting")
        done = 0
        for key in waiting:
            async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
                done += await build_list(uow, key)
        return done

    async def _write(self, now: datetime) -> int:
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            made = await open_lists(uow, state="built")
        done = 0
        for key in made:
            if key.carrier in away:
                continue
            try:
                await self._put(key, now)
            except DropBoxAway:
                await self._boxes.failed(key.carrier, now)
                away.add(key.carrier)
                continue
            await self._boxes.answered(key.carrier, now)
            done += 1
        return done

    async def _put(self, key: ListKey, now: datetime) -> None:
        async with self._uows.begin(now=now) as uow:
            made = await built_list(uow, key)
        if made is None or made.file is None or made.content is None:
            return  # another replica was faster
        await self._boxes.put(outbound_path(carrier=key.carrier, file=made.file), made.content.encode())
        async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
            await mark_written(uow, key)
