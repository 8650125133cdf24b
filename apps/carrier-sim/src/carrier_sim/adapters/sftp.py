"""A drop-box that is reached by SFTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh

from carrier_sim.application.ports import Outcome, Unreachable


class SftpDoor:
    """A carrier's box at the other end of an SFTP session."""

    def __init__(self, client: asyncssh.SFTPClient) -> None:
        self._client = client

    async def names(self) -> list[str]:
        """Return the names of what lies in ``outbound``."""
        return await self._listed("outbound")

    async def get(self, name: str) -> bytes:
        """Return a file of ``outbound``."""
        try:
            async with self._client.open(f"outbound/{name}", "rb") as file:
                return await file.read()
        except asyncssh.SFTPError as error:
            raise Unreachable(f"{name} cannot be fetched: {error.reason}") from error

    async def remove(self, name: str) -> None:
        """Take a file out of ``outbound``."""
        try:
            await self._client.remove(f"outbound/{name}")
        except asyncssh.SFTPError as error:
            raise Unreachable(f"{name} cannot be removed: {error.reason}") from error

    async def put(self, name: str, content: bytes) -> None:
        """Bring a file: it is taken in once it is closed."""
        try:
            async with self._client.open(f"inbound/{name}", "wb") as file:
                await file.write(content)
        except asyncssh.SFTPError as error:
            raise Unreachable(f"{name} cannot be brought: {error.reason}") from error

    async def outcome(self, name: str) -> Outcome | None:
        """Return in which folder a file that was brought lies now."""
        if name in await self._listed("inbound/processed"):
            return "processed"
        return "refused" if name in await self._listed("inbound/refused") else None

    async def _listed(self, folder: str) -> list[str]:
        try:
            names = await self._client.listdir(folder)
        except asyncssh.SFTPNoSuchFile:
            return []
        except asyncssh.SFTPError as error:
            raise Unreachable(f"{folder} cannot be read: {error.reason}") from error
        return sorted(name for name in map(str, names) if name not in (".", "..", "processed", "refused"))


@asynccontextmanager
async def sftp_door(
    *, carrier: str, host: str, port: int, key: Path, known_hosts: Path | None
) -> AsyncGenerator[SftpDoor]:
    """Log in as a carrier with its key, and out again. Without ``known_hosts`` those of OpenSSH's user are asked.

    Raises `Unreachable` where nobody is let in, or the host is not who it was.
    """
    hosts = {} if known_hosts is None else {"known_hosts": str(known_hosts)}
    try:
        async with (
            asyncssh.connect(
                host, port, username=carrier, client_keys=[str(key)], agent_path=None, config=None, **hosts
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            yield SftpDoor(client)
    except (asyncssh.DisconnectError, asyncssh.KeyImportError, OSError) as error:
        raise Unreachable(f"no SFTP at {host}:{port}: {error}") from error
