"""Puts delinquency lists that are whole into the drop-boxes (CAR-3)."""

from __future__ import annotations

from datetime import datetime

from bulkhead.files import Files
from bulkhead.persistence.ports import UnitOfWorkFactory
from carrier_gateway.adapters.dropbox.boxes import DropBoxAway, DropBoxes, EachAlone
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
        """Return how many lists were made or written. Raises a bug about one list after all others were seen
        to."""
        each_alone = EachAlone()
        await self._build(now, each_alone)
        await self._write(now, each_alone)
        return each_alone.done()

    async def pending(self, now: datetime) -> int:
        """Return how many lists can be made or written now; one that lacks rows waits for others."""
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            whole = [key for key in await open_lists(uow, state="waiting") if await is_whole(uow, key)]
            made = [key for key in await open_lists(uow, state="built") if key.carrier not in away]
        return len(whole) + len(made)

    async def _build(self, now: datetime, each_alone: EachAlone) -> None:
        async with self._uows.begin(now=now) as uow:
            waiting = await open_lists(uow, state="waiting")
        for key in waiting:
            await each_alone.do(self._build_one(key, now))

    async def _build_one(self, key: ListKey, now: datetime) -> int:
        async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
            return await build_list(uow, key)

    async def _write(self, now: datetime, each_alone: EachAlone) -> None:
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            made = await open_lists(uow, state="built")
        for key in made:
            if key.carrier not in away:
                await each_alone.do(self._write_one(key, now, away))

    async def _write_one(self, key: ListKey, now: datetime, away: set[str]) -> int:
        try:
            await self._put(key, now)
        except DropBoxAway:
            await self._boxes.failed(key.carrier, now)
            away.add(key.carrier)
            return 0
        await self._boxes.answered(key.carrier, now)
        return 1

    async def _put(self, key: ListKey, now: datetime) -> None:
        async with self._uows.begin(now=now) as uow:
            made = await built_list(uow, key)
        if made is None or made.file is None or made.content is None:
            return  # another replica was faster
        await self._boxes.put(outbound_path(carrier=key.carrier, file=made.file), made.content.encode())
        async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
            await mark_written(uow, key)
