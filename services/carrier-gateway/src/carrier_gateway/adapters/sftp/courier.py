"""Carries files to carriers' own hosts and from them: each once, in order, each carrier by itself (CAR-1, CAR-4)."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from asyncssh import SFTPError

from bulkhead.files import is_finished, opened_folder
from bulkhead.kernel.errors import Retryable
from bulkhead.observability.logging import describe, get_logger
from bulkhead.persistence.ports import UnitOfWorkFactory
from carrier_gateway.adapters.sftp.box import FOLDERS, INBOUND, LONGEST_NAME_BYTES, Box, Entry, Limits
from carrier_gateway.adapters.sftp.host import (
    PIECE_BYTES,
    Host,
    HostAway,
    NotCarried,
    Patience,
    RemoteFile,
    reached,
)
from carrier_gateway.adapters.sftp.keys import private_keys, silence
from carrier_gateway.application.deliveries import (
    delivery_of,
    files_rest,
    forget_delivery,
    hosts_due,
    note_delivery,
)
from carrier_gateway.application.waiting import DROP_BOXES, HOST_FILES, HOST_SIDES, BoxPart, Side, drop_box
from carrier_gateway.domain.carriers import CarrierHost
from carrier_gateway.domain.records import Delivery

MOST_A_VISIT: Final = 1_000
"""Files each way: what lies there beyond that goes with the next visit, so that neither way waits for the other."""
UNFINISHED: Final = ".tmp"
_LOCK = ".bulkhead-courier.lock"

T = TypeVar("T")
_log = get_logger("courier")


class BoxFails(NotCarried):
    """The drop-box here does not take or give what it is asked for: so it would with other files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierPlace:
    """Where the drop-boxes are, what proves who we are, and how much is carried how often."""

    boxes: Path
    keys: Path
    limits: Limits
    look_seconds: float
    patience: Patience = field(default_factory=Patience)


@dataclass(slots=True)
class _Met:
    """What was seen at a carrier's host before: what lay there, what is here already and would not go, and what it
    refused to give or to have removed.
    """

    lying: frozenset[RemoteFile] = frozenset()
    brought: set[RemoteFile] = field(default_factory=lambda: set[RemoteFile]())
    refused: dict[RemoteFile, NotCarried] = field(default_factory=lambda: dict[RemoteFile, NotCarried]())


