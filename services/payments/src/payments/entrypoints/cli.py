"""Payments' command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.cli_parts import operate, read_settings, say
from payments.bootstrap import build, keys_of
from payments.config import PaymentsSettings
from payments.domain.parameters import PaymentsParameters

if TYPE_CHECKING:
    from bulkhead.runtime.operations import Operations
    from payments.application.ports import AccountKeys

cli = build_cli("payments", PaymentsSettings, build, parameters=PaymentsParameters)
keys_cli = typer.Typer(help="The keys that bank accounts are sealed by.", no_args_is_help=True)
cli.add_typer(keys_cli, name="keys")


def _keys() -> AccountKeys:
    keys = keys_of(read_settings(PaymentsSettings))
    if keys is None:
        say("PAYMENTS_ACCOUNT_KEYS is not set: no bank account is kept here", to=sys.stderr)
        raise typer.Exit(1)
    return keys


@keys_cli.command(name="list")
def list_() -> None:
    """Show the keys, and how much is sealed under each; ends with 1 where one that is needed is not set."""
    from payments.application.rotate_keys import keys_in_use

    keys = _keys()

    async def show(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            used = await keys_in_use(uow)
        for name in sorted(keys.names | used.keys()):
            note = "  writes" if name == keys.writes else "" if name in keys.names else "  not set"
            say(f"{name}  {used.get(name, 0)} sealed{note}")
        if used.keys() - keys.names:
            raise typer.Exit(1)

    operate(PaymentsSettings, build, show)


@keys_cli.command()
def rotate() -> None:
    """Seal anew, under the key that writes, all that others seal. Ended anywhere, it goes on from there."""
    from payments.application.rotate_keys import rotate_keys

    keys = _keys()

    async def again(operations: Operations) -> None:
        done = await rotate_keys(operations.uows, keys=keys, now=operations.now)
        say(f"{done} sealed anew under {keys.writes}")

    operate(PaymentsSettings, build, again)


@keys_cli.command()
def drop(key: Annotated[str, typer.Argument(help="The key's name.")]) -> None:
    """Say whether a key may be taken out of the setting; ends with 1 where something is sealed under it still."""
    from payments.application.rotate_keys import require_unused

    keys = _keys()

    async def check(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            await require_unused(uow, key, keys=keys)
        say(f"nothing is sealed under {key}: it may be taken out, once no backup is needed that has it")

    operate(PaymentsSettings, build, check)
