"""A way to a server that a test can cut, or make fall silent, until it is mended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit


class Proxy:
    """Passes TCP connections on to a server. `open_proxy` makes one."""

    def __init__(self, *, host: str, port: int) -> None:
        self._to = (host, port)
        self._cut = False
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The local port to connect to."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    def cut(self) -> None:
        """Break every connection and let none through."""
        self._cut = True
        for writer in list(self._writers):
            writer.transport.abort()

    def hush(self) -> None:
        """Let nothing through and break nothing: as where the server's machine is gone, and nobody says so."""
        self._speaks.clear()

    def mend(self) -> None:
        """Let connections through again."""
        self._cut = False
        self._speaks.set()

    async def close(self) -> None:
        """Stop listening, and be done with every connection."""
        self.cut()
        self._speaks.set()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        await asyncio.gather(*self._passing)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = asyncio.create_task(self._pass_on(reader, writer))
        self._passing.add(passing)
        passing.add_done_callback(self._passing.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._cut:
                raise ConnectionRefusedError
            there_reader, there_writer = await asyncio.open_connection(*self._to)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, there_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._copy(reader, there_writer), self._copy(there_reader, writer))
        finally:
            self._writers -= both

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._speaks.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@contextlib.asynccontextmanager
async def open_proxy(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Give a proxy to the server of a URL, and the URL by way of the proxy."""
    parts = urlsplit(url)
    proxy = Proxy(host=parts.hostname or "127.0.0.1", port=parts.port or 5432)
    await proxy.open()
    credentials = parts.netloc.rpartition("@")[0]
    through = parts._replace(netloc=f"{credentials}@127.0.0.1:{proxy.port}")
    try:
        yield proxy, urlunsplit(through)
    finally:
        await proxy.close()
