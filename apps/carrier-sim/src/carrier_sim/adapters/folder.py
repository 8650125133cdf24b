"""A drop-box that is a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from carrier_sim.application.ports import Outcome, Unreachable


class FolderDoor:
    """A carrier's box, with ``outbound`` and ``inbound`` in it."""

    def __init__(self, box: Path) -> None:
        self._box = box

    async def names(self) -> list[str]:
        """Return the names of what lies in ``outbound``."""
        folder = self._box / "outbound"
        try:
            return sorted(path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".tmp")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unreachable(f"outbound cannot be read: {error.strerror}") from error

    async def get(self, name: str) -> bytes:
        """Return a file of ``outbound``."""
        try:
            return (self._box / "outbound" / name).read_bytes()
        except OSError as error:
            raise Unreachable(f"{name} cannot be read: {error.strerror}") from error

    async def remove(self, name: str) -> None:
        """Take a file out of ``outbound``."""
        (self._box / "outbound" / name).unlink(missing_ok=True)

    async def put(self, name: str, content: bytes) -> None:
        """Write a file into ``inbound``, under another name until it is whole."""
        unfinished = self._box / "inbound" / f"{name}.part"
        try:
            unfinished.write_bytes(content)
            unfinished.rename(unfinished.with_name(name))
        except OSError as error:
            raise Unreachable(f"{name} cannot be brought: {error.strerror}") from error

    async def outcome(self, name: str) -> Outcome | None:
        """Return in which folder a file that was brought lies now."""
        inbound = self._box / "inbound"
        if (inbound / "processed" / name).exists():
            return "processed"
        return "refused" if (inbound / "refused" / name).exists() else None
