"""A long run of years in several sittings: which of them held already is kept in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from stories.errors import StoryError


class Sittings:
    """The years that held so far, all drawn in one way, in a file: how they are drawn, then a seed a line."""

    def __init__(self, path: Path, *, drawn: Mapping[str, object]) -> None:
        """Begin the file, or go on with it; raises `StoryError` where its years are drawn in another way."""
        self._path = path
        self.held: set[int] = set()
        """The seeds of the years that held."""
        how = json.dumps(drawn, sort_keys=True)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{how}\n", encoding="utf-8")
            return
        first, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
        if first != how:
            raise StoryError(f"its years are drawn by {first}, and not by {how}", line=1, file=str(path))
        for number, line in enumerate(lines, start=2):
            if not line.isdecimal():
                raise StoryError(f"{line!r} is no seed", line=number, file=str(path))
            self.held.add(int(line))

    def keep(self, seed: int) -> None:
        """Keep that a seed's year held."""
        self.held.add(seed)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{seed}\n")
