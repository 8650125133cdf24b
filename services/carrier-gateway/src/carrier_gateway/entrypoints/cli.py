"""The carrier gateway's command line: what every service has, ``transmissions``, ``records``, ``discrepancies``,
``profile``, ``keys``, ``contact-keys``, ``federal-extract``, ``sftp`` and ``courier``.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar, cast

import typer

from bulkhead.files import LocalFiles
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import BulkheadError, Retryable
from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.cli_parts import built, errors_said, operate, read_settings, say, who_asks
from bulkhead.runtime.contact_keys_cli import contact_keys_cli
from bulkhead.runtime.keys_cli import keys_cli
from carrier_gateway.application.carriers import record_profile
from carrier_gateway.application.decide_discrepancies import (
    DiscrepancyChoice,
    OpenDiscrepancy,
    decide_discrepancy,
    locks_of_discrepancy,
    oldest_discrepancies,
)
from carrier_gateway.application.decide_records import RecordDecision, decide_record, locks_of_record
from carrier_gateway.application.decide_transmissions import (
    Decision,
    decide_transmission,
    locks_of_transmission,
)
from carrier_gateway.application.extract_for_payment import extract_name, federal_extract, policies_in
from carrier_gateway.application.waiting import carrier_lock
from carrier_gateway.bootstrap import build, keys_of
from carrier_gateway.config import CarrierGatewaySettings
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.entrypoints.api.profile_files import differences, read_profile_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection
    from datetime import datetime

    from bulkhead.kernel.key_rings import Keys
    from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
    from bulkhead.persistence.postgres import PostgresDatabase, PostgresUnitOfWork
    from bulkhead.runtime.operations import Operations

Decided = TypeVar("Decided")

cli = build_cli("carrier-gateway", CarrierGatewaySettings, build, parameters=GatewayParameters)
cli.add_typer(contact_keys_cli(CarrierGatewaySettings, build, says=False), name="contact-keys")

transmissions = typer.Typer(no_args_is_help=True)
cli.add_typer(transmissions, name="transmissions", help="834s that carriers rejected, or never got (CAR-4).")

profile = typer.Typer(no_args_is_help=True)
cli.add_typer(profile, name="profile", help="Carriers' profiles in files (CAR-1).")

Transmission = Annotated[str, typer.Argument(help="Its id, as `GET /v1/transmissions` has it.")]
Why = Annotated[str, typer.Option("--reason", help="Why: kept with the decision.")]


@transmissions.command()
def again(transmission: Transmission, reason: Why) -> None:
    """Send a set again under a new number, and after it all its carrier was sent of the policy since."""
    _decide(transmission, "send-again", reason)


@transmissions.command()
def leave(transmission: Transmission, reason: Why) -> None:
    """Leave a set as it is: nobody waits for its acknowledgement any more."""
    _decide(transmission, "leave", reason)


def _decide(transmission: str, decision: Decision, reason: str) -> None:
    _decide_with(
        locks=partial(locks_of_transmission, transmission=transmission),
        decide=partial(decide_transmission, transmission=transmission, decision=decision, reason=reason),
        says=lambda decided: "\n".join(decided.sent_again) or "left",
    )


def _decide_with(
    *,
    locks: Callable[[UnitOfWork], Awaitable[Collection[str]]],
    decide: Callable[..., Awaitable[Decided]],
    says: Callable[[Decided], str],
) -> None:
    """Decide as whoever types it, under the locks that it takes, and say what it came to."""

    async def work(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            households = await locks(uow)
        async with operations.uows.begin(now=operations.now, households=households) as uow:
            decided = await decide(
                uow,
                decided_by=who_asks(),
                composer=operations.dependencies.composer,
                parameters=operations.dependencies.parameters,
            )
        say(says(decided))

    operate(CarrierGatewaySettings, build, work)


records = typer.Typer(no_args_is_help=True)
cli.add_typer(records, name="records", help="What carriers said that was refused or set apart (CAR-5).")

Record = Annotated[str, typer.Argument(help="Its id, as `GET /v1/inbound-records` has it.")]


@records.command()
def resolve(record: Record, reason: Why) -> None:
    """Say that a set was seen to in another way."""
    _decide_record(record, "resolve", reason)


@records.command()
def resend(record: Record, reason: Why) -> None:
    """Tell its carrier again what is so."""
    _decide_record(record, "resend", reason)


@records.command()
def ask(record: Record, reason: Why) -> None:
    """Note that its carrier was asked: it waits for the answer from now on."""
    _decide_record(record, "ask", reason)


@records.command()
def discard(record: Record, reason: Why) -> None:
    """Leave a set: nothing is to be done about it."""
    _decide_record(record, "discard", reason)


def _decide_record(record: str, decision: RecordDecision, reason: str) -> None:
    _decide_with(
        locks=partial(locks_of_record, record=record),
        decide=partial(decide_record, record=record, decision=decision, reason=reason),
        says=lambda decided: "\n".join(decided.sent) or "noted",
    )


discrepancies = typer.Typer(no_args_is_help=True)
cli.add_typer(discrepancies, name="discrepancies", help="Where carriers' books differ from ours (CAR-6).")

Which = Annotated[str, typer.Argument(help="Its id, as `discrepancies list` has it.")]


@discrepancies.command(name="list")
def list_open(
    carrier: Annotated[str, typer.Argument(help="Whose book.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The oldest so many.")] = 100,
) -> None:
    """List a carrier's open discrepancies with what was done about each, the oldest first."""

    async def show(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            found = await oldest_discrepancies(uow, carrier=carrier, limit=limit)
        say("\n".join(map(_line_of, found)) or "none")

    operate(CarrierGatewaySettings, build, show)


def _line_of(listed: OpenDiscrepancy) -> str:
    each = listed.found
    return (
        f"{each.discrepancy}  since {each.open_since}  {each.policy or '-'}  {each.member or '-'}  {each.kind}"
        f"  ours {each.ours or '-'}  theirs {each.theirs or '-'}  {each.wins} wins  {listed.seen_to}"
    )


@discrepancies.command(name="again")
def send_discrepancy_again(discrepancy: Which, reason: Why) -> None:
    """Send again what began the policy's coverage, and all its carrier was sent of it since."""
    _decide_discrepancy(discrepancy, "send-again", reason)


@discrepancies.command(name="leave")
def leave_discrepancy(discrepancy: Which, reason: Why) -> None:
    """Leave a discrepancy as it is: nobody is alarmed of it any more while it stays."""
    _decide_discrepancy(discrepancy, "leave", reason)


@discrepancies.command()
def note(discrepancy: Which, reason: Why) -> None:
    """Keep a note of a discrepancy."""
    _decide_discrepancy(discrepancy, "note", reason)


def _decide_discrepancy(discrepancy: str, decision: DiscrepancyChoice, reason: str) -> None:
    _decide_with(
        locks=partial(locks_of_discrepancy, discrepancy=discrepancy),
        decide=partial(decide_discrepancy, discrepancy=discrepancy, decision=decision, reason=reason),
        says=lambda decided: "\n".join(decided.sent_again) or "kept",
    )


ProfileFile = Annotated[Path, typer.Argument(help="A profile in YAML, as in `profiles/`.")]
ProfileFiles = Annotated[list[Path], typer.Argument(help="Profiles in YAML, as in `profiles/`.")]


@profile.command()
def check(files: ProfileFiles) -> None:
    """Say what of these profiles could not be written with: each fault by file, line, field and what would do."""
    unfit = False
    for path in files:
        try:
            say(f"{path}: {read_profile_file(path).profile.carrier} can be written to")
        except BulkheadError as error:
            unfit = True
            say(str(error), to=sys.stderr)
    raise typer.Exit(int(unfit))


@profile.command()
def diff(one: ProfileFile, other: ProfileFile) -> None:
    """Say in what the files of two carriers differ, field by field, and why where they say so."""
    with errors_said():
        files = [read_profile_file(each) for each in (one, other)]
    found = differences(*(each.profile for each in files))
    for each in found:
        say(f"{each.field}: {each.says}")
        for file, value in zip(files, each.values, strict=True):
            why = file.because.get(each.field)
            say(f"  {file.profile.carrier}: {value}" + (f" ({why})" if why else ""))
    if not found:
        say("no difference")


@profile.command()
def put(files: ProfileFiles) -> None:
    """Keep these carriers' profiles in place of those before, all or none. What waited for them goes out."""
    with errors_said():
        profiles = [read_profile_file(each).profile for each in files]

    async def keep(operations: Operations) -> None:
        locks = sorted(carrier_lock(each.carrier) for each in profiles)
        async with operations.uows.begin(now=operations.now, households=locks) as uow:
            for each in profiles:
                await record_profile(uow, each)
        say("\n".join(each.carrier for each in profiles))

    operate(CarrierGatewaySettings, build, keep)


async def _in_use(uow: UnitOfWork) -> dict[str, int]:
    from bulkhead.persistence.sealing import values_by_key
    from carrier_gateway.adapters.postgres.tables import TABLES

    return await values_by_key(cast("PostgresUnitOfWork", uow), tables=TABLES)


async def _rotate(uows: UnitOfWorkFactory, keys: Keys, now: datetime) -> int:
    from bulkhead.persistence.sealing import seal_anew
    from carrier_gateway.adapters.postgres.tables import TABLES

    database = cast("PostgresDatabase", uows)  # what `operate` opens
    return await seal_anew(lambda: database.begin(now=now), tables=TABLES, keys=keys)


cli.add_typer(
    keys_cli(
        CarrierGatewaySettings,
        build,
        seals="files and people",
        none_is_set="CARRIER_GATEWAY_FILE_KEYS is not set",
        keys_of=keys_of,
        in_use=_in_use,
        rotate=_rotate,
    ),
    name="keys",
)


@cli.command(name="federal-extract")
def write_federal_extract(
    carrier: Annotated[str, typer.Argument(help="Whose policies.")],
    year: Annotated[int, typer.Argument(help="The coverage year.")],
    folder: Annotated[Path, typer.Option("--to", help="The folder that the file is written to.")],
) -> None:
    """Write a carrier's policies of a year, with premium and tax credit by month, for the federal payment (CAR-6)."""
    if not folder.is_dir():
        say(f"{folder}: there is no such folder, seen from {Path.cwd()}", to=sys.stderr)
        raise typer.Exit(1)

    async def write(operations: Operations) -> None:
        name = extract_name(carrier=carrier, year=year, on=local_date(operations.now))
        pieces = federal_extract(
            operations.uows,
            carrier=carrier,
            year=year,
            parameters=operations.dependencies.parameters,
            now=operations.now,
        )
        written = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal written
            async for piece in pieces:
                written += policies_in(piece)
                yield piece

        await LocalFiles(folder).put_in_pieces(name, counted())
        say(f"{name}: {written} policies of {year}" if written else f"{name}: no policy of {year} is in it")

    operate(CarrierGatewaySettings, build, write)


@cli.command()
def sftp() -> None:
    """Serve the carriers' drop-boxes by SFTP, until told to end."""
    from bulkhead.observability.logging import get_logger
    from carrier_gateway.bootstrap import sftp_door

    settings = read_settings(CarrierGatewaySettings)
    log = get_logger("sftp")

    async def serve(uows: UnitOfWorkFactory, ending: asyncio.Event) -> None:
        door = sftp_door(settings, uows=uows)
        try:
            log.info("started", role="sftp", port=await door.open())
            await ending.wait()
        finally:
            await door.close()
            log.info("ended", role="sftp")

    _until_told(settings, serve)


@cli.command()
def courier() -> None:
    """Carry files to carriers' own hosts and from them, until told to end."""
    from bulkhead.observability.logging import get_logger
    from carrier_gateway.bootstrap import courier as courier_of

    settings = read_settings(CarrierGatewaySettings)
    log = get_logger("courier")

    async def serve(uows: UnitOfWorkFactory, ending: asyncio.Event) -> None:
        going = courier_of(settings, uows=uows)
        log.info("started", role="courier")
        await going.serve(ending)
        log.info("ended", role="courier")

    _until_told(settings, serve)


def _until_told(
    settings: CarrierGatewaySettings, serve: Callable[[UnitOfWorkFactory, asyncio.Event], Awaitable[None]]
) -> None:
    """Run a process beside the worker, by two connections to the database, until a signal ends it."""
    from bulkhead.observability.logging import configure_logging
    from bulkhead.persistence.connections import ConnectionLimits
    from bulkhead.persistence.postgres import PostgresDatabase

    service = built(settings, build)
    configure_logging(service=service.name, level=settings.log_level)

    async def run() -> None:
        ending = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)
        database = PostgresDatabase.for_service(
            service, url=settings.database_url.get_secret_value(), limits=ConnectionLimits(connections=2)
        )
        try:
            with suppress(Retryable):  # what is not looked at now is looked at before anything is read
                await database.require_keys()
            await serve(database, ending)
        finally:
            await database.close()

    with errors_said():
        asyncio.run(run())
