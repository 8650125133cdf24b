"""The carrier gateway's command line: what every service has, and ``transmissions again | leave``."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.cli_parts import built, errors_said, operate, read_settings, say, who_asks
from carrier_gateway.application.decide_transmissions import (
    Decision,
    decide_transmission,
    locks_of_transmission,
)
from carrier_gateway.bootstrap import build
from carrier_gateway.config import CarrierGatewaySettings
from carrier_gateway.domain.parameters import GatewayParameters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bulkhead.persistence.ports import UnitOfWorkFactory
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
            await serve(database, ending)
        finally:
            await database.close()

    with errors_said():
        asyncio.run(run())
