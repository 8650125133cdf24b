"""Carriers' own SFTP servers, in the process: they count what they are asked, and fail where they are told to."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncssh
from gateway_builders import Gateway

from bulkhead.files import LocalFiles
from carrier_gateway.adapters.sftp.box import Limits
from carrier_gateway.adapters.sftp.courier import Courier, CourierPlace
from carrier_gateway.adapters.sftp.host import Patience
from carrier_gateway.domain.carriers import CarrierHost

LIMITS = Limits(file_bytes=100_000, book_bytes=150_000, box_bytes=150_000)


class CarrierServer:
    """A carrier's server. ``arrived`` has what got its name there, ``asked`` each call; ``before`` and ``after`` are
    awaited around each with its number and name.
    """

    def __init__(self, root: Path, *, client: asyncssh.SSHKey) -> None:
        self.root = root
        for folder in ("from-exchange", "to-exchange"):
            (root / folder).mkdir(parents=True)
        self.keys = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256")]
        self.asked: list[str] = []
        self.arrived: list[str] = []
        self.taken: list[tuple[str, bytes]] = []
        self.before: Callable[[int, str], Any] = nothing
        self.after: Callable[[int, str], Any] = nothing
        self.connections: list[asyncssh.SSHServerConnection] = []
        self.port = 0
        self._client = client
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def start(self) -> CarrierServer:
        self._acceptor = await asyncssh.create_server(
            lambda: _Login(self),
            "127.0.0.1",
            self.port,
            server_host_keys=self.keys,
            authorized_client_keys=asyncssh.import_authorized_keys(
                self._client.export_public_key("openssh").decode()
            ),
            sftp_factory=lambda channel: _Served(channel, self),
        )
        self.port = self._acceptor.get_port()
        return self

    async def stop(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            self.cut()
            await self._acceptor.wait_closed()
            self._acceptor = None

    def cut(self) -> None:
        """Cut all connections."""
        for connection in self.connections:
            connection.abort()
        self.connections.clear()

    def host(self, *keys: asyncssh.SSHKey) -> CarrierHost:
        """Return the host as its carrier's profile names it, with its first key unless others are given."""
        return CarrierHost(
            address="127.0.0.1",
            port=self.port,
            user="exchange",
            host_keys=tuple(
                each.export_public_key("openssh").decode().strip() for each in keys or self.keys[:1]
            ),
            upload_folder="from-exchange",
            download_folder="/to-exchange",
        )

    @property
    def uploads(self) -> Path:
        return self.root / "from-exchange"

    @property
    def downloads(self) -> Path:
        return self.root / "to-exchange"

    def names(self) -> list[str]:
        """Return what lies in the folder that it takes from us, unfinished files too."""
        return sorted(each.name for each in self.uploads.iterdir())

    def take(self) -> None:
        """Take away what is finished, as a carrier's program does."""
        for name in self.arrived:
            path = self.uploads / name
            if path.exists():
                self.taken.append((name, path.read_bytes()))
                path.unlink()


class Round:
    """A gateway with boxes on disk, carriers' servers, and a courier as it comes new from its start."""

    def __init__(self, root: Path, *, patience: float = 30) -> None:
        self.root, self.boxes = root, root / "boxes"
        self.boxes.mkdir(parents=True)
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        (root / "keys").mkdir()
        self.key.write_private_key(root / "keys" / "ed25519")
        self.gateway = Gateway(files=LocalFiles(self.boxes))
        self.uows: Any = self.gateway.uows
        self.patience = Patience(login=patience, call=patience)

    def courier(self) -> Courier:
        place = CourierPlace(
            boxes=self.boxes,
            keys=self.root / "keys",
            limits=LIMITS,
            look_seconds=30,
            patience=self.patience,
        )
        return Courier(place, uows=self.uows, now=lambda: self.gateway.now)

    def server(self, name: str = "server") -> CarrierServer:
        return CarrierServer(self.root / name, client=self.key)

    def put(self, carrier: str, name: str, data: bytes, *, second: int) -> None:
        """Put a file into a carrier's box, at a second."""
        folder = self.boxes / carrier / "outbound"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        os.utime(folder / name, (second, second))

    def lying(self, carrier: str, folder: str = "outbound") -> list[str]:
        return sorted(each.name for each in (self.boxes / carrier / folder).iterdir() if each.is_file())


async def visit(courier: Courier, times: int = 1) -> None:
    """Have a courier look, and all its visits end."""
    for _ in range(times):
        await courier.look()
        await courier.rest()


class _Login(asyncssh.SSHServer):
    def __init__(self, server: CarrierServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server.connections.append(conn)


class _Served(asyncssh.SFTPServer):
    def __init__(self, channel: Any, server: CarrierServer) -> None:
        super().__init__(channel, chroot=os.fsencode(server.root))
        self._server = server

    async def _do(self, name: str, *given: Any) -> Any:
        server = self._server
        server.asked.append(name)
        number = len(server.asked)
        await server.before(number, name)
        done = getattr(super(), name)(*given)
        done = await done if inspect.isawaitable(done) else done
        if name == "rename":
            server.arrived.append(Path(os.fsdecode(given[1])).name)
        await server.after(number, name)
        return done

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        return await self._do("open", path, pflags, attrs)

    async def close(self, file_obj: object) -> None:
        await self._do("close", file_obj)

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return await self._do("read", file_obj, offset, size)

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        return await self._do("write", file_obj, offset, data)

    async def fsync(self, file_obj: object) -> None:
        await self._do("fsync", file_obj)

    async def lstat(self, path: bytes) -> Any:
        return await self._do("lstat", path)

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        server = self._server
        server.asked.append("scandir")
        await server.before(len(server.asked), "scandir")
        async for each in super().scandir(path):
            yield each

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._do("rename", oldpath, newpath)

    async def remove(self, path: bytes) -> None:
        await self._do("remove", path)


async def nothing(_number: int, _name: str) -> None:
    """Let a server do what it is asked."""
    await asyncio.sleep(0)
