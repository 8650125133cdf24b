"""The drop-boxes' own door: SFTP, where each carrier logs in with its key and finds its box (CAR-1)."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncssh
from asyncssh import (
    SFTPAttrs,
    SFTPError,
    SFTPName,
    SFTPNoSuchFile,
    SFTPOpUnsupported,
    SFTPPermissionDenied,
    SFTPServer,
    SSHKey,
    SSHServer,
    SSHServerChannel,
    SSHServerConnection,
)
from asyncssh.constants import DISC_TOO_MANY_CONNECTIONS, FXF_APPEND, FXF_WRITE
from asyncssh.stream import SSHServerStreamSession

from bulkhead.kernel.errors import InvalidValue, Retryable
from bulkhead.observability.logging import describe, get_logger
from bulkhead.persistence.ports import UnitOfWorkFactory
from carrier_gateway.adapters.sftp.box import Box, Brought, Entry, Fetched, Limits, OpenFile, parts_of
from carrier_gateway.adapters.sftp.keys import private_keys, silence
from carrier_gateway.application.carriers import login_keys_of

MOST_UNKNOWN = 100
"""How many connections may be logging in at once. Who is in takes nobody's place among them, nor they his."""
MOST_UNKNOWN_OF_ONE_ADDRESS = 50
MOST_OF_ONE_CARRIER = 5
MOST_SESSIONS = 2
"""Of one connection. Each may hold a packet of four megabytes."""
_VERSION = 3
"""Of SFTP: what OpenSSH speaks."""
_LOGIN_SECONDS = 20
_SILENT_SECONDS = 30
"""How often who says nothing is asked whether anybody is there; after three times nobody is."""
_FOLDER_MODE, _FILE_MODE = stat.S_IFDIR | 0o750, stat.S_IFREG | 0o640

T = TypeVar("T")
_log = get_logger("sftp")


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpPlace:
    """Where the door is, what proves that it is ours, and what may be brought through it."""

    host: str
    port: int
    host_keys: Path
    boxes: Path
    limits: Limits


class SftpDoor:
    """Serves SFTP until it is closed. Nobody gets a shell, a tunnel or a password asked."""

    def __init__(self, place: SftpPlace, *, uows: UnitOfWorkFactory, now: Callable[[], datetime]) -> None:
        self._place = place
        self._uows = uows
        self._now = now
        self._boxes: dict[str, tuple[Box, asyncio.Lock]] = {}
        self._visits: set[_Visit] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def open(self) -> int:
        """Begin to listen; return the port. Raises `InvalidValue` where no host key can be read."""
        silence()
        self._acceptor = await asyncssh.create_server(
            partial(_Visit, self),
            self._place.host,
            self._place.port,
            server_host_keys=private_keys(self._place.host_keys, field="host keys"),
            agent_forwarding=False,
            compression_algs=["none"],
            login_timeout=_LOGIN_SECONDS,
            keepalive_interval=_SILENT_SECONDS,
            encoding=None,
        )
        return self._acceptor.get_port()

    async def close(self) -> None:
        """Let nobody in any more, and end what goes on: what is not whole is not kept."""
        if self._acceptor is not None:
            self._acceptor.close()
            for visit in tuple(self._visits):
                visit.end()
            await self._acceptor.wait_closed()
            for box, turns in self._boxes.values():
                async with turns:
                    await asyncio.to_thread(box.close_all)

    def box_of(self, carrier: str) -> tuple[Box, asyncio.Lock]:
        """Return a carrier's box, and what has its calls come one after the other: a carrier keeps one thread busy."""
        if carrier not in self._boxes:
            box = Box(self._place.boxes, carrier, limits=self._place.limits)
            self._boxes[carrier] = box, asyncio.Lock()
        return self._boxes[carrier]

    async def admits(self, carrier: str, key: SSHKey) -> bool:
        """Whether the key is one of this carrier's profile."""
        try:
            async with self._uows.begin(now=self._now()) as uow:
                keys = await login_keys_of(uow, carrier)
        except (Retryable, InvalidValue) as error:
            _log.warning("sftp_login_undecided", **describe(error))
            return False
        return b" ".join(key.export_public_key("openssh").split()[:2]).decode("ascii") in keys

    def enter(self, visit: _Visit) -> bool:
        """Whether there is room for another connection that logs in."""
        unknown = [each.address for each in self._visits if not each.carrier]
        if (
            len(unknown) >= MOST_UNKNOWN
            or sum(each == visit.address for each in unknown) >= MOST_UNKNOWN_OF_ONE_ADDRESS
        ):
            _log.warning("sftp_full", connections=len(unknown))
            return False
        self._visits.add(visit)
        return True

    def leave(self, visit: _Visit) -> None:
        """Forget a connection that has ended."""
        self._visits.discard(visit)

    def visits_of(self, carrier: str) -> int:
        """Return how many connections of a carrier there are."""
        return sum(each.carrier == carrier for each in self._visits)


