"""Commands that look at the audit log, and prove that nothing in it was changed (ADR 0072)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bulkhead.runtime.cli_parts import operate, say
from bulkhead.runtime.settings import Settings
from bulkhead.service import Service

if TYPE_CHECKING:
    from bulkhead.runtime.operations import Operations

S = TypeVar("S", bound=Settings)


def add_audit(cli: typer.Typer, settings_type: type[S], build: Callable[[S], Service]) -> None:
    """Add the commands."""
    commands = typer.Typer(no_args_is_help=True)
    cli.add_typer(commands, name="audit", help="Who did what to whom.")

    @commands.command(name="list")
    def list_(
        household: Annotated[str | None, typer.Option(help="About this household alone.")] = None,
        actor: Annotated[str | None, typer.Option(help="By this one alone.")] = None,
        since: Annotated[
            datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Of this date and later.")
        ] = None,
        limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many of the latest.")] = 100,
    ) -> None:
        """Show the latest that staff asked of this service, and what came of it, the oldest of them first."""

        async def show(operations: Operations) -> None:
            from bulkhead.audit.chain import chain, entries_wanted
            from bulkhead.audit.entries import AuditEntry

            await chain(operations.uows, now=operations.now)
            async with operations.uows.begin(now=operations.now) as uow:
                wanted = await entries_wanted(
                    uow, household=household, actor=actor, since=None if since is None else since.date()
                )
                rows = await uow.records(AuditEntry).select(order_by=("-number",), limit=limit, **wanted)
            for row in reversed(rows):
                named = "".join(f"  {name}={value}" for name, value in sorted(row.named.items()))
                say(
                    f"{row.number}  {row.at:%Y-%m-%d %H:%M:%S}  {row.actor}  {row.operation}  {row.outcome}"
                    f"  {row.household or '-'}{named}"
                )
            say(f"{len(rows)} entries")

        operate(settings_type, build, show, fence="passed")  # it chains

    @commands.command()
    def verify(
        head: Annotated[
            list[str] | None, typer.Option(help="NUMBER:HASH as it was logged (audit_head); may be repeated.")
        ] = None,
    ) -> None:
        """Go through the chain of all entries; ends with 1 and names each that is missing or was changed.

        That its end was not cut off is proven by a head that was logged: without one, nobody can know.
        """

        async def check(operations: Operations) -> None:
            from bulkhead.audit.chain import Head, chain, verify

            known = [Head.read(each) for each in head or ()]
            await chain(operations.uows, now=operations.now)
            verdict = await verify(operations.uows, now=operations.now, known=known)
            for fault in verdict.faults:
                say(f"{fault.number}  {fault.says}", to=sys.stderr)
            for each in verdict.rejoined:
                at = each.at.astimezone(UTC)
                say(
                    f"{each.number}  rejoin at {at:%Y-%m-%dT%H:%M:%SZ}: a head logged before may be of before a restore"
                )
            say(f"{verdict.head.number} entries, {len(verdict.faults)} faults, head {verdict.head}")
            if verdict.faults:
                raise typer.Exit(1)

        operate(settings_type, build, check, fence="passed")  # it chains
