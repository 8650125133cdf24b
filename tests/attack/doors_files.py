"""The folders that others may write to: what is no file of theirs, and what can be no file at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from attack.kept import tables_with
from attack.rows import Row
from attack.target import CARRIER, Target

_SPARSE_BYTES = 800_000_000
_SECONDS = 60.0


def _plant(folder: Path, *, name: str, victim: Path) -> list[Path]:
    """Put into a folder whatever must not be believed or waited for; return the entries."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        folder / f"a-{each}{name}" for each in ("environ", "victim", "itself", "pipe", "folder", "huge")
    ]
    entries[0].symlink_to("/proc/self/environ")
    entries[1].symlink_to(victim)
    entries[2].symlink_to(entries[2])
    os.mkfifo(entries[3])
    entries[4].mkdir()
    with entries[5].open("wb") as huge:
        huge.truncate(_SPARSE_BYTES)
    odd = folder / (os.fsdecode(b"a-\xff\xfe") + name)
    odd.write_bytes(b"noise")
    return [*entries, odd]


async def whoever_plants_files(target: Target) -> Row:
    """Plant links, pipes, folders, huge files and names that are no text: nothing of them is followed or read as it is,
    and what comes after them is taken in.
    """
    row = Row("folders", "links, pipes, odd names and huge files, each folder")
    files = target.exchange.files_dir
    victim = target.exchange.folder / "victim.csv"
    written = f"lockbox,2015-12-01,77\n{secrets.token_hex(16)}\n"
    victim.write_text(written)
    places = {
        "lockbox": (files / "lockbox", ".csv"),
        "returns": (files / "returns", ".ach"),
        "statements": (files / "statements", ".xml"),
        "carriers": (files / "carriers" / CARRIER / "inbound", ".834"),
    }
    planted = {name: _plant(folder, name=suffix, victim=victim) for name, (folder, suffix) in places.items()}
    for name, (folder, suffix) in places.items():
        good = folder / f"z-honest{suffix}"
        unfinished = folder / f".z-honest{suffix}"
        unfinished.write_text("nothing that can be read\n")
        unfinished.rename(good)

        async def taken(good: Path = good) -> bool:
            return not await asyncio.to_thread(good.exists)

        row.tried(
            held=await target.until(name, taken, seconds=_SECONDS),
            what=f"{name}: a file after the planted ones is not looked at within {_SECONDS:.0f} s",
        )
    for name, entries in planted.items():
        row.tried(held=_is(victim, written), what=f"{name}: a file that a link names was changed or moved")
        row.tried(
            held=not entries[1].is_symlink() or entries[1].readlink() == victim,
            what=f"{name}: a link was changed",
        )
    for service in ("payments", "carrier-gateway"):
        kept = await tables_with(target.exchange.database_url(service), marks_of(written))
        row.tried(held=not kept, what=f"{service}: a link was followed and read, by what is in {kept}")
        answer = await target.clients[service].get("/readyz")
        row.tried(held=answer.status_code == 200, what=f"{service} is not ready: {answer.status_code}")
    for entries in planted.values():
        _remove(entries)
    return row


def marks_of(written: str) -> list[str]:
    """Return what a service keeps of a file that it read through a planted link: words of it, its hash, or the link's
    name; and of a process's environment the name of a setting.
    """
    hashed = hashlib.sha256(written.encode()).hexdigest()
    return [*written.split()[1:], hashed, "BULKHEAD_DATABASE_URL", "a-environ", "a-victim"]


def _is(victim: Path, written: str) -> bool:
    return victim.exists() and victim.read_text() == written


def _remove(entries: Sequence[Path]) -> None:
    for each in entries:
        if each.is_dir() and not each.is_symlink():
            each.rmdir()
        else:
            each.unlink(missing_ok=True)
