"""A carrier's notebook: a folder with what it fetched, and a file with the numbers it used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

_NOTES = "notes.json"


class FolderNotebook:
    """Keeps everything below one folder; what is there from before is known again."""

    def __init__(self, folder: Path) -> None:
        self._fetched = folder / "fetched"
        self._notes = folder / _NOTES
        self._fetched.mkdir(parents=True, exist_ok=True)
        self._kept = {
            path.name: path.read_bytes().decode("utf-8") for path in sorted(self._fetched.iterdir())
        }
        notes = json.loads(self._notes.read_text(encoding="utf-8")) if self._notes.exists() else {}
        self.last: int = notes.get("last", 0)
        self.answered: set[str] = set(notes.get("answered", ()))

    def kept(self) -> Mapping[str, str]:
        """Return every file that was fetched, by its name."""
        return self._kept

    def keep(self, name: str, content: str) -> None:
        """Keep a file: for this user alone, for it names people."""
        path = self._fetched / Path(name).name
        path.touch(mode=0o600)
        path.write_bytes(content.encode("utf-8"))
        self._kept[name] = content

    def save(self) -> None:
        """Write down the last number and what was answered."""
        notes = {"last": self.last, "answered": sorted(self.answered)}
        unfinished = self._notes.with_suffix(".tmp")
        unfinished.write_text(json.dumps(notes), encoding="utf-8")
        unfinished.replace(self._notes)