class _Visit(SSHServer):
    """One connection: who it is, and from where."""

    def __init__(self, door: SftpDoor) -> None:
        self._door = door
        self._connection: SSHServerConnection | None = None
        self.carrier = ""
        self.address = ""
        self.sessions = 0

    def connection_made(self, conn: SSHServerConnection) -> None:
        self._connection = conn
        self.address = str((conn.get_extra_info("peername") or ("",))[0])
        if not self._door.enter(self):
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self)

    def session_requested(self) -> SSHServerStreamSession[bytes] | bool:
        if self.sessions >= MOST_SESSIONS:
            return False
        self.sessions += 1
        return _Session(self, self._door)

    def end(self) -> None:
        """Cut the connection."""
        if self._connection is not None:
            self._connection.abort()

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_public_key(self, username: str, key: SSHKey) -> bool:
        return await self._door.admits(username, key)

    def auth_completed(self) -> None:
        connection = cast("SSHServerConnection", self._connection)
        carrier = str(connection.get_extra_info("username"))
        if self._door.visits_of(carrier) >= MOST_OF_ONE_CARRIER:
            _log.warning("sftp_too_many", carrier=carrier)
            connection.disconnect(
                DISC_TOO_MANY_CONNECTIONS, f"{MOST_OF_ONE_CARRIER} connections are open: close one"
            )
            return
        self.carrier = carrier
        _log.info("sftp_login", carrier=carrier)


class _Session(SSHServerStreamSession[bytes]):
    """One session of SFTP, and whether its end has come: files still open then were never closed by the carrier."""

    def __init__(self, visit: _Visit, door: SftpDoor) -> None:
        super().__init__(None, self._serve, _VERSION)
        self._visit = visit
        self._door = door
        self.is_over = False

    def _serve(self, channel: Any) -> SFTPServer:
        box, turns = self._door.box_of(self._visit.carrier)
        return _Desk(channel, session=self, carrier=self._visit.carrier, box=box, turns=turns)

    def eof_received(self) -> bool:
        self.is_over = True
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._visit.sessions -= 1
        super().connection_lost(exc)  # which ends what was received


