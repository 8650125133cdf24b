"""A carrier's own SFTP server, as we use it: few calls, each bounded in time and memory (CAR-1)."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import asyncssh
from asyncssh import (
    SFTPBadMessage,
    SFTPConnectionLost,
    SFTPError,
    SFTPNoConnection,
    SFTPNoSuchFile,
    SFTPOpUnsupported,
    SFTPPermissionDenied,
    SSHClientConnection,
    SSHKey,
)
from asyncssh.sftp import SFTPClient, SFTPClientFile

from bulkhead.kernel.errors import BulkheadError
from carrier_gateway.domain.carriers import CarrierHost

PIECE_BYTES: Final = 32 * 1024
"""Of a file, in one call: what every server takes."""
MOST_NAMES: Final = 10_000
"""How many names of a folder are looked at."""
_SILENT_SECONDS = 15
"""How often a server that says nothing is asked whether it is there; after three times it is not."""
_FAREWELL_SECONDS = 5
_VERSION = 3
"""Of SFTP: what OpenSSH speaks."""
_LOST = (SFTPConnectionLost, SFTPNoConnection, SFTPBadMessage)

T = TypeVar("T")


class NotCarried(BulkheadError):
    """A file cannot be carried as things are. The text is ours and names none."""


class HostAway(NotCarried):
    """The host does not answer, or not in time: what was asked of it may have been done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a host may take, in seconds: to be reached and let us in, and for each call."""

    login: float = 30
    call: float = 60


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A regular file of a host's folder: its name there, its bytes, and when it changed by the host's clock."""

    name: bytes
    size: int
    changed_at: int


