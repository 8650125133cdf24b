"""A million files in several sittings: what became of those that were tried is kept, a line for some hundreds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

CHUNK: Final = 500
"""So many files are tried before what became of them is kept."""

FAILED: Final = ": FAILED "


class OtherFiles(Exception):
    """What a state keeps is of other files than are drawn now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What became of so many files from a number on: how many by verdict, and the longest of the processor."""

    number: int
    count: int
    verdicts: dict[str, int]
    slowest_ms: float


class Sittings:
    """What became of files so far, all drawn in one way; kept in a file where there is one."""

    def __init__(self, path: Path | None, *, drawn_by: str) -> None:
        """Begin the file, or go on with it; raises `OtherFiles` where it is of files that were drawn in another way."""
        self._path = path
        self.chunks: dict[int, Chunk] = {}
        """What was tried, by the number it begins with."""
        if path is None:
            return
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{drawn_by}\n", encoding="utf-8")
            return
        first, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
        if first != drawn_by:
            raise OtherFiles(f"{path} is of other files, {first}: these are {drawn_by}")
        for line in lines:
            chunk = Chunk(**json.loads(line))
            self.chunks[chunk.number] = chunk

    def keep(self, chunk: Chunk) -> None:
        """Keep what became of files."""
        self.chunks[chunk.number] = chunk
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(asdict(chunk), sort_keys=True)}\n")

    @property
    def tried(self) -> int:
        """How many files were tried."""
        return sum(each.count for each in self.chunks.values())

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(count for verdict, count in self._verdicts().items() if FAILED in verdict)

    def says(self) -> str:
        """Return in a line how far it is."""
        return f"mutants: {self.tried:,} tried, {self.failed} failed"

    def table(self) -> Iterator[str]:
        """Yield how many files there are of each verdict, by kind."""
        yield self.says()
        for verdict, count in sorted(self._verdicts().items()):
            yield f"  {verdict:<44} {count:>10,}"
        slowest = max((each.slowest_ms for each in self.chunks.values()), default=0.0)
        yield f"  {'longest of the processor, ms':<44} {slowest:>10}"

    def _verdicts(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for each in self.chunks.values():
            found.update(each.verdicts)
        return found
