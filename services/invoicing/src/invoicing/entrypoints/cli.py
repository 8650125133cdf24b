"""Invoicing's command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bulkhead.kernel.money import format_cents
from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.cli_parts import operate, say
from invoicing.application.books import disagreeing_households, households_with_positions, read_books
from invoicing.bootstrap import build
from invoicing.config import InvoicingSettings
from invoicing.domain.parameters import InvoicingParameters

if TYPE_CHECKING:
    from bulkhead.runtime.operations import Operations

CHUNK = 5_000

cli = build_cli("invoicing", InvoicingSettings, build, parameters=InvoicingParameters)


@cli.command()
def books() -> None:
    """Print the ledger in sums, and hold every household's rows against it; exit 1 where one disagrees."""
    operate(InvoicingSettings, build, _show_books)


async def _show_books(operations: Operations) -> None:
    async with operations.uows.begin(now=operations.now) as uow:
        sums = await read_books(uow)
    for name in ("charged", "settled", "owed", "held", "credit", "unapplied"):
        say(f"{name:10} {format_cents(getattr(sums, f'{name}_cents')):>18}")
    after, looked_at, disagree = "", 0, 0
    while True:
        async with operations.uows.begin(now=operations.now) as uow:
            chunk = await households_with_positions(uow, after, CHUNK)
            for household in await disagreeing_households(uow, chunk):
                say(f"{household}: its rows are not what its ledger adds up to")
                disagree += 1
        looked_at += len(chunk)
        if len(chunk) < CHUNK:
            break
        after = chunk[-1]
    say(f"{looked_at} households, {disagree} disagree")
    if disagree or not sums.positions_agree:
        raise typer.Exit(1)
