"""The carrier gateway's command line: what every service has, ``transmissions again | leave`` and
``discrepancies list | again | leave | note``."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bulkhead.files import LocalFiles
from bulkhead.kernel.calendar import local_date
from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.cli_parts import built, errors_said, operate, read_settings, say, who_asks
from carrier_gateway.application.decide_discrepancies import (
    DiscrepancyChoice,
    decide_discrepancy,
    locks_of_discrepancy,
    oldest_discrepancies,
)
from carrier_gateway.application.decide_transmissions import (
    Decision,
    decide_transmission,
    locks_of_transmission,
)
from carrier_gateway.application.extract_for_payment import extract_name, federal_extract
from carrier_gateway.bootstrap import build
from carrier_gateway.config import CarrierGatewaySettings
from carrier_gateway.domain.parameters import GatewayParameters

if TYPE_CHECKING:
    from bulkhead.runtime.operations import Operations

cli = build_cli("carrier-gateway", CarrierGatewaySettings, build, parameters=GatewayParameters)

transmissions = typer.Typer(no_args_is_help=True)
cli.add_typer(transmissions, name="transmissions", help="834s that carriers rejected, or never got (CAR-4).")

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
    async def decide(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            locks = await locks_of_transmission(uow, transmission)
        async with operations.uows.begin(now=operations.now, households=locks) as uow:
            decided = await decide_transmission(
                uow,
                transmission=transmission,
                decision=decision,
                reason=reason,
                decided_by=who_asks(),
                composer=operations.dependencies.composer,
                parameters=operations.dependencies.parameters,
            )
        say("\n".join(decided.sent_again) or "left")

    operate(CarrierGatewaySettings, build, decide)


discrepancies = typer.Typer(no_args_is_help=True)
cli.add_typer(discrepancies, name="discrepancies", help="Where carriers' books differ from ours (CAR-6).")

Which = Annotated[str, typer.Argument(help="Its id, as `discrepancies list` has it.")]


@discrepancies.command(name="list")
def list_open(
    carrier: Annotated[str, typer.Argument(help="Whose book.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The oldest so many.")] = 100,
) -> None:
    """List a carrier's open discrepancies, the oldest first."""

    async def show(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            found = await oldest_discrepancies(uow, carrier=carrier, limit=limit)
        say(
            "\n".join(
                f"{each.discrepancy}  since {each.open_since}  {each.policy or '-'}  {each.member or '-'}"
                f"  {each.kind}  ours {each.ours or '-'}  theirs {each.theirs or '-'}  {each.wins} wins"
                for each in found
            )
            or "none"
        )

    operate(CarrierGatewaySettings, build, show)


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
    async def decide(operations: Operations) -> None:
        async with operations.uows.begin(now=operations.now) as uow:
            locks = await locks_of_discrepancy(uow, discrepancy)
        async with operations.uows.begin(now=operations.now, households=locks) as uow:
            decided = await decide_discrepancy(
                uow,
                discrepancy=discrepancy,
                decision=decision,
                reason=reason,
                decided_by=who_asks(),
                composer=operations.dependencies.composer,
                parameters=operations.dependencies.parameters,
            )
        say("\n".join(decided.sent_again) or "kept")

    operate(CarrierGatewaySettings, build, decide)


@cli.command(name="federal-extract")
def write_federal_extract(
    carrier: Annotated[str, typer.Argument(help="Whose policies.")],
    year: Annotated[int, typer.Argument(help="The coverage year.")],
    folder: Annotated[Path, typer.Option("--to", help="The folder that the file is written to.")],
) -> None:
    """Write a carrier's policies of a year, with premium and tax credit by month, for the federal payment (CAR-6)."""

    async def write(operations: Operations) -> None:
        name = extract_name(carrier=carrier, year=year, on=local_date(operations.now))
        pieces = federal_extract(
            operations.uows,
            carrier=carrier,
            year=year,
            parameters=operations.dependencies.parameters,
            now=operations.now,
        )
        await LocalFiles(folder).put_in_pieces(name, pieces)
        say(name)

    operate(CarrierGatewaySettings, build, write)


@cli.command()
def sftp() -> None:
    """Serve the carriers' drop-boxes by SFTP, until told to end."""
    from bulkhead.observability.logging import configure_logging, get_logger
    from bulkhead.persistence.connections import ConnectionLimits
    from bulkhead.persistence.postgres import PostgresDatabase
    from carrier_gateway.bootstrap import sftp_door

    settings = read_settings(CarrierGatewaySettings)
    service = built(settings, build)
    configure_logging(service=service.name, level=settings.log_level)
    log = get_logger("sftp")

    async def serve() -> None:
        ending = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)
        database = PostgresDatabase.for_service(
            service, url=settings.database_url.get_secret_value(), limits=ConnectionLimits(connections=2)
        )
        door = sftp_door(settings, uows=database)
        try:
            log.info("started", role="sftp", port=await door.open())
            await ending.wait()
        finally:
            await door.close()
            await database.close()
            log.info("ended", role="sftp")

    with errors_said():
        asyncio.run(serve())
