"""A tree of files in memory, the twin of `bulkhead.files.LocalFiles`."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

from bulkhead.files import NoSuchFile, PathTaken, checked_path, is_finished
from bulkhead.kernel.errors import Retryable


class MemoryFiles:
    """Files in memory. ``away`` holds folders that cannot be reached now (``""`` is all of them).

    ``interrupt``, when set, is awaited before each operation with its name: a simulation yields, crashes or
    fails there. ``changes`` counts what was written and moved.
    """

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.changes = 0
        self.away: set[str] = set()
        self.interrupt: Callable[[str], Awaitable[None]] | None = None

    async def put(self, path: str, data: bytes) -> None:
        """Write a file whole, replacing one that is there."""
        path = await self._reach("put", path)
        self.content[path] = bytes(data)
        self.changes += 1

    async def put_in_pieces(self, path: str, pieces: AsyncIterable[bytes]) -> None:
        """Write a file whole, once all its pieces are there."""
        await self.put(path, b"".join([piece async for piece in pieces]))

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `NoSuchFile`."""
        path = await self._reach("get", path)
        if path not in self.content:
            raise NoSuchFile(path)
        return self.content[path]

    async def get_in_pieces(self, path: str, *, piece_bytes: int) -> AsyncIterator[bytes]:
        """Yield a file's bytes, so many at a time; raises `NoSuchFile`."""
        data = await self.get(path)
        for at in range(0, len(data), piece_bytes):
            yield data[at : at + piece_bytes]

    async def size(self, path: str) -> int:
        """Return of how many bytes a file is; raises `NoSuchFile`."""
        path = await self._reach("size", path)
        if path not in self.content:
            raise NoSuchFile(path)
        return len(self.content[path])

    async def list(self, folder: str = "") -> list[str]:
        """Return the paths of the finished files directly in a folder, in order."""
        folder = await self._reach("list", folder)
        within = f"{folder}/" if folder else ""
        below = [path for path in self.content if path.startswith(within)]
        return sorted(
            path for path in below if "/" not in (name := path[len(within) :]) and is_finished(name)
        )

    async def make_folder(self, folder: str) -> None:
        """Do nothing: here a folder is there as long as a file is in it."""
        await self._reach("make_folder", folder)

    async def move(self, path: str, to: str) -> None:
        """Move a file; raises `NoSuchFile` and `PathTaken`."""
        path, to = await self._reach("move", path), await self._reach("move", to)
        if path not in self.content:
            if to in self.content:
                return
            raise NoSuchFile(path)
        if self.content.get(to, self.content[path]) != self.content[path]:
            raise PathTaken(path)
        self.content[to] = self.content.pop(path)
        self.changes += 1

    async def _reach(self, operation: str, path: str) -> str:
        if self.interrupt is not None:
            await self.interrupt(operation)
        path = checked_path(path) if path else ""
        if any(f"{path}/".startswith(f"{folder}/") or not folder for folder in self.away):
            raise Retryable("files cannot be reached")
        return path