class Courier:
    """Visits carriers' hosts until it is told to end. A carrier that is away, slow or full delays itself alone."""

    def __init__(self, place: CourierPlace, *, uows: UnitOfWorkFactory, now: Callable[[], datetime]) -> None:
        self._place = place
        self._uows = uows
        self._now = now
        self._keys = private_keys(place.keys, field="courier keys")
        self._visits: dict[str, asyncio.Task[None]] = {}
        self._met: dict[str, _Met] = {}
        silence()

    async def serve(self, ending: asyncio.Event) -> None:
        """Begin visits again and again until the end."""
        while not ending.is_set():
            await self.look()
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), self._place.look_seconds)
        await self.close()

    async def look(self) -> None:
        """Begin a visit to each host that does not rest, unless one goes on there."""
        try:
            async with self._uows.begin(now=self._now()) as uow:
                due = await hosts_due(uow)
        except Retryable as error:
            _log.warning("courier_waits", **describe(error))
            return
        for carrier, (host, sides) in due.items():
            if carrier not in self._visits:
                visit = asyncio.create_task(self._visit(carrier, host, sides))
                self._visits[carrier] = visit
                visit.add_done_callback(partial(self._visited, carrier))

    async def close(self) -> None:
        """Break off the visits that go on: what was begun is finished after the next start."""
        for visit in self._visits.values():
            visit.cancel()
        await self.rest()

    async def rest(self) -> None:
        """Return when no visit goes on."""
        await asyncio.gather(*self._visits.values(), return_exceptions=True)

    def _visited(self, carrier: str, visit: asyncio.Task[None]) -> None:
        del self._visits[carrier]
        if not visit.cancelled() and (error := visit.exception()) is not None:
            _log.warning("courier_waits", carrier=carrier, **describe(error))

    async def _visit(self, carrier: str, host: CarrierHost, sides: Sequence[Side]) -> None:
        """Do what is due at one host, and note what became of it. Raises `Retryable` while the database is away."""
        try:
            lock = await asyncio.to_thread(_locked, self._place.boxes, carrier)
        except OSError as error:
            away = NotCarried(f"the drop-box cannot be reached: {type(error).__name__}")
            await self._note(carrier, dict.fromkeys(sides, away))
            return
        if lock is None:
            return  # another courier is there
        try:
            await self._note(carrier, await self._exchange(carrier, host, sides))
        finally:
            os.close(lock)

    async def _exchange(
        self, carrier: str, host: CarrierHost, sides: Sequence[Side]
    ) -> Mapping[BoxPart, Exception | None]:
        box = Box(self._place.boxes, carrier, limits=self._place.limits)
        found: dict[BoxPart, Exception | None] = {}
        try:
            await _here(box.make)
            async with reached(host, keys=self._keys, patience=self._place.patience) as there:
                for side in HOST_SIDES:
                    if side not in sides:
                        continue
                    carry = self._deliver_all if side == "host-outbound" else self._fetch_all
                    try:
                        found |= await carry(carrier, host, box, there)
                    except NotCarried as error:
                        found[side] = error
                    else:
                        found[side] = None
        except Retryable:
            raise
        except Exception as error:  # noqa: BLE001 - a bug about one carrier holds no other back
            return {**dict.fromkeys(sides, error), **found}
        finally:
            box.close_all()
        return found

    async def _note(self, carrier: str, became: Mapping[BoxPart, Exception | None]) -> None:
        locks = [DROP_BOXES.lock_of(drop_box(carrier, part)) for part in became]
        async with self._uows.begin(now=self._now(), households=locks) as uow:
            for part, error in became.items():
                if error is None:
                    await DROP_BOXES.forget(uow, [drop_box(carrier, part)])
                else:
                    await DROP_BOXES.put_off(uow, drop_box(carrier, part), because=error)

    async def _deliver_all(
        self, carrier: str, host: CarrierHost, box: Box, there: Host
    ) -> Mapping[BoxPart, Exception | None]:
        """Bring what lies in ``outbound`` in the order it was put there: one that fails holds back the rest."""
        lying = [each for each in await _here(partial(box.entries, b"outbound")) if is_finished(each.name)]
        for entry in sorted(lying, key=lambda each: (each.changed_at, each.name))[:MOST_A_VISIT]:
            await self._deliver(carrier, host, box, there, entry)
        return {}

    async def _deliver(self, carrier: str, host: CarrierHost, box: Box, there: Host, entry: Entry) -> None:
        """Bring one file, or finish what was begun with it; then it goes here.

        That it is whole there under its unfinished name is noted before it gets its own. So where neither is there
        afterwards, it had its name, and its carrier took it away.
        """
        path, final = f"outbound/{entry.name}".encode(), _at(host.upload_folder, entry.name.encode())
        unfinished = final + UNFINISHED.encode()
        sha256 = await _digest(box, path)
        going = Delivery(
            carrier=carrier,
            file=entry.name,
            sha256=sha256,
            size_bytes=entry.size,
            state="going",
            noted_at=self._now(),
        )
        async with self._uows.begin(now=self._now()) as uow:
            known = await delivery_of(uow, carrier=carrier, file=entry.name, sha256=sha256)
        if known is None or known.state != "delivered":
            await self._finish(there, box, path, final, unfinished, going, begun=known is not None)
            async with self._uows.begin(now=self._now()) as uow:
                await note_delivery(uow, replace(going, state="delivered", noted_at=self._now()))
            _log.info("courier_delivered", carrier=carrier, size=entry.size)
        await _here(partial(box.remove, path))

    async def _finish(
        self,
        there: Host,
        box: Box,
        path: bytes,
        final: bytes,
        unfinished: bytes,
        going: Delivery,
        *,
        begun: bool,
    ) -> None:
        """Return when a file has its name at the host, or had it."""
        lies, half = await there.file(final), await there.file(unfinished)
        if lies is not None:
            # A server may give the name and fail to take the other, and a database may be older than what it tells of.
            if lies.size != going.size_bytes or await there.digest(final, size=lies.size) != going.sha256:
                raise NotCarried("another file of that name lies there: its carrier has to take it away")
            if half is not None:
                await there.remove(unfinished)
            return
        if begun and half is None:
            return
        if not begun or half is None or half.size != going.size_bytes:
            if begun:
                async with self._uows.begin(now=self._now()) as uow:
                    await forget_delivery(uow, going)
            await there.bring(unfinished, _pieces(box, path))
            async with self._uows.begin(now=self._now()) as uow:
                await note_delivery(uow, going)
        try:
            await there.rename(unfinished, final)
        except HostAway:
            raise  # it may have its name
        except NotCarried:
            async with self._uows.begin(now=self._now()) as uow:
                await forget_delivery(uow, going)
            raise

    async def _fetch_all(
        self, carrier: str, host: CarrierHost, box: Box, there: Host
    ) -> Mapping[BoxPart, Exception | None]:
        """Fetch what lies in the host's folder for us, unchanged since the visit before: who writes a file there under
        its own name is not finished with it at once. Return why some are left, where that is to be noted: they delay
        themselves alone.
        """
        met = self._met.setdefault(carrier, _Met())
        async with self._uows.begin(now=self._now()) as uow:
            resting = await files_rest(uow, carrier)
        lying = [
            each
            for each in await there.files(host.download_folder.encode())
            if is_finished(os.fsdecode(each.name))
        ]
        calm = [each for each in lying if each in met.lying]
        met.lying = frozenset(lying)
        met.brought &= met.lying
        met.refused = {each: why for each, why in met.refused.items() if each in met.lying}
        fit = [each for each in calm if _fits(each, self._place.limits)]
        here = {each.name for each in await _here(partial(box.entries, b"inbound"))}
        due = [each for each in fit if each not in met.refused]
        due += [] if resting else met.refused
        for file in due[:MOST_A_VISIT]:
            if file not in met.brought and file.name.decode() in here:
                continue  # it comes once the worker has taken in the one of its name
            try:
                await self._take(carrier, met, box, there, _at(host.download_folder, file.name), file)
            except (HostAway, BoxFails):
                raise
            except NotCarried as error:
                met.refused[file] = error
            else:
                met.refused.pop(file, None)
        left = self._left(met, unfit=len(calm) - len(fit))
        return {} if left is not None and resting else {HOST_FILES: left}

    def _left(self, met: _Met, *, unfit: int) -> NotCarried | None:
        """Return why files are left at a host, None where none are."""
        most = self._place.limits.file_bytes
        why = (
            [f"{unfit} files for us have more than {most} bytes, or names that cannot be taken"]
            if unfit
            else []
        )
        why += [str(each) for each in islice(met.refused.values(), 1)]
        return NotCarried("; ".join(why)) if why else None

    async def _take(
        self, carrier: str, met: _Met, box: Box, there: Host, path: bytes, file: RemoteFile
    ) -> None:
        """Have one file here, and no more there."""
        if file not in met.brought:
            await self._fetch(box, there, path, file)
            met.brought.add(file)
            _log.info("courier_fetched", carrier=carrier, size=file.size)
        await there.remove(path)
        met.brought.discard(file)

    async def _fetch(self, box: Box, there: Host, path: bytes, file: RemoteFile) -> None:
        """Have one file whole in ``inbound``. Of one that fails nothing stays."""
        brought = await _here(partial(box.bring, b"inbound/" + file.name))
        try:
            at = 0
            async for piece in there.read(path, size=file.size):
                await _here(partial(box.write, brought, at, piece))
                at += len(piece)
            if await there.file(path) != file:
                raise NotCarried("a file for us changed as it was read")
        except NotCarried:
            await _here(partial(box.close, brought, whole=False))
            raise
        await _here(partial(box.close, brought, whole=True))


