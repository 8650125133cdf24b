"""Takes in the files that carriers drop: stores them whole, has them judged, moves them away (CAR-5)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import PurePosixPath

from bulkhead.files import Files, NoSuchFile, PathTaken
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.ports import UnitOfWorkFactory
from carrier_gateway.adapters.dropbox.boxes import DropBoxAway, DropBoxes
from carrier_gateway.application.carriers import known_carriers
from carrier_gateway.application.inbound_files import (
    LoadedFile,
    file_as_stored,
    find_households,
    inbound_folder,
    judge_file,
    load_file,
    mark_filed,
    store_file,
    stored_files,
)
from carrier_gateway.application.ports import InboundReader, Parameters
from carrier_gateway.application.reach import carrier_lock
from carrier_gateway.domain.inbound import FileSaid
from carrier_gateway.domain.records import InboundFile

BATCH = 50
READ_AT_ONCE_BYTES = 64 * 1024

_log = get_logger("inbound-files")


class InboundPoller:
    """One turn takes in what lies in every drop-box, and judges what had to wait for a profile."""

    name = "inbound-files"

    def __init__(
        self, *, uows: UnitOfWorkFactory, files: Files, reader: InboundReader, parameters: Parameters
    ) -> None:
        self._uows = uows
        self._reader = reader
        self._parameters = parameters
        self._boxes = DropBoxes(uows=uows, files=files, side="inbound")

    async def turn(self, now: datetime) -> int:
        """Return how many files were taken in or judged."""
        done = 0
        failing = await self._boxes.failing(now)
        for carrier in await self._carriers(now):
            try:
                paths = await self._boxes.names(inbound_folder(carrier))
                for path in paths:
                    done += await self._take(carrier, path, now)
            except DropBoxAway:
                await self._boxes.failed(carrier, now)
            else:
                if carrier in failing:
                    await self._boxes.answered(carrier, now)
        return done + await self._judge_stored(now)

    async def pending(self, now: datetime) -> int:
        """Return how many files lie there to be taken in, or are stored and can be judged."""
        lying = 0
        for carrier in await self._carriers(now):
            try:
                lying += len(await self._boxes.names(inbound_folder(carrier)))
            except DropBoxAway:
                continue  # the next turn notes it
        async with self._uows.begin(now=now) as uow:
            return lying + len(await stored_files(uow, limit=BATCH))

    async def _carriers(self, now: datetime) -> list[str]:
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            return [carrier for carrier in await known_carriers(uow) if carrier not in away]

    async def _take(self, carrier: str, path: str, now: datetime) -> int:
        """Store one file, have it judged where that can be done, and move it; return 1 once it is away."""
        name = PurePosixPath(path).name
        try:
            data = await self._boxes.get(path)
        except NoSuchFile:
            return 0  # another replica was faster
        async with self._uows.begin(now=now) as uow:
            stored = await store_file(uow, carrier=carrier, name=name, data=data)
        judged = await self._judge(stored, now)
        folder = "refused" if judged.state == "refused" else "processed"
        await self._move(path, folder=f"{inbound_folder(carrier)}/{folder}", name=name, sha256=stored.sha256)
        async with self._uows.begin(now=now) as uow:
            await mark_filed(uow, file=stored.file)
        return 1

    async def _move(self, path: str, *, folder: str, name: str, sha256: str) -> None:
        try:
            await self._boxes.move(path, f"{folder}/{name}")
        except PathTaken:
            # An earlier file of this name said something else: both are kept.
            await self._boxes.move(path, f"{folder}/{sha256[:12]}_{name}")
        except NoSuchFile:
            return  # another replica was faster

    async def _judge_stored(self, now: datetime) -> int:
        """Judge what was stored and could not be judged then, such as what came before a profile."""
        async with self._uows.begin(now=now) as uow:
            stored = await stored_files(uow, limit=BATCH)
        done = 0
        for each in stored:
            done += (await self._judge(each, now)).state != "stored"
        return done

    async def _read(self, loaded: LoadedFile) -> FileSaid:
        """Read a file, a long one beside the event loop: reading thousands of records takes seconds."""
        if len(loaded.data) <= READ_AT_ONCE_BYTES:
            return self._reader.read(loaded.data, profile=loaded.profile)
        return await asyncio.to_thread(self._reader.read, loaded.data, profile=loaded.profile)

    async def _judge(self, stored: InboundFile, now: datetime) -> InboundFile:
        async with self._uows.begin(now=now) as uow:
            loaded = await load_file(uow, file=stored.file)
            if loaded is None:
                return await file_as_stored(uow, file=stored.file)
        said = await self._read(loaded)
        async with self._uows.begin(now=now) as uow:
            read = await find_households(uow, loaded=loaded, said=said)
        locks = [*read.households, carrier_lock(stored.carrier)]
        async with self._uows.begin(now=now, households=locks) as uow:
            judged = await judge_file(uow, read=read, parameters=self._parameters)
        _log.info("inbound_file_judged", carrier=judged.carrier, file=judged.file, state=judged.state)
        return judged
