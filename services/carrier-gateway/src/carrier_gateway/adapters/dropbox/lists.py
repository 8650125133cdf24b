"""Puts delinquency lists that are whole into the drop-boxes (CAR-3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from bulkhead.files import Files
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from carrier_gateway.adapters.dropbox.boxes import DropBoxes
from carrier_gateway.application.send_transmissions import outbound_path
from carrier_gateway.application.waiting import DELINQUENCY_LISTS, carrier_lock
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
        """Return how many lists were made or written. One that fails delays itself alone."""
        async with self._uows.begin(now=now) as uow:
            waiting = await self._tried(uow, await open_lists(uow, state="waiting"))
        built = await self._each(waiting, now, self._build_one)
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            made = await self._tried(uow, await open_lists(uow, state="built"))

        async def write(key: ListKey, now: datetime) -> int:
            return 0 if key.carrier in away else await self._write_one(key, now, away)

        return built + await self._each(made, now, write)

    async def pending(self, now: datetime) -> int:
        """Return how many lists can be made or written now; one that lacks rows waits for others."""
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            waiting = await self._tried(uow, await open_lists(uow, state="waiting"))
            whole = [key for key in waiting if await is_whole(uow, key)]
            made = await self._tried(uow, await open_lists(uow, state="built"))
        return len(whole) + sum(key.carrier not in away for key in made)

    async def _tried(self, uow: UnitOfWork, keys: list[ListKey]) -> list[ListKey]:
        resting = await DELINQUENCY_LISTS.resting(uow)
        return [key for key in keys if key.name not in resting]

    async def _each(
        self, keys: list[ListKey], now: datetime, do: Callable[[ListKey, datetime], Awaitable[int]]
    ) -> int:
        return await do_one_by_one(
            keys,
            retries=DELINQUENCY_LISTS,
            uows=self._uows,
            now=now,
            key=lambda key: key.name,
            do=lambda key: do(key, now),
        )

    async def _build_one(self, key: ListKey, now: datetime) -> int:
        async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
            await DELINQUENCY_LISTS.forget(uow, [key.name])
            return await build_list(uow, key)

    async def _write_one(self, key: ListKey, now: datetime, away: set[str]) -> int:
        return int(await self._boxes.reached(key.carrier, self._put(key, now), away=away, now=now))

    async def _put(self, key: ListKey, now: datetime) -> None:
        async with self._uows.begin(now=now) as uow:
            made = await built_list(uow, key)
        if made is None or made.file is None or made.content is None:
            return  # another replica was faster
        await self._boxes.put(outbound_path(carrier=key.carrier, file=made.file), made.content.encode())
        async with self._uows.begin(now=now, households=[carrier_lock(key.carrier)]) as uow:
            await DELINQUENCY_LISTS.forget(uow, [key.name])
            await mark_written(uow, key)