async def _here(work: Callable[[], T]) -> T:
    """Return what is done in the drop-box, beside the event loop; raises `BoxFails`."""
    try:
        return await asyncio.to_thread(work)
    except SFTPError as error:
        raise BoxFails(error.reason) from error
    except OSError as error:
        raise BoxFails(f"the drop-box cannot be reached: {type(error).__name__}") from error


async def _pieces(box: Box, path: bytes) -> AsyncGenerator[bytes]:
    file = await _here(partial(box.fetch, path))
    at = 0
    while piece := await _here(partial(file.read, at, PIECE_BYTES)):
        yield piece
        at += len(piece)
    box.close(file, whole=True)


async def _digest(box: Box, path: bytes) -> str:
    digest = hashlib.sha256()
    async for piece in _pieces(box, path):
        digest.update(piece)
    return digest.hexdigest()


def _at(folder: str, name: bytes) -> bytes:
    return folder.rstrip("/").encode() + b"/" + name


def _fits(file: RemoteFile, limits: Limits) -> bool:
    """Whether a file may be fetched, by its name and its size."""
    if len(file.name) > LONGEST_NAME_BYTES or b"/" in file.name:
        return False
    try:
        name = file.name.decode()
    except UnicodeDecodeError:
        return False
    fits = name.isprintable() and (*INBOUND, name) not in FOLDERS
    return fits and file.size <= limits.of(name)


def _locked(root: Path, carrier: str) -> int | None:
    """Return the descriptor that holds a carrier's box for one courier until it is closed or its process ends, None
    where another holds it. Raises `OSError`.
    """
    with opened_folder(root, (carrier,), made=True) as folder:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        lock = os.open(_LOCK, flags, 0o640, dir_fd=folder)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except BaseException:
        os.close(lock)
        raise
    return lock
