"""Takes in the files that carriers drop: stores them whole, has them judged, moves them away (CAR-5)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from pathlib import PurePosixPath

from bulkhead.files import Files, NoSuchFile, printable_name
from bulkhead.kernel.errors import is_its_own
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import NotNow
from carrier_gateway.adapters.dropbox.books import bring_book
from carrier_gateway.adapters.dropbox.boxes import DropBoxAway, DropBoxes
from carrier_gateway.application.carriers import known_carriers
from carrier_gateway.application.inbound_files import (
    MOST_BYTES,
    LoadedFile,
    ReadFile,
    file_as_stored,
    find_households,
    inbound_folder,
    judge_file,
    load_file,
    mark_filed,
    store_file,
    stored_files,
)
from carrier_gateway.application.ports import Acknowledger, InboundReader, Parameters
from carrier_gateway.application.waiting import INBOUND_FILES, carrier_lock, file_in_box, forget_gone
from carrier_gateway.domain.books import MOST_BOOK_BYTES, is_book
from carrier_gateway.domain.records import InboundFile
from carrier_gateway.domain.said import FileSaid, SetSaid

BATCH = 50
READ_AT_ONCE_BYTES = 64 * 1024
TOLD_AT_ONCE = 20

_log = get_logger("inbound-files")


class InboundPoller:
    """One turn takes in what lies in every drop-box, and judges what had to wait for a profile."""

    name = "inbound-files"

    def __init__(
        self,
        *,
        uows: UnitOfWorkFactory,
        files: Files,
        reader: InboundReader,
        acknowledger: Acknowledger,
        parameters: Parameters,
        book_bytes: int = MOST_BOOK_BYTES,
    ) -> None:
        self._uows = uows
        self._reader = reader
        self._acknowledger = acknowledger
        self._parameters = parameters
        self._book_bytes = book_bytes
        self._boxes = DropBoxes(uows=uows, files=files, side="inbound")
        self._opened: set[str] = set()

    async def turn(self, now: datetime) -> int:
        """Return how many files were taken in or judged. A bad one delays itself alone."""
        done = 0
        failing = await self._boxes.failing(now)
        resting = await self._resting(now)
        for carrier in await self._carriers(now):
            try:
                done += await self._empty(carrier, now, resting)
            except DropBoxAway as away:
                await self._boxes.failed(carrier, away, now)
            else:
                if carrier in failing:
                    await self._boxes.answered(carrier, now)
        return done + await self._judge_stored(now, await self._resting(now))

    async def pending(self, now: datetime) -> int:
        """Return how many files lie there to be taken in, or are stored and can be judged."""
        lying = 0
        resting = await self._resting(now)
        for carrier in await self._carriers(now):
            try:
                names = [_printable(path) for path in await self._boxes.names(inbound_folder(carrier))]
            except DropBoxAway:
                continue  # the next turn notes it
            lying += sum(file_in_box(carrier, name) not in resting for name in names)
        async with self._uows.begin(now=now) as uow:
            stored = await stored_files(uow, limit=BATCH, leave=resting)
        return lying + len(stored)

    async def _carriers(self, now: datetime) -> list[str]:
        away = await self._boxes.resting(now)
        async with self._uows.begin(now=now) as uow:
            return [carrier for carrier in await known_carriers(uow) if carrier not in away]

    async def _resting(self, now: datetime) -> set[str]:
        async with self._uows.begin(now=now) as uow:
            return await INBOUND_FILES.resting(uow)

    async def _empty(self, carrier: str, now: datetime, resting: Collection[str]) -> int:
        """Take in what lies in one box; return how many files that was. Raises `DropBoxAway`."""
        done = 0
        if carrier not in self._opened:  # so that there is a place to drop the first file
            await self._boxes.make_folder(inbound_folder(carrier))
            self._opened.add(carrier)
        lying = {path: _printable(path) for path in await self._boxes.names(inbound_folder(carrier))}
        async with self._uows.begin(now=now) as uow:
            await forget_gone(uow, carrier=carrier, lying=lying.values())
        for path, name in lying.items():
            if file_in_box(carrier, name) in resting:
                continue
            try:
                done += await self._take(carrier, path, now)
            except DropBoxAway as away:
                await self._boxes.names(inbound_folder(carrier))  # the box itself answers, or is away
                await self._stuck(carrier, name, away, now)
            except Exception as error:
                if not is_its_own(error):
                    raise
                # A bug about one file holds no other back.
                await self._stuck(carrier, name, error, now)
        return done

    async def _stuck(self, carrier: str, name: str, error: Exception, now: datetime) -> None:
        file = file_in_box(carrier, name)
        async with self._uows.begin(now=now, households=[INBOUND_FILES.lock_of(file)]) as uow:
            await INBOUND_FILES.put_off(uow, file, because=error)

    async def _take(self, carrier: str, path: str, now: datetime) -> int:
        """Store one file, have it judged where that can be done, and move it; return 1 once it is away."""
        name = _printable(path)
        if is_book(name):
            return await self._take_book(carrier, path, now)
        try:
            if (size := await self._boxes.size(path)) > MOST_BYTES:
                raise NotNow(f"the file is of {size} bytes: it must be of {MOST_BYTES} at most")
            data = await self._boxes.get(path)
        except NoSuchFile:
            return 0  # another replica was faster
        async with self._uows.begin(now=now) as uow:
            stored = await store_file(uow, carrier=carrier, name=name, data=data)
        judged = await self._judge(stored, now)
        folder = "refused" if judged.state == "refused" else "processed"
        await self._boxes.put_away(path, folder=f"{inbound_folder(carrier)}/{folder}", sha256=stored.sha256)
        async with self._uows.begin(now=now) as uow:
            await mark_filed(uow, file=stored.file)
            await INBOUND_FILES.forget(uow, [file_in_box(carrier, name)])
        return 1

    async def _take_book(self, carrier: str, path: str, now: datetime) -> int:
        """Keep a carrier's book, which is read by itself (CAR-6), and move it; return 1 once it is away."""
        name = _printable(path)
        try:
            kept = await bring_book(
                self._boxes,
                path,
                carrier=carrier,
                name=name,
                uows=self._uows,
                now=now,
                most_bytes=self._book_bytes,
            )
        except NoSuchFile:
            return 0  # another replica was faster
        async with self._uows.begin(now=now) as uow:
            known = await file_as_stored(uow, file=kept.file)  # another replica may have been at it meanwhile
        folder = "refused" if known.state == "refused" else "processed"
        await self._boxes.put_away(path, folder=f"{inbound_folder(carrier)}/{folder}", sha256=kept.sha256)
        async with self._uows.begin(now=now) as uow:
            await mark_filed(uow, file=kept.file)
            await INBOUND_FILES.forget(uow, [file_in_box(carrier, name)])
        return 1

    async def _judge_stored(self, now: datetime, resting: Collection[str]) -> int:
        """Judge what was stored and could not be judged then, such as what came before a profile."""
        async with self._uows.begin(now=now) as uow:
            stored = await stored_files(uow, limit=BATCH, leave=resting)
        done = 0
        for each in stored:
            try:
                done += (await self._judge(each, now)).state != "stored"
                async with self._uows.begin(now=now) as uow:
                    await INBOUND_FILES.forget(uow, [file_in_box(each.carrier, each.name)])
            except Exception as error:
                if not is_its_own(error):
                    raise
                # A bug about one file holds no other back.
                await self._stuck(each.carrier, each.name, error, now)
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
        told = await self._read_told(read)
        locks = [*read.households, carrier_lock(stored.carrier)]
        async with self._uows.begin(now=now, households=locks) as uow:
            judged = await judge_file(
                uow, read=read, told=told, parameters=self._parameters, acknowledger=self._acknowledger
            )
        file = judged.file
        _log.info("inbound_file_judged", carrier=file.carrier, file=file.file, state=file.state)
        for transmission in judged.rejects:
            _log.error("transmission_rejected", carrier=file.carrier, transmission=transmission)
        return file

    async def _read_told(self, read: ReadFile) -> dict[str, tuple[SetSaid, ...]]:
        """Read again what carriers were told of the policies a file names: it is what they confirm."""

        def read_all() -> dict[str, tuple[SetSaid, ...]]:
            return {
                policy: tuple(
                    self._reader.read(each.reveal().encode("ascii"), profile=read.profile).sets[0]
                    for each in contents
                )
                for policy, contents in read.told.items()
            }

        sets = sum(len(contents) for contents in read.told.values())
        return read_all() if sets <= TOLD_AT_ONCE else await asyncio.to_thread(read_all)


def _printable(path: str) -> str:
    return printable_name(PurePosixPath(path).name)
