"""Payments' command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.keys_cli import keys_cli
from payments.bootstrap import build, keys_of
from payments.config import PaymentsSettings
from payments.domain.parameters import PaymentsParameters

if TYPE_CHECKING:
    from datetime import datetime

    from bulkhead.kernel.key_rings import Keys
    from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory

cli = build_cli("payments", PaymentsSettings, build, parameters=PaymentsParameters)


async def _in_use(uow: UnitOfWork) -> dict[str, int]:
    from payments.application.rotate_keys import keys_in_use

    return await keys_in_use(uow)


async def _rotate(uows: UnitOfWorkFactory, keys: Keys, now: datetime) -> int:
    from payments.application.rotate_keys import rotate_keys

    return await rotate_keys(uows, keys=keys, now=now)


cli.add_typer(
    keys_cli(
        PaymentsSettings,
        build,
        seals="bank accounts",
        none_is_set="PAYMENTS_ACCOUNT_KEYS is not set: no bank account is kept here",
        keys_of=keys_of,
        in_use=_in_use,
        rotate=_rotate,
    ),
    name="keys",
)