class Host:
    """A host that let us in. Every call raises `NotCarried`: `HostAway` where nobody knows whether it was done."""

    def __init__(self, sftp: SFTPClient, *, connection: SSHClientConnection, patience: Patience) -> None:
        self._sftp = sftp
        self._connection = connection
        self._patience = patience

    async def file(self, path: bytes) -> RemoteFile | None:
        """Return what is at a path, None where nothing is."""
        try:
            found = await self._ask("look", self._sftp.lstat(path), passes=(SFTPNoSuchFile,))
        except SFTPNoSuchFile:
            return None
        if found.permissions is not None and not stat.S_ISREG(found.permissions):
            raise NotCarried("what lies there under the file's name is no file")
        return RemoteFile(path.rpartition(b"/")[2], found.size or 0, int(found.mtime or 0))

    async def files(self, folder: bytes) -> list[RemoteFile]:
        """Return the regular files of a folder, as they changed one after the other; of very many, some."""
        found: list[RemoteFile] = []
        names = self._sftp.scandir(folder)
        for _ in range(MOST_NAMES):
            try:
                each = await self._ask("list", anext(names), passes=(StopAsyncIteration,))
            except StopAsyncIteration:
                break
            name, attrs = each.filename, each.attrs
            if isinstance(name, bytes) and attrs.permissions is not None and stat.S_ISREG(attrs.permissions):
                found.append(RemoteFile(name, attrs.size or 0, int(attrs.mtime or 0)))
        return sorted(found, key=lambda each: (each.changed_at, each.name))

    async def bring(self, path: bytes, pieces: AsyncIterable[bytes]) -> None:
        """Write a file, in the place of one that is there; return once it is whole there, and on disk where the server
        can say so.
        """
        size, digest = 0, hashlib.sha256()
        file = await self._ask("write", self._sftp.open(path, "wb", block_size=0))
        try:
            async for piece in pieces:
                await self._ask("write", file.write(piece, size))
                size += len(piece)
                digest.update(piece)
            is_on_disk = await self._synced(file)
        except Exception:
            with suppress(NotCarried):
                await self._ask("write", file.close())
            raise
        await self._ask("write", file.close())
        lies = await self.file(path)
        if lies is None or lies.size != size:
            raise NotCarried("the host did not keep all of a file")
        if not is_on_disk and await self.digest(path, size=size) not in (None, digest.hexdigest()):
            raise NotCarried("the host did not keep a file as it was")

    async def _synced(self, file: SFTPClientFile) -> bool:
        try:
            await self._ask("write", file.fsync(), passes=(SFTPOpUnsupported,))
        except SFTPOpUnsupported:
            return False
        return True

    async def digest(self, path: bytes, *, size: int) -> str | None:
        """Return the SHA-256 of a file of so many bytes, None where we may not read it."""
        digest = hashlib.sha256()
        try:
            async for piece in self.read(path, size=size):
                digest.update(piece)
        except NotCarried as error:
            if isinstance(error.__cause__, SFTPPermissionDenied):
                return None
            raise
        return digest.hexdigest()

    async def read(self, path: bytes, *, size: int) -> AsyncGenerator[bytes]:
        """Yield a file of so many bytes, and no more than those."""
        file = await self._ask("read", self._sftp.open(path, "rb", block_size=0))
        at = 0
        while at < size:
            piece = await self._ask("read", file.read(min(PIECE_BYTES, size - at), at))
            if not isinstance(piece, bytes) or not piece:
                raise NotCarried("a file became shorter as it was read")
            yield piece
            at += len(piece)
        await self._ask("read", file.close())

    async def rename(self, path: bytes, to: bytes) -> None:
        """Give a file another name, which nothing has: what a server does by its own extension replaces files."""
        await self._ask("rename", self._sftp.rename(path, to))

    async def remove(self, path: bytes) -> None:
        """Remove a file; one that is gone is so already."""
        with suppress(SFTPNoSuchFile):
            await self._ask("remove", self._sftp.remove(path), passes=(SFTPNoSuchFile,))

    async def _ask(self, what: str, work: Awaitable[T], *, passes: tuple[type[BaseException], ...] = ()) -> T:
        # What is cut off fails at once, in whatever it waits for. What is only given up may wait to end in order.
        limit = asyncio.get_running_loop().call_later(self._patience.call, self._connection.abort)
        try:
            return await work
        except passes:
            raise
        except _LOST as error:
            raise HostAway("the host does not answer any more") from error
        except SFTPError as error:
            raise NotCarried(f"the host refuses to {what}: {type(error).__name__}") from error
        except (asyncssh.Error, OSError, ValueError) as error:
            raise HostAway(f"the host does not answer any more: {type(error).__name__}") from error
        finally:
            limit.cancel()


@asynccontextmanager
async def reached(
    host: CarrierHost, *, keys: Sequence[SSHKey], patience: Patience | None = None
) -> AsyncGenerator[Host]:
    """Yield a carrier's host that proved itself and let us in; raises `HostAway`."""
    patience = patience or Patience()
    trusted = [asyncssh.import_public_key(each) for each in host.host_keys]
    try:
        async with asyncio.timeout(patience.login):
            connection = await asyncssh.connect(
                host.address,
                host.port,
                username=host.user,
                client_keys=list(keys),
                known_hosts=(trusted, [], []),
                preferred_auth="publickey",
                config=None,
                agent_path=None,
                compression_algs=["none"],
                keepalive_interval=_SILENT_SECONDS,
            )
    except asyncssh.HostKeyNotVerifiable as error:
        raise HostAway("the host shows another key than its carrier named") from error
    except asyncssh.PermissionDenied as error:
        raise HostAway("the host does not let us in") from error
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise HostAway(f"the host cannot be reached: {type(error).__name__}") from error
    try:
        try:
            async with asyncio.timeout(patience.login):
                sftp = await connection.start_sftp_client(sftp_version=_VERSION)
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise HostAway(f"the host has no SFTP for us: {type(error).__name__}") from error
        yield Host(sftp, connection=connection, patience=patience)
    finally:
        connection.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await connection.wait_closed()
        connection.abort()
