"""Fetch what lies for the carrier, and say what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from carrier_sim.application.ports import Desk
from carrier_sim.domain.files import FileKind, answer_faults_of, faults_of, kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file that was fetched: what it holds, and what is wrong with it."""

    name: str
    kind: FileKind
    faults: tuple[str, ...]


async def fetch(desk: Desk, *, removing: bool) -> list[Fetched]:
    """Fetch every file that is not at home yet, and check it; ``removing`` takes it away once it is kept."""
    found: list[Fetched] = []
    for name in desk.unknown(await desk.door.names()):
        content = (await desk.door.get(name)).decode("utf-8", errors="replace")
        desk.notebook.keep(name, content)
        found.append(Fetched(name=name, kind=kind_of(content), faults=tuple(_faults(desk, content))))
    if removing:
        for name in set(await desk.door.names()) & set(desk.notebook.kept()):
            await desk.door.remove(name)
    return found


def _faults(desk: Desk, content: str) -> list[str]:
    kind = kind_of(content)
    faults: list[str] = []
    if kind == "834":
        faults = faults_of(content, names=desk.names)
    elif kind in ("999", "TA1"):
        faults = answer_faults_of(content)
    if desk.referee is not None and kind in ("834", "999", "TA1") and not desk.referee(content):
        faults.append("another reader of X12 refuses it")
    return faults
