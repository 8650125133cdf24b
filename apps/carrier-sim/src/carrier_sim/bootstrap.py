"""A carrier's desk, put together from what the command line says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from carrier_sim.adapters.folder import FolderDoor
from carrier_sim.adapters.https import HttpsDoor
from carrier_sim.adapters.lists import names_in
from carrier_sim.adapters.notebook import FolderNotebook
from carrier_sim.adapters.referee import referee
from carrier_sim.adapters.sftp import sftp_door
from carrier_sim.application.ports import Desk, Door
from carrier_sim.domain.checklist import UnfitList

_SFTP_PORT = 2222
_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the exchange is, what proves who the carrier is, and where it keeps its notebook.

    ``at`` is a folder, ``sftp://CARRIER@host:port`` or ``https://host``.
    """

    at: str
    notebook: Path
    key: Path | None = None
    known_hosts: Path | None = None
    token: str = ""
    profile: Path | None = None
    with_referee: bool = False


@asynccontextmanager
async def desk_at(place: Place) -> AsyncGenerator[Desk]:
    """Return a carrier's desk, its way to the exchange open. Raises `Unreachable`; `UnfitList` for what is missing."""
    async with _door(place) as door:
        yield Desk(
            door=door,
            notebook=FolderNotebook(place.notebook),
            now=lambda: datetime.now().astimezone(),
            pause=asyncio.sleep,
            names={} if place.profile is None else names_in(place.profile),
            referee=referee() if place.with_referee else None,
        )


@asynccontextmanager
async def _door(place: Place) -> AsyncGenerator[Door]:
    url = urlsplit(place.at)
    if url.scheme == "sftp":
        if place.key is None or not url.username or not url.hostname:
            raise UnfitList("SFTP needs sftp://CARRIER@host and --key")
        async with sftp_door(
            carrier=url.username,
            host=url.hostname,
            port=url.port or _SFTP_PORT,
            key=place.key,
            known_hosts=place.known_hosts,
        ) as door:
            yield door
    elif url.scheme in ("https", "http"):
        if not place.token:
            raise UnfitList("HTTPS needs the carrier's token: set CARRIER_SIM_TOKEN")
        headers = {"Authorization": f"Bearer {place.token}"}
        async with httpx2.AsyncClient(base_url=place.at, headers=headers, timeout=_SECONDS) as client:
            yield HttpsDoor(client)
    elif "://" in place.at:
        raise UnfitList(f"{place.at}: must be a folder, sftp://CARRIER@host:port or https://host")
    else:
        yield _folder_door(Path(place.at))


def _folder_door(box: Path) -> FolderDoor:
    if not any((box / each).is_dir() for each in ("outbound", "inbound")):
        raise UnfitList(f"{box.absolute()}: must be a drop-box, a folder with outbound and inbound in it")
    return FolderDoor(box)