class _Desk(SFTPServer):
    """What a carrier's program asks, carried out in its box beside the event loop."""

    def __init__(
        self, chan: SSHServerChannel[Any], *, session: _Session, carrier: str, box: Box, turns: asyncio.Lock
    ) -> None:
        super().__init__(chan)
        self._session = session
        self._carrier = carrier
        self._box = box
        self._turns = turns

    async def _do(self, work: Callable[[], T]) -> T:
        async with self._turns:
            try:
                return await asyncio.to_thread(work)
            except SFTPNoSuchFile:
                raise  # programs look whether a file is there
            except SFTPError as error:
                # OpenSSH's client does not show the words: whoever is asked about it finds them here.
                _log.info("sftp_refused", carrier=self._carrier, says=error.reason)
                raise

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        if not pflags & FXF_WRITE:
            return await self._do(partial(self._box.fetch, path))
        if pflags & FXF_APPEND:
            raise SFTPOpUnsupported("a file is brought whole: send it from its beginning")
        await self._do(self._box.make)
        return await self._do(partial(self._box.bring, path))

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if not isinstance(file_obj, Fetched):
            raise SFTPPermissionDenied("a file that is being brought is not read")
        return await self._do(partial(file_obj.read, offset, size))

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if not isinstance(file_obj, Brought):
            raise SFTPPermissionDenied("a file that is being fetched is not written")
        await self._do(partial(self._box.write, file_obj, offset, data))
        return len(data)

    async def close(self, file_obj: object) -> None:
        file = cast("OpenFile", file_obj)
        whole = not self._session.is_over
        await self._do(partial(self._box.close, file, whole=whole))
        if isinstance(file, Fetched):
            _log.info("sftp_fetched", carrier=self._carrier, size=file.size)
        else:
            _log.info("sftp_brought" if whole else "sftp_broken_off", carrier=self._carrier, size=file.size)

    async def stat(self, path: bytes) -> SFTPAttrs:
        await self._do(self._box.make)
        return _attributes(await self._do(partial(self._box.look, path)))

    async def lstat(self, path: bytes) -> SFTPAttrs:
        return await self.stat(path)

    async def fstat(self, file_obj: object) -> SFTPAttrs:
        file = cast("OpenFile", file_obj)
        return SFTPAttrs(size=file.size, permissions=_FILE_MODE)

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        await self._do(self._box.make)
        for each in await self._do(partial(self._box.entries, path)):
            yield SFTPName(os.fsencode(each.name), attrs=_attributes(each))

    async def realpath(self, path: bytes) -> bytes:
        return "/".join(("", *parts_of(path))).encode() or b"/"

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._do(partial(self._box.rename, oldpath, newpath))

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self.rename(oldpath, newpath)

    async def remove(self, path: bytes) -> None:
        await self._do(partial(self._box.remove, path))
        _log.info("sftp_removed", carrier=self._carrier)

    async def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Leave a file as it is: programs that keep times and rights would give up otherwise."""

    async def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Leave a file as it is."""

    async def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Leave a file as it is."""

    async def fsync(self, file_obj: object) -> None:
        """Do nothing: a file is on disk before it has its name."""

    def exit(self) -> None:
        """Say that all went well, as `scp` wants to hear at the end."""
        self.channel.exit(0)

    async def open56(self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs) -> object:
        raise SFTPOpUnsupported("SFTP of version 3 is spoken here")

    async def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        raise SFTPPermissionDenied("no folders are made here")

    async def rmdir(self, path: bytes) -> None:
        raise SFTPPermissionDenied("no folders are removed here")

    async def readlink(self, path: bytes) -> bytes:
        raise SFTPPermissionDenied("there are no links here")

    async def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise SFTPPermissionDenied("no links are made here")

    async def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise SFTPPermissionDenied("no links are made here")

    async def lock(self, file_obj: object, offset: int, length: int, flags: int) -> None:
        raise SFTPOpUnsupported("nothing is locked here")

    async def unlock(self, file_obj: object, offset: int, length: int) -> None:
        raise SFTPOpUnsupported("nothing is locked here")

    async def statvfs(self, path: bytes) -> Any:
        raise SFTPOpUnsupported("how much room there is is not told")

    async def fstatvfs(self, file_obj: object) -> Any:
        raise SFTPOpUnsupported("how much room there is is not told")


def _attributes(entry: Entry) -> SFTPAttrs:
    when = int(entry.changed_at)
    return SFTPAttrs(
        size=entry.size,
        uid=0,
        gid=0,
        permissions=_FOLDER_MODE if entry.is_folder else _FILE_MODE,
        atime=when,
        mtime=when,
    )
