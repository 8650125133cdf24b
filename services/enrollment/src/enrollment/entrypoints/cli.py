"""Enrollment's command line: what every service has, ``renewals crosswalk | plan | run | reverse | report``,
``catalog import``, ``contacts forget`` and ``contact-keys``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from bulkhead.kernel.calendar import local_date
from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.cli_parts import operate, say, who_asks
from bulkhead.runtime.contact_keys_cli import contact_keys_cli
from enrollment.adapters.crosswalk_file import read_crosswalk
from enrollment.application.forget_contact import forget_contact, locks_to_forget
from enrollment.application.import_catalog import check_catalog, import_catalog, read_catalog
from enrollment.application.import_crosswalk import import_crosswalk
from enrollment.application.renewal_runs import ask_for_renewals, lock_of, renewals_of, report_renewals
from enrollment.bootstrap import build
from enrollment.config import EnrollmentSettings
from enrollment.domain.crosswalk import CrosswalkRefused
from enrollment.domain.household_acts import ForgottenBecause
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.renewals import Renewal, RenewalState

if TYPE_CHECKING:
    from bulkhead.runtime.operations import Operations
    from enrollment.domain.renewal_runs import RenewalAct

PAGE = 500

cli = build_cli("enrollment", EnrollmentSettings, build, parameters=EnrollmentParameters)
cli.add_typer(contact_keys_cli(EnrollmentSettings, build, says=True), name="contact-keys")

contacts = typer.Typer(no_args_is_help=True)
cli.add_typer(contacts, name="contacts", help="How a household's people are named and reached.")

renewals = typer.Typer(no_args_is_help=True)
cli.add_typer(renewals, name="renewals", help="What coverage becomes in the next plan year (ENR-14).")

catalog = typer.Typer(no_args_is_help=True)
cli.add_typer(catalog, name="catalog", help="The plans that can be selected, and what they cost (ENR-17).")


@contacts.command()
def forget(
    household: Annotated[str, typer.Argument(help="The household's id.")],
    why: Annotated[ForgottenBecause, typer.Option(help="Why: it is kept in the household's timeline.")],
) -> None:
    """Erase names, addresses and numbers of a household's people, here and wherever they were heard. For good: the key
    is gone by which anybody could read what was said. Households that were merged into it are forgotten with it.
    Refused while the household covers anybody, and while a correction of it waits for a second person.
    """

    async def do(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            locks = await locks_to_forget(uow, household)
        async with operations.uows.begin(now=operations.now, households=locks) as uow:
            done = await forget_contact(uow, household, because=why)
        say(f"{household} is forgotten" if done else f"{household} was forgotten before")

    operate(EnrollmentSettings, build, do)


YearArgument = Annotated[int, typer.Argument(min=2014, max=2199, help="The plan year that is renewed for.")]


@renewals.command()
def crosswalk(
    year: YearArgument,
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(help="plan,next_plan,because; - for standard input.")
    ],
) -> None:
    """Take a file as the crosswalk of a plan year, in place of what was; faults are named by line."""

    async def take(operations: Operations) -> None:
        read = read_crosswalk(file.read(), year=year)
        async with operations.uows.begin(now=operations.now, households=[lock_of(year)]) as uow:
            try:
                taken = await import_crosswalk(uow, read.entries, year=year)
            except CrosswalkRefused as refused:
                raise read.by_line(refused.faults) from None
        say(f"{len(taken)} plans mapped to {year}")

    operate(EnrollmentSettings, build, take)


@renewals.command()
def plan(year: YearArgument) -> None:
    """Look at what every active policy would become; nothing changes. `report` shows it."""
    _ask(year, "plan")


@renewals.command()
def run(year: YearArgument) -> None:
    """Renew every active policy that is mapped; it is told of at once."""
    _ask(year, "run")


@renewals.command()
def reverse(year: YearArgument) -> None:
    """Take back the renewals that no carrier was told of yet."""
    _ask(year, "reverse")


@renewals.command()
def report(
    year: YearArgument,
    state: Annotated[
        str | None, typer.Option(help=f"List the policies of a state: {', '.join(get_args(RenewalState))}.")
    ] = None,
) -> None:
    """Show how a plan year's renewals stand, and what is in the way of how many policies."""
    wanted = next((each for each in get_args(RenewalState) if each == state), None)
    if state is not None and wanted is None:
        raise typer.BadParameter(f"must be one of {', '.join(get_args(RenewalState))}")

    async def show(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            found = await report_renewals(uow, year)
        for each in found.runs:
            say(
                f"{each.number}  {each.act}  {each.state}  {each.households} households  {each.policies} policies"
                f"  {each.failed} failed  asked by {each.asked_by}"
            )
        say("  ".join(f"{count} {name}" for name, count in found.states.items()))
        for obstacle, count in found.obstacles.items():
            say(f"{count} {'renewed' if obstacle == 'reversal-failed' else 'unmapped'}: {obstacle}")
        if wanted is not None:
            await _list(operations, year, wanted)

    operate(EnrollmentSettings, build, show)


@catalog.callback()
def of_catalog() -> None:
    """Keep ``import`` a command of its own."""


@catalog.command(name="import")
def import_files(
    year: Annotated[int, typer.Argument(min=2014, max=2199, help="The plan year.")],
    plans: Annotated[typer.FileText, typer.Argument(encoding="utf-8-sig", help="CMS's Plan Attributes PUF.")],
    rates: Annotated[typer.FileText, typer.Argument(encoding="utf-8-sig", help="CMS's Rate PUF.")],
    state: Annotated[str, typer.Option(help="The state whose lines are meant, such as MA.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look only; nothing changes.")] = False,
) -> None:
    """Take a plan year's plans and rates from files as CMS publishes them; faults are named by line and column.

    All of it is taken, or nothing. Plans and rates that the files do not name stay as they are.
    """

    async def take(operations: Operations) -> None:
        reading = read_catalog(
            plans,
            rates,
            year=year,
            state=state,
            files=operations.dependencies.catalog_files,
            parameters=operations.dependencies.parameters,
            today=local_date(operations.now),
        )
        async with operations.uows.begin(now=operations.now) as uow:
            found = await (check_catalog if dry_run else import_catalog)(uow, reading)
        would = "would be " if dry_run else ""
        say(f"{len(found.plans)} plans and {len(found.rates)} tables of rates by age {would}taken for {year}")

    operate(EnrollmentSettings, build, take)


async def _list(operations: Operations, year: int, state: RenewalState) -> None:
    after = ""
    while True:
        async with operations.uows.begin(now=operations.now) as uow:
            rows = await renewals_of(uow, year, state=state, after=after, limit=PAGE)
        for row in rows:
            say(_line(row))
        if len(rows) < PAGE:
            return
        after = rows[-1].policy


def _line(row: Renewal) -> str:
    what = row.obstacle or row.next_plan or row.state
    return f"{row.household}  {row.policy}  {row.plan}  {what}"


def _ask(year: int, act: RenewalAct) -> None:
    async def ask(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now, households=[lock_of(year)]) as uow:
            asked = await ask_for_renewals(uow, year=year, act=act, by=who_asks())
        say(f"number {asked.number}: the worker does it; `renewals report {year}` shows how far it is")

    operate(EnrollmentSettings, build, ask)
