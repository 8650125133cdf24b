"""The book: every act, every time it was sent, every answer, and what was seen of it afterwards; one SQLite file."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE acts (
    act INTEGER PRIMARY KEY, kind TEXT NOT NULL, called TEXT NOT NULL, service TEXT NOT NULL, path TEXT NOT NULL,
    key TEXT NOT NULL, body_hash TEXT NOT NULL, household TEXT NOT NULL, says TEXT NOT NULL,
    UNIQUE (kind, household, says), UNIQUE (service, path, key)
);
CREATE TABLE sends (
    send INTEGER PRIMARY KEY, act INTEGER NOT NULL REFERENCES acts, sent_at REAL NOT NULL,
    answered_at REAL, status INTEGER, id TEXT
);
CREATE INDEX sends_act ON sends (act);
CREATE INDEX sends_id ON sends (id);
CREATE TABLE sightings (
    sighting INTEGER PRIMARY KEY, place TEXT NOT NULL, kind TEXT NOT NULL, household TEXT NOT NULL, id TEXT NOT NULL,
    says TEXT NOT NULL, once TEXT, stays INTEGER NOT NULL, UNIQUE (place, once)
);
CREATE INDEX sightings_household ON sightings (kind, household, place);
"""


class NotTellable(ValueError):
    """Two acts could not be told apart by what is found of them, so that a double of one could hide the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something asked for, once, under one key.

    ``kind``, ``household`` and ``says`` are what it is known by when it is found: no other act has all three.
    ``called`` is the name it is counted under. A file's row is an act too: its
    path is the file's name, its key the row's.
    """

    kind: str
    service: str
    path: str
    key: str
    household: str
    says: Mapping[str, Any] = field(default_factory=lambda: dict[str, Any]())
    called: str = ""
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Something that a place shows. ``id`` is the exchange's own, empty where the place does not say.

    What has the same ``once`` at the same place is one thing that was shown again. ``stays``: it waits there for a
    person, so that no other place has heard of it.
    """

    kind: str
    household: str
    id: str
    says: Mapping[str, Any] = field(default_factory=lambda: dict[str, Any]())
    once: str | None = None
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An act as the book has it: the statuses of all its answers, in order, and the ids that were answered with 2xx.

    Status 0 is a connection that was lost, and None an answer that never came.
    """

    act: int
    kind: str
    called: str
    household: str
    says: str
    statuses: tuple[int | None, ...]
    ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a place shows of an act: its id, what it says, and whether it stays there."""

    id: str
    says: str
    stays: bool


class Book:
    """Keeps everything on disk, and nothing in memory."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        for old in file.parent.glob(f"{file.name}*"):
            old.unlink()
        self.file = file
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _SCHEMA)

    def begin(self, act: Act) -> int:
        """Write down what is about to be asked; return its number. Raises `NotTellable`."""
        body = json.dumps(act.body, sort_keys=True).encode()
        try:
            made = self._database.execute(
                "INSERT INTO acts (kind, called, service, path, key, body_hash, household, says)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    act.kind, act.called or act.kind, act.service, act.path, act.key,
                    hashlib.sha256(body).hexdigest(), act.household, _said(act.says),
                ),
            )  # fmt: skip
        except sqlite3.IntegrityError as error:
            raise NotTellable(f"{act.kind} {act.household} {_said(act.says)}, key {act.key}") from error
        return int(made.lastrowid or 0)

    def sent(self, act: int) -> int:
        """Write down that it is sent now, before it is; return the number of this send."""
        made = self._database.execute("INSERT INTO sends (act, sent_at) VALUES (?, ?)", (act, time.time()))
        return int(made.lastrowid or 0)

    def answered(self, send: int, *, status: int, id: str | None) -> None:  # noqa: A002 - it is one
        """Write down the answer to a send; status 0: the connection was lost."""
        self._database.execute(
            "UPDATE sends SET answered_at = ?, status = ?, id = ? WHERE send = ?",
            (time.time(), status, id, send),
        )

    def saw(self, place: str, sightings: Iterable[Sighting]) -> None:
        """Write down what a place shows."""
        rows = (
            (place, each.kind, each.household, each.id, _said(each.says), each.once, each.stays)
            for each in sightings
        )
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT OR IGNORE INTO sightings (place, kind, household, id, says, once, stays)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._database.execute("COMMIT")

    def looks_anew(self) -> None:
        """Forget what was seen, so that everything can be looked for once more."""
        self._database.execute("DELETE FROM sightings")

    def households(self, *kinds: str) -> list[str]:
        """Return the households that acts of these kinds are of, each once."""
        marks = ", ".join("?" * len(kinds))
        rows = self._database.execute(f"SELECT DISTINCT household FROM acts WHERE kind IN ({marks})", kinds)
        return [household for (household,) in rows]

    def acts(self) -> Iterator[Kept]:
        """Yield every act."""
        rows = self._database.execute("SELECT act, kind, called, household, says FROM acts ORDER BY act")
        for act, kind, called, household, says in rows:
            answers = self._database.execute(
                "SELECT status, id FROM sends WHERE act = ? ORDER BY send", (act,)
            )
            found = answers.fetchall()
            yield Kept(
                act=act, kind=kind, called=called, household=household, says=says,
                statuses=tuple(status for status, _ in found),
                ids=frozenset(id_ for status, id_ in found if id_ and 200 <= (status or 0) < 300),
            )  # fmt: skip

    def sightings(self, act: Kept, place: str) -> list[Found]:
        """Return what a place shows of an act, by what it says or by an id that was answered."""
        rows = self._database.execute(
            "SELECT id, says, stays FROM sightings WHERE kind = ? AND household = ? AND place = ?",
            (act.kind, act.household, place),
        )
        found = (Found(id=id_, says=says, stays=bool(stays)) for id_, says, stays in rows)
        return [each for each in found if each.says == act.says or each.id in act.ids]

    def unasked(self) -> list[tuple[str, str, str, str]]:
        """Return what a place shows and nobody asked for, as (place, kind, household, says)."""
        return self._database.execute(
            "SELECT place, kind, household, says FROM sightings s WHERE NOT EXISTS"
            " (SELECT 1 FROM acts a WHERE a.kind = s.kind AND a.household = s.household AND a.says = s.says)"
            " AND NOT EXISTS (SELECT 1 FROM sends d WHERE d.id = s.id AND s.id <> '')"
        ).fetchall()

    def figures(self) -> tuple[int, int, int]:
        """Return how many acts there are, how often they were sent, and how many of these had no answer."""
        (acts,) = self._database.execute("SELECT count(*) FROM acts").fetchone()
        sent, unanswered = self._database.execute(
            "SELECT count(*), count(*) FILTER (WHERE coalesce(status, 0) = 0) FROM sends"
        ).fetchone()
        return int(acts), int(sent), int(unanswered)

    def close(self) -> None:
        """Close the file; it stays."""
        self._database.close()


def _said(says: Mapping[str, Any]) -> str:
    return json.dumps(dict(says), sort_keys=True)
