"""Commands that take a service out for a while, and look at when it is (OPS-2)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from uuid import uuid4

import typer

from bulkhead.kernel.calendar import EXCHANGE_ZONE, in_exchange_time
from bulkhead.runtime.cli_parts import operate, say, who_asks
from bulkhead.runtime.settings import Settings
from bulkhead.service import Service

if TYPE_CHECKING:
    from bulkhead.kernel.maintenance import MaintenanceWindow
    from bulkhead.runtime.operations import Operations

S = TypeVar("S", bound=Settings)

_FORMATS = ["%Y-%m-%dT%H:%M"]
_OPTIONS = {"/begins_at": "--from", "/ends_at": "--to"}
"""What the fields that a window may be refused for are called here."""

BeginsOption = Annotated[
    datetime, typer.Option("--from", formats=_FORMATS, help="When it begins, by the exchange's clocks.")
]
EndsOption = Annotated[
    datetime, typer.Option("--to", formats=_FORMATS, help="When it is over, by the exchange's clocks.")
]
NextArgument = Annotated[str | None, typer.Argument(help="The window, as listed; the next one if left out.")]
PresentArgument = Annotated[
    str | None, typer.Argument(help="The window, as listed; the one under way if left out.")
]


def add_maintenance(cli: typer.Typer, settings_type: type[S], build: Callable[[S], Service]) -> None:
    """Add the commands. One that touches deadlines is asked for by API: there two people are known by their tokens."""
    commands = typer.Typer(no_args_is_help=True)
    cli.add_typer(commands, name="maintenance", help="When the service is taken out, as announced.")

    @commands.command(name="list")
    def list_() -> None:
        """Show all windows, by when they begin: how each stands, and which deadlines it touches."""
        operate(settings_type, build, _show)

    @commands.command()
    def schedule(
        begins: BeginsOption,
        ends: EndsOption,
        reason: Annotated[
            str, typer.Option(callback=_written, help="Why, for other operators; nothing about a person.")
        ],
        *,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say what would be; schedule nothing.")
        ] = False,
    ) -> None:
        """Announce a window from now on; one that touches deadlines is refused, with the list of them."""

        async def announce(operations: Operations) -> None:
            await _schedule(
                operations,
                begins_at=_local(begins, option="--from"),
                ends_at=_local(ends, option="--to"),
                reason=reason,
                dry_run=dry_run,
            )

        operate(settings_type, build, announce)

    @commands.command()
    def withdraw(maintenance: NextArgument = None) -> None:
        """Let a window not be that has not begun."""
        operate(settings_type, build, lambda operations: _close(operations, maintenance, "withdraw"))

    @commands.command()
    def end(maintenance: PresentArgument = None) -> None:
        """End a window early: members' requests are taken again."""
        operate(settings_type, build, lambda operations: _close(operations, maintenance, "end"))


def _written(reason: str) -> str:
    """Return a reason as the API would take it, which is where what a line may be is said."""
    from pydantic import TypeAdapter, ValidationError

    from bulkhead.web.fields import WrittenLine
    from bulkhead.web.problems import says_of

    try:
        return TypeAdapter[str](WrittenLine).validate_python(reason)
    except ValidationError as error:
        raise typer.BadParameter(says_of(error.errors()[0])) from None


async def _show(operations: Operations) -> None:
    from bulkhead.kernel.maintenance import MaintenanceWindow

    windows = await operations.rows(MaintenanceWindow, order_by=("begins_at", "maintenance"))
    for each in windows:
        say(_line(each, operations.now))
    say(f"{len(windows)} windows")


async def _schedule(
    operations: Operations, *, begins_at: datetime, ends_at: datetime, reason: str, dry_run: bool
) -> None:
    from bulkhead.kernel.errors import InvalidValue, Refused
    from bulkhead.maintenance.windows import LOCK

    try:
        async with operations.uows.begin(now=operations.now, households=[LOCK]) as uow:
            window = await operations.keeper.schedule(
                uow,
                maintenance=uuid4().hex,
                begins_at=begins_at,
                ends_at=ends_at,
                reason=reason,
                override=None,
                by=who_asks(),
            )
            if dry_run:
                raise _Tried
    except _Tried:
        say("it may be: it touches no deadline. Nothing was scheduled.")
        return
    except Refused as refused:
        for each in refused.reasons:
            facts = "  ".join(f"{name}={value}" for name, value in each.facts.items())
            say(f"{each.rule}: {each.says}  {facts}", to=sys.stderr)
        if isinstance(refused, InvalidValue):
            raise typer.BadParameter(refused.problem, param_hint=_OPTIONS.get(refused.field or "")) from None
        raise
    say(_line(window, operations.now))


class _Tried(Exception):
    """Raised to undo what was only tried."""


async def _close(operations: Operations, maintenance: str | None, step: Literal["withdraw", "end"]) -> None:
    from bulkhead.maintenance.windows import LOCK, next_to

    async with operations.uows.begin(now=operations.now, households=[LOCK]) as uow:
        named = maintenance or (await next_to(uow, step)).maintenance
        window = await operations.keeper.close(uow, named, step=step, by=who_asks())
    say(_line(window, operations.now))


def _line(window: MaintenanceWindow, now: datetime) -> str:
    begins, ends = (in_exchange_time(each) for each in (window.begins_at, window.until))
    touched = "".join(
        f"  {each.on} {each.kind} {'unknown' if each.households is None else each.households}"
        for each in window.deadlines
    )
    return f"{window.maintenance}  {begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M}  {window.phase(now)}{touched}"


def _local(clocks: datetime, *, option: str) -> datetime:
    """Return the instant at which the exchange's clocks show this; refuses what they show twice, or never."""
    first, second = (clocks.replace(tzinfo=EXCHANGE_ZONE, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise typer.BadParameter("clocks change then: choose another time", param_hint=option)
    return in_exchange_time(first)
