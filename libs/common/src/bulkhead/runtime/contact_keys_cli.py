"""The commands about the keys under which contacts are sealed, of who says and of who hears them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from bulkhead.runtime.contact_keys import ContactKeySettings
from bulkhead.runtime.keys_cli import keys_cli
from bulkhead.service import Service

if TYPE_CHECKING:
    from datetime import datetime

    from bulkhead.kernel.key_rings import Keys
    from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory

S = TypeVar("S", bound=ContactKeySettings)


def contact_keys_cli(settings: type[S], build: Callable[[S], Service], *, says: bool) -> typer.Typer:
    """Return the commands; ``says``: of the service that says contacts, which alone seals households' keys anew."""
    return keys_cli(
        settings,
        build,
        seals="households' keys",
        none_is_set="BULKHEAD_CONTACT_KEYS is not set",
        keys_of=lambda read: None if read.contact_keys is None else read.contact_key_ring,
        in_use=_in_use,
        rotate=_rotate if says else None,
    )


async def _in_use(uow: UnitOfWork) -> dict[str, int]:
    from bulkhead.persistence.rotating import keys_in_use

    return await keys_in_use(uow)


async def _rotate(uows: UnitOfWorkFactory, keys: Keys, now: datetime) -> int:
    from bulkhead.persistence.rotating import rotate

    return await rotate(uows, keys, now)
