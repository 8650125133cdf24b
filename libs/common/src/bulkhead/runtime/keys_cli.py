"""The commands about a ring of keys: how much is under which, seal anew, and whether one may go."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from bulkhead.kernel.key_rings import Keys, require_unused
from bulkhead.runtime.cli_parts import operate, read_settings, say

if TYPE_CHECKING:
    from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
    from bulkhead.runtime.operations import Operations

InUse: TypeAlias = "Callable[[UnitOfWork], Awaitable[dict[str, int]]]"
"""Returns how much is sealed under each key."""
Rotate: TypeAlias = "Callable[[UnitOfWorkFactory, Keys, datetime], Awaitable[int]]"
"""Seals anew all that other keys than the one that writes seal, and returns how much that was."""


def keys_cli(
    settings: type[Any],
    build: Callable[[Any], Any],
    *,
    seals: str,
    none_is_set: str,
    keys_of: Callable[[Any], Keys | None],
    in_use: InUse,
    rotate: Rotate | None = None,
) -> typer.Typer:
    """Return ``keys list``, ``keys rotate`` and ``keys drop`` of the keys that ``seals`` names what of.

    ``none_is_set`` is said where there is no key. Without ``rotate`` who else has them seals anew.
    """
    cli = typer.Typer(help=f"The keys that {seals} are sealed by.", no_args_is_help=True)

    def read() -> Keys:
        keys = keys_of(read_settings(settings))
        if keys is None:
            say(none_is_set, to=sys.stderr)
            raise typer.Exit(1)
        return keys

    @cli.command(name="list")
    def list_() -> None:
        """Show the keys, and how much is sealed under each; ends with 1 where one that is needed is not set."""
        keys = read()

        async def show(operations: Operations) -> None:
            async with operations.uows.begin(now=operations.now) as uow:
                used = await in_use(uow)
            for name in sorted(keys.names | used.keys()):
                note = "  writes" if name == keys.writes else "" if name in keys.names else "  not set"
                say(f"{name}  {used.get(name, 0)} sealed{note}")
            if used.keys() - keys.names:
                raise typer.Exit(1)

        operate(settings, build, show)

    if rotate is not None:

        @cli.command(name="rotate")
        def rotate_() -> None:
            """Seal anew, under the key that writes, all that others seal. Ended anywhere, it goes on from there."""
            keys = read()

            async def again(operations: Operations) -> None:
                done = await rotate(operations.uows, keys, operations.now)
                say(f"{done} sealed anew under {keys.writes}")

            operate(settings, build, again)

    @cli.command()
    def drop(key: Annotated[str, typer.Argument(help="The key's name.")]) -> None:
        """Say whether a key may be taken out of the setting; ends with 1 where something is sealed under it still."""
        keys = read()

        async def check(operations: Operations) -> None:
            async with operations.uows.begin(now=operations.now) as uow:
                require_unused(key, keys=keys, used=await in_use(uow))
            say(f"nothing is sealed under {key}: it may be taken out, once no backup is needed that has it")

        operate(settings, build, check)

    return cli
