"""``carrier-sim``: a carrier that fetches, answers, misbehaves and certifies, by itself or step by step."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from carrier_sim.adapters.lists import shipped_checklist, steps_in
from carrier_sim.application import answer as answering
from carrier_sim.application.answer import NothingToAnswer
from carrier_sim.application.certify import follow
from carrier_sim.application.fetch import fetch as fetch_all
from carrier_sim.application.ports import Desk, Unreachable
from carrier_sim.bootstrap import Place, desk_at
from carrier_sim.domain.behaviours import BEHAVIOURS
from carrier_sim.domain.checklist import Step, UnfitList
from carrier_sim.domain.files import Unreadable
from carrier_sim.domain.report import report_of

cli = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)

At = Annotated[str, typer.Option(help="A drop-box: a folder, sftp://CARRIER@host:port, or https://host.")]
Kept = Annotated[
    Path, typer.Option("--notebook", help="Where it keeps what it fetched and the numbers it used.")
]
Key = Annotated[Path | None, typer.Option(help="The private key for SFTP.")]
Hosts = Annotated[Path | None, typer.Option(help="OpenSSH's file of the hosts that are known.")]
Token = Annotated[str, typer.Option(envvar="CARRIER_SIM_TOKEN", help="The carrier's token for HTTPS.")]
Profile = Annotated[
    Path | None, typer.Option(help="The profile that the exchange has of the carrier, in YAML.")
]
Patience = Annotated[float, typer.Option(help="Seconds to wait for what becomes of each file.")]


@cli.callback()
def carrier(
    context: typer.Context,
    at: At = ".",
    notebook: Kept = Path("carrier-sim"),
    key: Key = None,
    known_hosts: Hosts = None,
    token: Token = "",
    profile: Profile = None,
) -> None:
    """Say where the exchange is, and who the carrier is."""
    context.obj = Place(
        at=at, notebook=notebook, key=key, known_hosts=known_hosts, token=token, profile=profile
    )


@cli.command()
def fetch(
    context: typer.Context,
    remove: Annotated[bool, typer.Option(help="Take away from the drop-box what is at home.")] = False,
    referee: Annotated[bool, typer.Option(help="Have pyx12 read each file too.")] = False,
) -> None:
    """Fetch what lies for the carrier, and say what is wrong with it. Ends with 1 where anything is."""

    async def work(desk: Desk) -> bool:
        found = await fetch_all(desk, removing=remove)
        for each in found:
            _say(f"{each.name}: {each.kind}, {'; '.join(each.faults) or 'in order'}")
        return not any(each.faults for each in found)

    _at_desk(context, work, with_referee=referee)


@cli.command()
def answer(context: typer.Context) -> None:
    """Send a TA1, a 999 and a confirmation for every set that was fetched and not answered."""

    async def work(desk: Desk) -> bool:
        for each in await answering.answer(desk):
            _say(each.name)
        return True

    _at_desk(context, work)


@cli.command()
def behaviours() -> None:
    """List what can be sent, rightly and wrongly."""
    for name, each in BEHAVIOURS.items():
        _say(f"{name}: {each.says}")


@cli.command()
def send(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="What to send, as `behaviours` lists it.")],
    about: Annotated[str, typer.Option(help="The file it is about; the last one that begins coverage.")] = "",
) -> None:
    """Send what these names stand for, in this order."""
    if unknown := sorted(set(names) - set(BEHAVIOURS)):
        _fail(f"{unknown[0]!r} is nothing that can be sent; `carrier-sim behaviours` lists what can", code=2)

    async def work(desk: Desk) -> bool:
        for name in names:
            for each in await answering.send(desk, name, about=about):
                _say(each.name)
        return True

    _at_desk(context, work)


@cli.command()
def certify(
    context: typer.Context,
    checklist: Annotated[Path | None, typer.Option(help="Another list than the one that is shipped.")] = None,
    patience: Patience = 60.0,
) -> None:
    """Go through the certification checklist and print a report. Ends with 1 where anything is not as expected."""
    _follow(context, shipped_checklist() if checklist is None else _steps(checklist), patience)


@cli.command()
def run(
    context: typer.Context,
    script: Annotated[Path, typer.Argument(help="Steps in YAML: fetch, answer, send, wait.")],
    patience: Patience = 60.0,
) -> None:
    """Do what a script says, and print what came of it."""
    _follow(context, _steps(script), patience)


def _steps(path: Path) -> list[Step]:
    try:
        return steps_in(path)
    except UnfitList as error:
        _fail(str(error), code=2)


def _follow(context: typer.Context, steps: list[Step], patience: float) -> None:
    async def work(desk: Desk) -> bool:
        results = await follow(desk, steps, patience=patience)
        _say(report_of(results))
        return all(each.passed for each in results)

    _at_desk(context, work)


def _at_desk(
    context: typer.Context, work: Callable[[Desk], Awaitable[bool]], *, with_referee: bool = False
) -> None:
    place: Place = context.obj

    async def at_desk() -> bool:
        async with desk_at(replace(place, with_referee=with_referee)) as desk:
            return await work(desk)

    try:
        passed = asyncio.run(at_desk())
    except (Unreachable, NothingToAnswer, Unreadable) as error:
        _fail(str(error), code=1)
    except UnfitList as error:
        _fail(str(error), code=2)
    raise typer.Exit(0 if passed else 1)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _fail(text: str, *, code: int) -> NoReturn:
    sys.stderr.write(f"carrier-sim: {text}\n")
    raise typer.Exit(code)


def main() -> None:
    """Run it."""
    cli(prog_name="carrier-sim")


if __name__ == "__main__":
    main()
